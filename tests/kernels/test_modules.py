"""What holds for the kernels as a whole: none is without a twin, none depends on the number of threads."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_limits

import recx.kernels
from recx.arrays import Float32, Int32
from recx.kernels.bpr import deal, pair_filter
from recx.kernels.metrics import judge
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse

MODULES = sorted(
    path.stem for path in Path(recx.kernels.__file__).parent.glob("*.py") if path.stem != "__init__"
)


def own(module: str) -> dict[str, Any]:
    """Functions that a module of kernels defines itself, by name."""
    loaded = import_module(f"recx.kernels.{module}")
    found = {name: value for name, value in vars(loaded).items() if callable(value)}
    return {name: value for name, value in found.items() if value.__module__ == loaded.__name__}


def parallel() -> dict[str, Any]:
    """Kernels that run on several threads, as module.name."""
    return {
        f"{module}.{name}": value
        for module in MODULES
        for name, value in own(module).items()
        if getattr(value, "targetoptions", {}).get("parallel")
    }


@pytest.mark.parametrize("module", MODULES)
def test_every_public_kernel_stands_in_the_test_module_of_its_module(module: str) -> None:
    tests = Path(__file__).with_name(f"test_{module}.py")
    assert tests.is_file(), f"recx/kernels/{module}.py has no tests/kernels/{tests.name}"
    words = set(re.findall(r"\w+", tests.read_text(encoding="utf-8")))
    kernels = {name for name in own(module) if name.islower() and not name.startswith("_")}
    assert kernels <= words


class Given:
    """Something to work on: the same every time, for kernels write into it."""

    def __init__(self) -> None:
        self.generator = np.random.default_rng(0)
        self.matrix = sparse(self.generator, 700, 300)
        self.rows, self.columns = csr(self.matrix), csr(self.matrix.T.tocsr())
        self.lists = csr(sparse(self.generator, 300, 300))
        self.users, self.items, self.scores = (self.normal(*n) for n in ((700, 16), (300, 16), (700, 300)))
        self.everywhere = self.items.T @ self.items
        self.reg = np.linspace(1, 2, 700, dtype=np.float32)
        self.asked = np.sort(self.ids(5000, 700)), self.ids(5000, 300)
        self.nearest = np.argsort(-self.scores)[:, :20].astype(np.int32)
        self.nobody = np.full(700, -1, dtype=np.int32)

    def normal(self, *shape: int) -> Float32:
        return self.generator.standard_normal(shape).astype(np.float32)

    def ids(self, shape: int | tuple[int, ...], below: int) -> np.ndarray:
        return self.generator.integers(0, below, shape).astype(np.int32)

    def places(self) -> Int32:
        """Where each item of the lists stands among those of its row, -1 where it does not."""
        return judge(self.nearest, *self.rows[:2])[0]

    def dealt(self) -> tuple[Any, ...]:
        """What bpr's ``deal`` takes, with thirty blocks of users and of items."""
        bounds = np.linspace(0, 700, 31).astype(np.int64)
        return bounds, *self.rows[:2], np.repeat(np.arange(30, dtype=np.int32), 10), 30

    def epoch(self) -> tuple[Any, ...]:
        """What bpr's ``pairwise_epoch`` takes."""
        pool, nothing = np.arange(300, dtype=np.int32), np.zeros(0, dtype=np.float32)
        met = *self.rows[:2], pair_filter(*self.rows[:2])
        factors = self.users, self.items, np.zeros(300, dtype=np.float32)
        return *deal(*self.dealt()), pool, 10 * np.arange(31), nothing, *met, *factors, 0.1, 0.01, 3

    def batches(self) -> tuple[Any, ...]:
        """What ``pooled_epoch`` takes."""
        users = np.repeat(np.arange(700, dtype=np.int32), np.diff(self.rows[0]))
        order = self.generator.permutation(len(users))
        means = np.zeros((2, 700, 16), np.float32), np.zeros((2, 300, 16), np.float32)
        drawn = 512, 100, np.zeros(0)
        return (
            users[order], self.rows[1][order], *drawn, *self.rows[:2], self.users, self.items, *means,
            self.reg, self.reg[:300], 0.01, 0, 0.1, 3,
        )  # fmt: skip

    def nets(self) -> tuple[Any, ...]:
        """The end of what the elastic nets take."""
        return np.zeros((300, 0), np.int32), 0, np.zeros((300, 300), np.float32), 99.0, 50.0, True, 50, 1e-3


CASES: dict[str, Callable[[Given], tuple[Any, ...]]] = {
    "als.solve_rows": lambda g: (*g.rows, g.items, g.everywhere, g.reg),
    "als.loss_of_rows": lambda g: (*g.rows, g.users, g.items, g.everywhere, g.reg),
    "bpr.deal": lambda g: g.dealt(),
    "bpr.pairwise_epoch": lambda g: g.epoch(),
    "bpr.learn_users": lambda g: (*g.rows[:2], g.items, np.zeros(300, np.float32), 3, 0.1, 0.01),
    "candidates.unite": lambda g: (np.stack([g.nearest, g.ids((700, 20), 300)], axis=1), 25, 300),
    "candidates.moments": lambda g: (g.scores,),
    "candidates.add_standard": lambda g: (
        g.normal(700, 300), g.scores, np.ones((700, 4), np.float32), np.ones(700, bool),
    ),
    "candidates.lay_over": lambda g: (*g.rows[:2], g.normal(len(g.rows[1])), g.scores),
    "conjugate.improve_rows": lambda g: (*g.rows, g.items, np.ones(16, np.float32), g.reg, g.users, 3),
    "conjugate.gram_parts": lambda g: (g.normal(9000, 16),),
    "conjugate.turn": lambda g: (g.normal(9000, 16), g.everywhere),
    "differences.differences": lambda g: (*g.columns, *g.rows, 2, 20),
    "differences.moved_rows": lambda g: (*g.rows, *g.lists, g.lists[2], 300),
    "differences.moved_pairs": lambda g: (*g.rows, *g.lists, g.lists[2], *g.asked),
    "elastic_net.nets_on_gram": lambda g: ((g.matrix.T @ g.matrix).toarray(), *g.nets()),
    "elastic_net.nets_on_rows": lambda g: (*g.rows, *g.columns, *g.nets()),
    "gram.gram": lambda g: (*g.columns, *g.rows, np.zeros((300, 300), np.float32)),
    "gram.add_dense_rows": lambda g: (*g.rows, g.items),
    "gram.mirror": lambda g: (g.normal(300, 300),),
    "gram.diagonal_of_form": lambda g: (*g.rows, g.normal(300, 300)),
    "metrics.judge": lambda g: (g.nearest, *g.rows[:2]),
    "metrics.running_gains": lambda g: (g.places(), *g.rows[::2], np.ones(20)),
    "metrics.running_ideal": lambda g: (*g.rows[::2], np.ones(20)),
    "metrics.running_precisions": lambda g: (g.places(),),
    "metrics.first_hits": lambda g: (g.places(),),
    "metrics.sums_over": lambda g: (g.nearest, np.arange(300.0), 10),
    "metrics.surprising_hits": lambda g: (
        g.places(), g.nearest, np.arange(700, dtype=np.int32), np.arange(300, dtype=np.int32),
        *g.rows[:2], 10,
    ),
    "metrics.similarity_within": lambda g: (g.nearest, 10, *g.lists, False),
    "metrics.areas": lambda g: (g.scores, *g.rows[:2]),
    "metrics.standardise_pairs": lambda g: (g.scores, *g.rows[:2]),
    "nearest.similar": lambda g: (
        *g.rows, *g.columns, g.reg, g.reg, 0 * g.reg, 0 * g.reg, False, 0.0, g.nobody, 20,
    ),
    "nearest.correlated": lambda g: (*g.rows, *g.columns, 700, 10.0, 2, g.nobody, 20),
    "nearest.pack": lambda g: (g.nearest, g.scores[:, :20].copy()),
    "neighbours.add_rows": lambda g: (*g.rows, *g.lists, 300),
    "neighbours.add_pairs": lambda g: (*g.rows, *g.lists, *g.asked),
    "neighbours.weighted_mean": lambda g: (
        g.ids((700, 20), 700), np.abs(g.scores[:, :20]), *g.columns, 700,
        np.searchsorted(g.asked[0], np.arange(701)), g.asked[1], 5,
    ),
    "neighbours.listed_mean": lambda g: (*g.rows, *g.lists, *g.asked, 5),
    "nmf._multiply": lambda g: (
        *g.rows, np.abs(g.users), np.abs(g.items), np.abs(g.everywhere), np.float32(0.1), np.float32(0.1),
    ),
    "pooled.pooled_epoch": lambda g: g.batches(),
    "ranked.first_rows": lambda g: (
        20 * np.arange(701), g.scores.ravel()[:14000], np.arange(14000, dtype=np.int32), 10,
    ),
    "ranked.copeland": lambda g: (20 * np.arange(701), g.ids((14000, 3), 20)),
    "rerank.put_together": lambda g: (
        20 * np.arange(701), g.ids(14000, 300), g.normal(14000).astype(np.float64),
        np.arange(14000, dtype=np.int32), g.normal(14000) > 1, np.full(700, 3), np.ones(700), 10,
        *g.lists, False,
    ),
    "topk.top_k": lambda g: (g.scores, np.arange(300, dtype=np.int32), 20),
    "walks.walks": lambda g: (*g.columns, *g.rows, 0.2, 1e-4, 0, np.zeros((300, 300), np.float32)),
}  # fmt: skip
"""Arguments of every parallel kernel, large enough for several threads."""


def test_every_parallel_kernel_is_tried_with_several_threads() -> None:
    assert CASES.keys() == parallel().keys()


@pytest.mark.parametrize("name", CASES)
def test_the_number_of_threads_changes_no_bit(name: str) -> None:
    kernel, found = parallel()[name], []
    before = nb.get_num_threads()
    for threads in (before, *range(1, before + 1)):
        nb.set_num_threads(threads)
        try:
            arguments = CASES[name](Given())
            with threadpool_limits(1, "blas"):
                returned = kernel(*arguments)
        finally:
            nb.set_num_threads(before)
        results = returned if isinstance(returned, tuple) else (returned,)
        found.append([np.asarray(array) for array in (*results, *arguments) if array is not None])
    for again in found[1:]:
        for array, first in zip(again, found[0], strict=True):
            assert_array_equal(array, first)

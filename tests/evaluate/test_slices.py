"""Slices: hand-counted, with what is too small said instead of shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recx.data import Dataset
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.evaluate.result import FEWEST_USERS
from recx.evaluate.slices import Slice, measure_slice, slices_of
from recx.metrics.lists import Targets
from recx.metrics.measure import Measured
from tests.evaluate.conftest import Shop
from tests.synthetic import dataset

Open = Callable[[Dataset], Shop]


def shop_with_cold_items(n_users: int = 40) -> Dataset:
    """Items 0 to 3 sell 1/2, 1/4, 1/8 and 1/8; nobody has bought 4 and 5. Every user takes 1 and 4 next."""
    bought = [(user, item) for user in range(n_users) for item in (0, *((1,), (1,), (2,), (3,))[user % 4])]
    return dataset(bought, [], [(user, item) for user in range(n_users) for item in (1, 4)], n_users, 6)


def test_only_targets_of_the_slice_count_and_only_users_who_have_one_are_asked() -> None:
    targets = Targets(
        np.array([3, 5, 8], np.int32),
        np.array([0, 2, 3, 4]),
        np.array([0, 4, 1, 4], np.int32),
        np.ones(4, np.float32),
    )
    cold = targets.only(targets.items == 4)
    assert cold.users.tolist() == [3, 8]
    assert cold.items.tolist() == [4, 4]
    assert cold.indptr.tolist() == [0, 1, 2]
    assert len(targets.only(targets.items == 9)) == 0


def test_cold_items_are_those_that_nobody_had_and_the_others_fall_into_thirds_of_the_interactions() -> None:
    data = shop_with_cold_items()
    fold = data.split.final
    items = np.arange(6, dtype=np.int32)
    targets = Targets(np.array([0], np.int32), np.array([0, 6]), items, np.ones(6, np.float32))
    found = {part.name: items[part.counts].tolist() for part in slices_of(fold, targets)}
    # item 0 begins at 0, item 1 at 1/2, items 2 and 3 at 3/4 and 7/8 of the interactions
    assert found == {"cold items": [4, 5], "head": [0], "middle": [1], "tail": [2, 3]}


def test_a_slice_counted_by_hand(open_shop: Open) -> None:
    """Lists of three: the seer's hold the cold item second for half of the users, the blind one's never."""
    data = shop_with_cold_items()
    shop = open_shop(data)
    n = data.n_users
    seer = np.tile(np.array([9, 8, 1, 0, 0, 2.0]), (n, 1))
    seer[: n // 2, 4] = 8.5
    runs = [shop.train("seer", seer), shop.train("blind", np.tile(np.array([9, 8, 7, 6, 1, 2.0]), (n, 1)))]
    report = evaluate(
        EvaluateConfig(runs=runs, k=[1, 3], repeat="allow", results=str(shop.folder / "results"), threads=1)
    )
    (task,) = report.tasks
    cold = task.slices[0]
    assert (cold.name, cold.n_users, cold.n_targets) == ("cold items", n, n)
    assert cold.entrants["seer"]["recall@3"].value == 1 / 2
    assert cold.entrants["seer"]["hit@3"].value == 1 / 2
    assert cold.entrants["seer"]["ndcg@3"].value == pytest.approx(1 / 2 * 1 / np.log2(3))
    assert cold.entrants["seer"]["recall@1"].value == 0
    assert cold.entrants["seer"]["recall@3"].n == n
    assert cold.entrants["seer"]["recall@3"].low < 1 / 2 < cold.entrants["seer"]["recall@3"].high
    assert cold.entrants["blind"]["recall@3"].value == 0
    # nobody takes item 0 or items 2 and 3: there is nothing to measure, and it is said
    assert [(part.name, part.n_users, len(part.entrants)) for part in task.slices[1:]] == [
        ("head", 0, 0),
        ("middle", n, 2),
        ("tail", 0, 0),
    ]
    assert read_report(Path(report.folder)).tasks[0].slices == task.slices


def test_a_slice_of_few_users_has_no_numbers() -> None:
    n = FEWEST_USERS
    users = np.arange(n, dtype=np.int32)
    targets = Targets(users, np.arange(n + 1), np.zeros(n, np.int32), np.ones(n, np.float32))
    lists = np.zeros((n, 1), np.int32)
    entrants = {"all": Measured(users, {}, lists, np.ones(1, np.bool_), (1,))}
    whole = measure_slice(Slice("all", "all of it", np.ones(n, np.bool_)), targets, entrants)
    assert whole.entrants["all"]["hit@1"].value == 1.0
    few = measure_slice(Slice("few", "all but one", users > 0), targets, entrants)
    assert (few.n_users, few.n_targets, few.entrants) == (n - 1, n - 1, {})

from itertools import pairwise

import numpy as np
from numpy.testing import assert_array_equal

from recx.arrays import Bool, Float64, Int32, Int64
from recx.kernels.rerank import put_together


def by_hand(
    bounds: Int64, gains: Float64, ties: Int32, marked: Bool, need: int, pull: float, k: int, alike: Float64
) -> list[list[int]]:
    """The same with lists and sets; ``alike`` (rows, rows)."""
    lists = []
    for start, end in pairwise(bounds.tolist()):
        rows, found = set(range(start, end)), list[int]()
        wanted = min(need, sum(bool(marked[row]) for row in rows))
        while rows and len(found) < k:
            missing = wanted - sum(bool(marked[row]) for row in found)
            places = min(k, end - start) - len(found)
            able = [row for row in rows if marked[row]] if missing >= places else list(rows)

            def value(row: int, found: list[int] = found) -> float:
                return gains[row] - pull * sum(alike[row, each] for each in found) / max(1, len(found))

            best = min(able, key=lambda row: (-value(row), ties[row]))
            rows.remove(best)
            found.append(best)
        lists.append([*found, *[-1] * k][:k])
    return lists


def test_lists_are_put_together_as_by_hand() -> None:
    rng = np.random.default_rng(0)
    bounds = np.append(0, np.cumsum(rng.integers(0, 12, 30)))
    rows = int(bounds[-1])
    items = rng.integers(0, 20, rows).astype(np.int32)
    gains = rng.integers(0, 6, rows).astype(np.float64)  # with ties
    ties, marked = rng.permutation(rows).astype(np.int32), rng.random(rows) < 0.3
    # every item has one or two of four categories
    sets = [np.unique(rng.integers(0, 4, 2)) for _ in range(20)]
    indptr = np.append(0, np.cumsum([len(one) for one in sets])).astype(np.int64)
    terms = np.concatenate(sets).astype(np.int32)
    held = np.array([[term in one for term in range(4)] for one in sets], dtype=np.float64)
    common = held @ held.T
    jaccard = common / (held.sum(axis=1)[:, None] + held.sum(axis=1) - common)
    for need in (0, 2, 5):
        for pull in (0.0, 3.0):
            n = len(bounds) - 1
            found = put_together(
                bounds, items, gains, ties, marked, np.full(n, need), np.full(n, pull), 5,
                indptr, terms, np.ones(len(terms), np.float32), True,
            )  # fmt: skip
            alike = jaccard[np.ix_(items, items)]
            assert_array_equal(found, by_hand(bounds, gains, ties, marked, need, pull, 5, alike))

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recx.kernels.topk import best_of_row, top_k


@pytest.mark.parametrize("n_items", [50, 333, 1100, 5000])
@pytest.mark.parametrize("k", [1, 5, 60])
@pytest.mark.parametrize("different", [6, 1000])
def test_the_lists_equal_a_full_sort_with_ties_by_the_given_order(
    n_items: int, k: int, different: int
) -> None:
    generator = np.random.default_rng(0)
    scores = generator.integers(0, different, (40, n_items)).astype(np.float32)
    scores[generator.random(scores.shape) < 0.2] = -np.inf
    order = generator.permutation(n_items).astype(np.int32)
    items, values = top_k(scores, order, k)
    for row, line in enumerate(scores):
        wanted = [item for item in np.lexsort((order, -line)) if line[item] > -np.inf][:k]
        assert_array_equal(items[row], wanted + [-1] * (k - len(wanted)))
        assert_array_equal(values[row], [*line[wanted], *[-np.inf] * (k - len(wanted))])


@pytest.mark.parametrize("at", [0, 40, 99])
def test_a_row_with_a_score_that_is_no_number_says_so(at: int) -> None:
    scores = np.random.default_rng(0).random((2, 100)).astype(np.float32)
    scores[1, at] = np.nan
    _, values = top_k(scores, np.arange(100, dtype=np.int32), 3)
    assert np.isnan(values[1]).all() and not np.isnan(values[0]).any()


def test_one_row_is_filled_as_it_is_among_others() -> None:
    scores = np.random.default_rng(1).integers(0, 9, (3, 700)).astype(np.float32)
    order = np.arange(700, dtype=np.int32)[::-1].copy()
    items, best = np.full(50, -1, dtype=np.int32), np.full(50, -np.inf, dtype=np.float32)
    best_of_row(scores, 1, order, items, best)
    found, values = top_k(scores, order, 50)
    assert_array_equal(items, found[1])
    assert_array_equal(best, values[1])

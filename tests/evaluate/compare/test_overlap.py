"""How alike lists are, counted by hand."""

import numpy as np
import pytest

from recx.evaluate.compare.overlap import jaccard, rank_biased_overlap, same_lists


def rows(*lists: list[int]) -> np.ndarray:
    return np.array(lists, dtype=np.int32)


A = rows([1, 2, 3], [1, 2, 3], [1, 2, 3], [1, -1, -1], [-1, -1, -1], [1, 2, 3])
B = rows([1, 2, 3], [1, 3, 2], [4, 5, 6], [1, 2, -1], [-1, -1, -1], [-1, -1, -1])


def test_jaccard_is_what_both_hold_of_what_either_holds() -> None:
    assert jaccard(A, B).tolist() == [1, 1, 0, 1 / 2, 1, 0]
    assert same_lists(A, B).tolist() == [True, False, False, False, True, False]


def test_rank_biased_overlap_weighs_the_first_ranks_most_and_extrapolates() -> None:
    # agreement 1, 1/2, 1 at depths 1, 2, 3; the tail goes on as the last depth does
    swapped = 0.1 / 0.9 * (1 * 0.9 + 1 / 2 * 0.81 + 1 * 0.729) + 1 * 0.729
    # the short list is the beginning of the long one: nothing speaks against it
    assert rank_biased_overlap(A, B) == pytest.approx([1, swapped, 0, 1, 1, 0])


def test_rank_biased_overlap_is_symmetric_lies_in_0_1_and_grows_with_shared_items_at_the_top() -> None:
    rng = np.random.default_rng(0)
    a, b = (np.array([rng.permutation(15)[:10] for _ in range(50)], dtype=np.int32) for _ in range(2))
    for row in range(0, 50, 3):
        a[row, rng.integers(10) :] = -1
    found = rank_biased_overlap(a, b)
    assert found == pytest.approx(rank_biased_overlap(b, a))
    assert np.all((found >= 0) & (found <= 1))
    top, bottom = rows([1, 2, 3, 4], [1, 2, 3, 4]), rows([1, 7, 8, 9], [7, 8, 9, 4])
    high, low = rank_biased_overlap(top, bottom)
    assert high > low

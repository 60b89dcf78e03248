"""Candidates against numbers worked by hand."""

import numpy as np
import pytest

from recx.fuse.candidates import Candidates, unite


def test_a_union_keeps_the_items_with_the_largest_sum_of_reciprocal_ranks() -> None:
    tops = np.array([[[4, 2, 7], [2, 9, -1]]], dtype=np.int32)
    # 2: 1/2 + 1 = 3/2, 4: 1, 9: 1/2, 7: 1/3
    united = unite(tops, 3, 10)
    assert united.items.tolist() == [2, 4, 9]
    assert united.ranks.tolist() == [[2, 1], [1, 0], [0, 2]]
    assert unite(tops, 99, 10).items.tolist() == [2, 4, 7, 9]


def test_scores_laid_over_everything_take_the_values_behind_in_the_fusers_order() -> None:
    candidates = Candidates(np.array([0, 2]), np.array([1, 3], np.int32), np.ones((2, 1), np.int32))
    behind = np.array([[0.5, 9.0, -np.inf, 0.1, 0.7]], dtype=np.float32)
    row = candidates.spread(np.array([2.0, 5.0], np.float32), behind)[0]
    # 3 and 1 take the largest values; 4, which had one, comes right below, 0 and what is ruled out stay
    assert row == pytest.approx([0.5, 0.7, -np.inf, 9.0, 0.7])
    assert row[4] < row[1]


def test_items_that_stood_among_the_candidates_come_between_them_and_the_rest() -> None:
    candidates = Candidates(np.array([0, 2]), np.array([4, 5], np.int32), np.ones((2, 1), np.int32))
    behind = np.array([[9.0, 8.0, 4.0, 3.0, 1.0, 0.0]], dtype=np.float32)
    row = candidates.spread(np.array([1.0, 2.0], np.float32), behind)[0]
    # 5 and 4 take 9 and 8; 0 and 1 are spread from there to 4, where 2 stays
    assert row == pytest.approx([8.0, 8 - 4 / 3, 4.0, 3.0, 8.0, 9.0])
    assert row[0] < row[4]


def test_laying_over_keeps_the_fusers_ties_and_no_others() -> None:
    candidates = Candidates(np.array([0, 3]), np.array([0, 1, 2], np.int32), np.ones((3, 1), np.int32))
    flat = np.full((1, 5), 2.0, dtype=np.float32)
    row = candidates.spread(np.array([1.0, 3.0, 1.0], np.float32), flat)[0]
    assert row[1] > row[0] == row[2] > row[3] == row[4]


def test_lists_break_ties_by_the_given_order() -> None:
    candidates = Candidates(np.array([0, 3, 3]), np.array([1, 2, 3], np.int32), np.ones((3, 1), np.int32))
    order = np.array([0, 3, 1, 2], dtype=np.int32)
    lists = candidates.best(np.array([1.0, 1.0, 2.0], np.float32), order, 2, np.array([5, 6], np.int32))
    assert lists.items.tolist() == [[3, 2], [-1, -1]]
    assert lists.scores.tolist() == [[2.0, 1.0], [-np.inf, -np.inf]]

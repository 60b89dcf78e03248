"""Three users whose numbers are counted by hand, k = 5.

A: 8 relevant, hits at ranks 1 and 3, five returned. B: 1 relevant, three returned, hit at rank 2.
C: 2 relevant, nothing returned.
"""

from math import log2

import numpy as np
import pytest

from recx.data import Rankings
from recx.metrics import ranking_metric
from recx.metrics.lists import Lists, Targets

A, B = [0, 20, 1, 21, 22], [20, 30, 21, -1, -1]
RANKINGS = Rankings(
    np.arange(3, dtype=np.int32), np.array([A, B, [-1] * 5], np.int32), np.zeros((3, 5), np.float32)
)
TARGETS = Targets(
    np.arange(3, dtype=np.int32),
    np.array([0, 8, 9, 11]),
    np.array([0, 1, 2, 3, 4, 5, 6, 7, 30, 1, 2], np.int32),
    np.ones(11, np.float32),
)
IDEAL_OF_FIVE = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5) + 1 / log2(6)
COUNTED = {
    "precision": [2 / 5, 1 / 5, 0],
    "precision_returned": [2 / 5, 1 / 3, 0],
    "recall": [2 / 8, 1, 0],
    "recall_capped": [2 / 5, 1, 0],
    "f1": [4 / 13, 1 / 3, 0],
    "hit": [1, 1, 0],
    "mrr": [1, 1 / 2, 0],
    "map": [1 / 5 * (1 + 2 / 3), 1 / 2, 0],
    "map_r": [1 / 8 * (1 + 2 / 3), 1 / 2, 0],
    "dcg": [1 + 1 / log2(4), 1 / log2(3), 0],
    "ndcg": [(1 + 1 / log2(4)) / IDEAL_OF_FIVE, 1 / log2(3), 0],
    "ndcg_exp": [(1 + 1 / log2(4)) / IDEAL_OF_FIVE, 1 / log2(3), 0],
}


@pytest.mark.parametrize("name", COUNTED)
def test_metric_is_what_was_counted_by_hand(name: str) -> None:
    found = ranking_metric(name)(Lists.judge(RANKINGS, TARGETS), 5)
    assert found == pytest.approx(COUNTED[name], abs=1e-15)


def test_ndcg_of_the_toy_case_has_the_published_digits() -> None:
    found = ranking_metric("ndcg")(Lists.judge(RANKINGS, TARGETS), 5)
    assert [f"{value:.6f}" for value in found] == ["0.508740", "0.630930", "0.000000"]


def test_graded_relevance_weighs_the_gains() -> None:
    rankings = Rankings(np.zeros(1, np.int32), np.array([[7, 3]], np.int32), np.zeros((1, 2), np.float32))
    targets = Targets(
        np.zeros(1, np.int32),
        np.array([0, 3]),
        np.array([3, 5, 7], np.int32),
        np.array([5, 4, 3], np.float32),
    )
    lists = Lists.judge(rankings, targets)
    assert ranking_metric("dcg")(lists, 2) == pytest.approx([3 + 5 / log2(3)])
    assert ranking_metric("ndcg")(lists, 2) == pytest.approx([(3 + 5 / log2(3)) / (5 + 4 / log2(3))])
    assert ranking_metric("ndcg_exp")(lists, 2) == pytest.approx([(7 + 31 / log2(3)) / (31 + 15 / log2(3))])


def test_a_cut_off_beyond_the_list_adds_nothing_but_misses() -> None:
    lists = Lists.judge(RANKINGS, TARGETS)
    assert ranking_metric("precision")(lists, 10) == pytest.approx([2 / 10, 1 / 10, 0])
    assert ranking_metric("recall")(lists, 10) == pytest.approx([2 / 8, 1, 0])


def test_padding_is_no_item_and_never_a_hit_or_a_repetition() -> None:
    lists = Lists.judge(RANKINGS, TARGETS)
    assert lists.returned.tolist() == [5, 3, 0]
    assert lists.hit.sum() == 3
    assert lists.shown(4).tolist() == [4, 3, 0]


def test_a_list_that_names_an_item_twice_is_a_bug() -> None:
    twice = Rankings(RANKINGS.users, np.array([A, [20, 30, 20, -1, -1], [-1] * 5], np.int32), RANKINGS.scores)
    with pytest.raises(ValueError, match="user 1 names an item twice"):
        Lists.judge(twice, TARGETS)

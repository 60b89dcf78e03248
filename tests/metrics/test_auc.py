"""The area under the curve over all candidates."""

from __future__ import annotations

import numpy as np
import pytest

from recx.metrics import scored_metric
from recx.metrics.lists import Targets

auc = scored_metric("auc")
GONE = -np.inf


def of(scores: list[list[float]], relevant: list[list[int]]) -> list[float]:
    targets = Targets(
        np.arange(len(scores), dtype=np.int32),
        np.cumsum([0, *map(len, relevant)]),
        np.concatenate(relevant).astype(np.int32),
        np.ones(sum(map(len, relevant)), np.float32),
    )
    return auc(np.array(scores, np.float32), targets).tolist()


def test_pairs_in_order_are_counted_by_hand() -> None:
    # relevant 5 and 2, others 4 3 1: 5 beats three of them, 2 beats one, of six pairs
    assert of([[4, 5, 3, 2, 1]], [[1, 3]]) == pytest.approx([4 / 6])


def test_a_tie_counts_half() -> None:
    assert of([[1, 1, 0]], [[0]]) == pytest.approx([(1 / 2 + 1) / 2])
    assert of([[7, 7, 7, 7]], [[0, 2]]) == pytest.approx([1 / 2])


def test_what_is_no_candidate_is_in_no_pair() -> None:
    assert of([[4, GONE, 3, 5]], [[0]]) == pytest.approx([1 / 2])


def test_a_relevant_item_that_is_no_candidate_lies_behind_every_candidate() -> None:
    assert of([[9, GONE, 3, 5]], [[0, 1]]) == pytest.approx([1 / 2 * 1])
    assert of([[GONE, 1]], [[0]]) == [0]


def test_without_another_candidate_there_is_nothing_to_tell_apart() -> None:
    assert of([[3, 4, GONE]], [[0, 1]]) == [1 / 2]


def test_agrees_with_scikit_learn_user_by_user() -> None:
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(0)
    scores = random.integers(0, 40, (30, 200)).astype(np.float32)
    relevant = [np.sort(random.permutation(200)[: random.integers(1, 60)]) for _ in range(30)]
    scores[:, 190:] = GONE
    relevant = [items[items < 190] if (items < 190).any() else np.array([3]) for items in relevant]
    found = of(scores.tolist(), [items.tolist() for items in relevant])
    for row, items, area in zip(scores, relevant, found, strict=True):
        there = row > GONE
        truth = np.isin(np.arange(200), items)
        assert area == pytest.approx(roc_auc_score(truth[there], row[there]))

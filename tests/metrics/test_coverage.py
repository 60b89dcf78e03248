"""What is shown at all, and how evenly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.metrics import gathered_metric
from recx.metrics.coverage import resampled

gini = gathered_metric("gini")
counts = st.lists(st.integers(0, 50), min_size=1, max_size=30).map(np.array)


def test_coverage_counts_distinct_items_over_candidates() -> None:
    shown, candidates = np.array([4, 0, 1, 0, 0]), np.array([True, True, True, True, False])
    assert gathered_metric("coverage")(shown, candidates) == 2 / 4


def test_gini_counted_by_hand() -> None:
    # ascending 0 1 3 of three candidates: (-2 x 0 + 0 x 1 + 2 x 3) / (3 x 4)
    shown, candidates = np.array([3, 0, 1, 9]), np.array([True, True, True, False])
    assert gini(shown, candidates) == pytest.approx(6 / 12)


def test_gini_of_equal_shares_is_0_and_of_one_item_that_gets_everything_1_less_its_own_part() -> None:
    everything = np.ones(10, np.bool_)
    assert gini(np.full(10, 7), everything) == 0
    assert gini(np.eye(10, dtype=int)[3], everything) == pytest.approx(1 - 1 / 10)
    assert gini(np.zeros(10, int), everything) == 0


@settings(deadline=None, max_examples=50)
@given(counts)
def test_gini_is_half_the_mean_difference_of_two_items_over_the_mean(shown: np.ndarray) -> None:
    found = gini(shown, np.ones(len(shown), np.bool_))
    assert 0 <= found < 1
    if shown.sum():
        differences = np.abs(shown[:, None] - shown[None, :]).mean()
        assert found == pytest.approx(differences / (2 * shown.mean()))


def test_resampled_counts_are_those_of_the_lists_of_resampled_users() -> None:
    random = np.random.default_rng(0)
    items = np.array([random.permutation(9)[:5] for _ in range(20)], np.int32)
    items[3, 2:] = -1
    drawn = np.random.default_rng(4).integers(0, 20, size=(200, 20))
    for rows, counts in zip(drawn, resampled(items, 9, (2, 5), seed=4), strict=True):
        for k, shown in zip((2, 5), counts, strict=True):
            listed = items[rows, :k]
            assert shown.tolist() == np.bincount(listed[listed >= 0], minlength=9).tolist()

"""What is shown at all, and how evenly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.metrics import gathered_metric
from recx.metrics.coverage import coverage_influence, gini_influence

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


def lists_of_many_shops(shops: int = 300) -> list[np.ndarray]:
    """Of 200 users each, five of 300 items that sell as 1 / rank."""
    random, weight = np.random.default_rng(0), -np.log(np.arange(1, 301))
    return [
        np.argpartition(-random.gumbel(size=(200, 300)) - weight, 5)[:, :5].astype(np.int32)
        for _ in range(shops)
    ]


def test_the_spread_of_coverage_is_what_other_users_would_make_of_it() -> None:
    everything, drawn = np.ones(300, np.bool_), lists_of_many_shops()
    values = [len(np.unique(items)) / 300 for items in drawn]
    errors = [coverage_influence(items, everything).std() / np.sqrt(200) for items in drawn]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_lists_that_all_show_the_same_make_a_coverage_without_doubt() -> None:
    items = np.tile(np.arange(5, dtype=np.int32), (50, 1))
    assert not coverage_influence(items, np.ones(9, np.bool_)).any()
    assert not coverage_influence(np.full((3, 2), -1, np.int32), np.ones(9, np.bool_)).any()


def test_what_a_list_pulls_of_the_gini_is_what_leaving_it_out_changes() -> None:
    random = np.random.default_rng(0)
    items = np.minimum(random.exponential(15, (300, 4)), 99).astype(np.int32)
    items[7, 2:] = -1  # a short list
    everything = np.ones(100, np.bool_)

    def of(rows: np.ndarray) -> float:
        return gini(np.bincount(rows[rows >= 0], minlength=100), everything)

    without = 299 * (of(items) - np.array([of(np.delete(items, row, 0)) for row in range(300)]))
    pulls = gini_influence(items, everything)
    assert np.corrcoef(pulls, without)[0, 1] > 0.99
    assert pulls.std() == pytest.approx(without.std(), rel=0.05)
    assert not gini_influence(np.full((3, 2), -1, np.int32), everything).any()

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recx.metrics.statistics import (
    Statistic,
    bootstrap_sums,
    difference,
    interval,
)

RANDOM = np.random.default_rng(0)
A = RANDOM.normal(0.3, 0.1, 200)
B = A + RANDOM.normal(0.02, 0.05, 200)


def test_the_interval_of_a_mean_is_students() -> None:
    found = interval(Statistic.mean(A))
    expected = stats.t.interval(0.95, 199, A.mean(), stats.sem(A))
    assert (found.low, found.high) == pytest.approx(expected)
    assert (found.value, found.se, found.n) == pytest.approx((A.mean(), stats.sem(A), 200))


def test_one_user_says_nothing_about_others() -> None:
    found = interval(Statistic.mean(np.array([0.4])))
    assert (found.low, found.high) == (0, 1)
    assert difference(Statistic.mean(np.array([0.4])), Statistic.mean(np.array([0.1]))).p_t == 1


def test_the_paired_t_is_scipys() -> None:
    found = difference(Statistic.mean(B), Statistic.mean(A))
    assert found.p_t == pytest.approx(stats.ttest_rel(B, A).pvalue)
    expected = stats.ttest_rel(B, A).confidence_interval()
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))


def test_the_paired_bootstrap_agrees_with_the_paired_t() -> None:
    b = A + RANDOM.normal(0.005, 0.05, 200)
    replicates = bootstrap_sums(np.column_stack([A, b]), seed=3) / 200
    found = difference(Statistic.mean(b, replicates[:, 1]), Statistic.mean(A, replicates[:, 0]))
    assert found.p_bootstrap == pytest.approx(found.p_t, abs=0.04)


def test_an_entrant_does_not_differ_from_itself() -> None:
    found = difference(Statistic.mean(A), Statistic.mean(A))
    assert (found.interval.value, found.interval.low, found.interval.high, found.p_t) == (0, 0, 0, 1)


def test_a_bootstrap_is_the_same_for_the_same_seed() -> None:
    once, again, other = (bootstrap_sums(A[:, None], seed, 50) for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_resampled_sums_are_sums_over_resampled_users() -> None:
    columns = np.column_stack([A, np.ones(200)])
    sums = bootstrap_sums(columns, 0)
    assert sums[:, 1].tolist() == [200] * len(sums)
    assert np.std(sums[:, 0] / 200) == pytest.approx(stats.sem(A), rel=0.1)


def test_the_interval_of_rmse_is_jackknifed_by_user() -> None:
    # every user's errors are alike: taking ratings for independent would make the interval far too narrow
    level = np.repeat(RANDOM.uniform(0.2, 2.0, 300), 20)
    sums, counts = (level**2).reshape(300, 20).sum(1), np.full(300, 20.0)
    drawn = bootstrap_sums(np.column_stack([sums, counts]), 0)
    statistic = Statistic.ratio(sums, counts, np.sqrt(drawn[:, 0] / drawn[:, 1]), root=True)
    found = interval(statistic)
    assert found.value == pytest.approx(np.sqrt(np.mean(level**2)))
    assert found.n == 6000
    naive = np.std(level**2) / np.sqrt(6000) / (2 * found.value)
    assert found.se > 3 * naive
    # the jackknife agrees with the bootstrap
    assert np.std(statistic.replicates) == pytest.approx(found.se, rel=0.1)
    rest = [np.sqrt((sums.sum() - s) / (6000 - 20)) for s in sums]
    assert found.se == pytest.approx(np.sqrt(299 / 300 * np.sum((rest - np.mean(rest)) ** 2)))


def test_the_detectable_difference_is_found_in_eighty_of_a_hundred() -> None:
    found = difference(Statistic.mean(B), Statistic.mean(A))
    critical = stats.t.ppf(0.975, 199)
    power = stats.nct.sf(critical, 199, found.detectable / found.interval.se)
    assert power == pytest.approx(0.8, abs=0.005)
    # four times the users find half of it
    wide = difference(Statistic.mean(np.tile(B, 4)), Statistic.mean(np.tile(A, 4)))
    assert wide.detectable == pytest.approx(found.detectable / 2, rel=0.01)

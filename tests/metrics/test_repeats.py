from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recx.metrics.repeats import repeated
from recx.metrics.statistics import Statistic, difference, interval

RANDOM = np.random.default_rng(0)
TASTE = RANDOM.normal(0.3, 0.1, 400)


def runs(shifts: list[float], noise: float = 0.05) -> list[Statistic]:
    """Of the same users, run by run; ``shifts`` is what chance in training does to everybody."""
    users = np.arange(400, dtype=np.int32)
    return [Statistic.mean(TASTE + s + RANDOM.normal(0, noise, 400), users=users) for s in shifts]


def test_one_run_stays_as_it_is() -> None:
    (only,) = runs([0.0])
    assert repeated([only]) is only


def test_equal_runs_are_as_sure_as_one() -> None:
    one = Statistic.mean(TASTE, users=np.arange(400, dtype=np.int32))
    several = interval(repeated([one, one, one]))
    assert (several.value, several.low, several.high, several.n) == pytest.approx(
        (lambda each: (each.value, each.low, each.high, each.n))(interval(one))
    )


def test_what_lies_between_runs_widens_the_interval() -> None:
    alike, apart = repeated(runs([0, 0, 0])), repeated(runs([-0.05, 0, 0.05]))
    assert interval(apart).se > 3 * interval(alike).se
    # 0.05^2 / 3 beside the users' own variance, known with two degrees of freedom
    (spread,) = apart.spread
    assert (spread.variance, spread.df) == (pytest.approx(0.05**2 / 3, rel=0.2), 2)
    assert interval(apart).high - interval(apart).value > stats.t.ppf(0.975, 2) * np.sqrt(spread.variance)


def test_runs_that_differ_as_their_users_do_have_no_spread_of_their_own() -> None:
    # 40 folds over users of their own: their means differ, and by no more than 10 users explain
    folds = [
        Statistic.mean(values, users=np.arange(10 * at, 10 * at + 10, dtype=np.int32))
        for at, values in enumerate(TASTE.reshape(40, 10))
    ]
    whole = Statistic.mean(TASTE)
    joined = repeated(folds)
    assert (joined.value, joined.n) == (pytest.approx(whole.value), 400)
    assert interval(joined).se == pytest.approx(interval(whole).se, rel=0.15)


def test_a_user_of_several_folds_is_one_user() -> None:
    # everybody is asked in both folds and answers alike: 400 users and not 800
    order = RANDOM.permutation(400)
    shuffled = Statistic.mean(TASTE[order], users=order.astype(np.int32))
    back = Statistic.mean(TASTE, users=np.arange(400, dtype=np.int32))
    same = repeated([back, shuffled])
    assert (same.value, same.n) == (pytest.approx(back.value), 400)
    assert interval(same).se == pytest.approx(interval(back).se)
    with pytest.raises(ValueError, match="distinct"):
        repeated([back, Statistic.mean(TASTE, users=(order // 2).astype(np.int32))])
    half = np.arange(0, 400, 2)
    joined = repeated([back, Statistic.mean(TASTE[half], users=half.astype(np.int32))])
    assert joined.n == 400
    assert interval(joined).se > 0.95 * interval(back).se


def test_folds_that_share_their_training_rows_are_less_sure() -> None:
    shifts = [-0.05, 0.0, 0.05, 0.02, -0.02]
    apart = runs(shifts)
    alone, folds = repeated(apart).spread[0].variance, repeated(apart, overlap=1 / 4).spread[0].variance
    assert folds / alone == pytest.approx((1 / 5 + 1 / 4) / (1 / 5))


def test_a_difference_has_the_spread_of_both() -> None:
    a, b = repeated(runs([-0.05, 0, 0.05])), repeated(runs([0.0, 0.1]))
    found = difference(a, b)
    assert len(a.minus(b).spread) == 2
    assert found.interval.se**2 >= a.spread[0].variance + b.spread[0].variance
    # the level whose interval just reaches 0
    assert 0.05 < found.p_t < 1
    assert found.interval.low < 0 < found.interval.high
    assert found.p_bootstrap == found.p_t

from __future__ import annotations

import numpy as np
import pytest

from recx.evaluate.gate.config import MarginGate
from recx.evaluate.gate.rules import FAIL, INCONCLUSIVE, PASS, Pair, checks, together
from recx.metrics.statistics import Statistic

RANDOM = np.random.default_rng(0)
BASE = RANDOM.uniform(0, 1, 1000)


def pair(loss: float, noise: float = 0.1, metric: str = "ndcg@10", part: str = "", n: int = 1000) -> Pair:
    """A candidate that is worse by ``loss`` (of 0.5), on average exactly."""
    noisy = RANDOM.normal(0, noise, n)
    return of(BASE[:n], BASE[:n] - loss + noisy - noisy.mean(), metric, part)


def of(
    was: np.ndarray, now: np.ndarray, metric: str = "ndcg@10", part: str = "", margin: float = 0.02
) -> Pair:
    words = ("als", metric, part, part or "everybody")
    return Pair(*words, Statistic.mean(was), Statistic.mean(now), margin)


@pytest.mark.parametrize(
    ("loss", "noise", "verdict"),
    [
        (0.0, 0.1, PASS),
        (-0.3, 0.1, PASS),
        (0.01, 0.01, PASS),  # a sure loss within the margin
        (0.04, 0.1, FAIL),
        (0.02, 0.1, INCONCLUSIVE),
        (0.0, 2.0, INCONCLUSIVE),
        (0.1, 3.0, INCONCLUSIVE),
    ],
)
def test_the_interval_against_the_margin_decides(loss: float, noise: float, verdict: str) -> None:
    (found,) = checks([pair(loss, noise)])
    assert found.verdict == verdict
    assert found.difference.value == pytest.approx(-loss)
    assert (found.difference.low > -found.margin) == (verdict == PASS)
    assert (found.users_needed is None) == (verdict != INCONCLUSIVE)
    if found.users_needed is not None:
        assert found.users_needed > 2000


def test_an_error_that_grows_is_a_loss() -> None:
    (found,) = checks([pair(-0.1, metric="rmse")])
    assert (found.verdict, found.difference.value) == (FAIL, pytest.approx(0.1))
    assert checks([pair(0.1, metric="rmse")])[0].verdict == PASS


def test_an_equal_run_passes_without_any_doubt() -> None:
    same = Statistic.mean(BASE)
    (found,) = checks([Pair("als", "ndcg@10", "", "everybody", same, same, 1e-6)])
    assert (found.verdict, found.p, found.difference.value) == (PASS, 1, 0)


def test_a_single_user_decides_nothing() -> None:
    (found,) = checks([pair(0.4, n=1)])
    assert found.verdict == INCONCLUSIVE


def test_the_more_is_checked_the_more_a_failure_takes() -> None:
    one = pair(0.02 + 2.5 * 0.1 / np.sqrt(1000))  # p about .012
    assert checks([one])[0].verdict == FAIL
    crowded = checks([one, *(pair(0.0, part=f"part {at}") for at in range(9))])
    assert crowded[0].verdict == INCONCLUSIVE
    assert crowded[0].p == pytest.approx(10 * checks([one])[0].p, rel=0.01)
    assert crowded[0].detectable > checks([one])[0].detectable


def test_about_as_many_users_as_it_says_decide() -> None:
    noise = RANDOM.normal(0, 1.0, 1000)
    noise = noise - noise.mean()
    (few,) = checks([of(BASE, BASE + noise, margin=0.05)])
    assert few.verdict == INCONCLUSIVE
    # (1.96 + 0.84)^2 standard errors away from the margin
    assert few.users_needed == pytest.approx((2.8 / 0.05) ** 2, rel=0.08)
    many = few.users_needed // 1000 + 1
    assert checks([of(np.tile(BASE, many), np.tile(BASE + noise, many), margin=0.05)])[0].verdict == PASS


def test_a_part_that_cannot_tell_stops_a_run_only_where_that_is_asked() -> None:
    found = checks([pair(0.0), pair(0.02, part="cold items")])
    assert [each.verdict for each in found] == [PASS, INCONCLUSIVE]
    assert together(found, MarginGate()) == PASS
    assert together(found, MarginGate(inconclusive="all")) == INCONCLUSIVE
    assert together(checks([pair(0.0), pair(0.2, part="cold items")]), MarginGate()) == FAIL
    assert together(checks([pair(0.02)]), MarginGate()) == INCONCLUSIVE


def test_runs_as_good_as_the_baseline_fail_any_of_many_checks_once_in_twenty_at_most() -> None:
    # the hardest case: everything has lost exactly what is tolerated
    failed, random = 0, np.random.default_rng(1)
    for _ in range(300):
        users = random.uniform(0, 1, 300)
        now = users - 0.02 + random.normal(0, 0.2, 300)
        parts = [slice(0, 300), slice(0, 100), slice(100, 200), slice(200, 300)]
        found = checks([of(users[part], now[part], part=str(at)) for at, part in enumerate(parts)])
        failed += any(each.verdict == FAIL for each in found)
    assert failed / 300 < 0.05

"""The verdict on each check, and on all of them together.

A check fails where the loss is beyond the margin for sure: the paired test of "it is no larger than the
margin", Holm-adjusted over every metric and part, so that a run as good as its baseline fails any of them at
most 5 times in 100. It passes where the 95 % interval lies above the margin; a run passes as a whole where
every check does, which needs no adjustment (intersection-union test, Berger 1982). Else users are too few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from recx.evaluate.gate.config import ALL, MarginGate
from recx.evaluate.result import Check, Estimate
from recx.metrics import parse
from recx.metrics.families import holm
from recx.metrics.statistics import (
    LEVEL,
    POWER,
    Statistic,
    half_width,
    interval,
    p_value,
    standard_error,
)

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
EXIT = {PASS: 0, FAIL: 3, INCONCLUSIVE: 4}
"""Verdict -> exit code of the command."""
BOUNDS = (-math.inf, math.inf)


@dataclass(frozen=True, eq=False)
class Pair:
    """A metric of the candidate and of the baseline over the same users."""

    entrant: str
    metric: str
    group: str
    part: str
    baseline: Statistic
    candidate: Statistic
    margin: float  # > 0, in the metric's own unit


def checks(pairs: Sequence[Pair]) -> list[Check]:
    """Every pair's verdict; p-values are those of the family of all ``pairs``."""
    p = holm([_p_of_loss(pair) for pair in pairs])
    return [_check(pair, each, len(pairs)) for pair, each in zip(pairs, p, strict=True)]


def together(found: Sequence[Check], gate: MarginGate) -> str:
    """The verdict on the run."""
    verdicts = {each.verdict for each in found}
    deciding = {each.verdict for each in found if gate.inconclusive == ALL or each.over_everybody}
    return FAIL if FAIL in verdicts else INCONCLUSIVE if INCONCLUSIVE in deciding else PASS


def _gain(pair: Pair) -> Statistic:
    """By how much the candidate is better: positive is good for every metric."""
    better = parse(pair.metric).higher_is_better
    return pair.candidate.minus(pair.baseline) if better else pair.baseline.minus(pair.candidate)


def _p_of_loss(pair: Pair) -> float:
    """Two-sided p, counted on the side of losses alone, of a loss no larger than the margin."""
    gain = _gain(pair)
    beyond = gain.value + pair.margin
    return 1.0 if beyond >= 0 or not gain.known else p_value(beyond, gain.chances)


def _check(pair: Pair, p: float, family: int) -> Check:
    gain = _gain(pair)
    lost = interval(gain, BOUNDS)
    verdict = INCONCLUSIVE
    if gain.known and lost.low > -pair.margin:
        verdict = PASS
    elif p < 1 - LEVEL:
        verdict = FAIL
    shown = interval(pair.candidate.minus(pair.baseline), BOUNDS)
    level = 1 - (1 - LEVEL) / family
    power = half_width(gain.chances, 2 * POWER - 1)
    needed, beyond = None, gain.value + pair.margin
    if verdict == INCONCLUSIVE and gain.known and beyond:
        # the difference as it looks, seen with 80 % power
        sure = half_width(gain.chances, LEVEL if beyond > 0 else level)
        needed = math.ceil(((sure + power) / beyond) ** 2 * pair.candidate.n)
    return Check(
        pair.entrant,
        pair.metric,
        pair.group,
        pair.part,
        pair.candidate.n,
        pair.baseline.value,
        pair.candidate.value,
        Estimate(shown.value, shown.low, shown.high, standard_error(gain.chances), pair.candidate.n),
        pair.margin,
        p,
        pair.margin + half_width(gain.chances, level) + power,
        verdict,
        needed,
    )

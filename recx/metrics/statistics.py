"""How sure a number is: intervals, paired differences, and p-values for a family of comparisons.

Users are the sampling unit. A mean over users gets Student's t; whatever is no such mean (rmse, coverage)
gets the bootstrap over users. Entrants are resampled with the same users, so their replicates are paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recx.arrays import Float64

RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then rest on 50 each."""
LEVEL = 0.95
CHUNK = 1 << 21
"""Drawn users held in memory at once."""


@dataclass(frozen=True)
class Interval:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float
    se: float
    n: int  # users, or ratings


@dataclass(frozen=True, eq=False)
class Statistic:
    """A number over users, with what is needed to say how sure it is."""

    value: float
    n: int  # what the number is over: users, ratings or pairs
    influence: Float64 | None = None  # (users,) mean 0: by how much each user pulls the number
    replicates: Float64 | None = None  # (RESAMPLES,) the number on resampled users
    additive: bool = True  # a plain mean over users
    shrinks: bool = False  # resampling loses distinct things: replicates lie too low and are moved back

    @staticmethod
    def mean(values: Float64, replicates: Float64 | None = None) -> Statistic:
        """The mean over users of ``values`` (users,)."""
        mean = float(np.mean(values))
        return Statistic(mean, len(values), values - mean, replicates)

    @staticmethod
    def ratio(sums: Float64, counts: Float64, replicates: Float64, root: bool = False) -> Statistic:
        """Sum of ``sums`` over sum of ``counts`` (users,), or its root; linearised by the delta method."""
        ratio = float(np.sum(sums) / np.sum(counts))
        influence = (sums - ratio * counts) / np.mean(counts)
        value = float(np.sqrt(ratio)) if root else ratio
        if root:
            influence = influence / (2 * value) if value > 0 else np.zeros_like(influence)
        return Statistic(value, int(np.sum(counts)), influence, replicates, additive=False)


@dataclass(frozen=True)
class Difference:
    """One statistic minus another over the same users."""

    interval: Interval
    p_t: float  # paired t
    p_bootstrap: float


def interval(statistic: Statistic, bounds: tuple[float, float] = (0.0, 1.0)) -> Interval:
    """The 95 % interval; of a single user's mean all there is to say is ``bounds``."""
    value, replicates = statistic.value, statistic.replicates
    if statistic.additive:
        return _t_interval(value, statistic.influence, statistic.n, bounds)
    if replicates is None:
        raise ValueError("a statistic that is no mean needs its replicates")
    low, high = np.quantile(replicates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if statistic.shrinks:
        shift = value - float(np.mean(replicates))
        low, high = np.clip([low + shift, high + shift], *bounds)
    return Interval(value, float(low), float(high), float(np.std(replicates, ddof=1)), statistic.n)


def difference(a: Statistic, b: Statistic) -> Difference:
    """``a`` minus ``b``, paired by user; both over the same users and, for replicates, the same resamples."""
    value = a.value - b.value
    replicates = None if a.replicates is None or b.replicates is None else a.replicates - b.replicates
    influence = None if a.influence is None or b.influence is None else a.influence - b.influence
    statistic = Statistic(value, a.n, influence, replicates, a.additive, a.shrinks)
    found = interval(statistic, (-1.0, 1.0))
    p_t = _t_test_of_se(value, found.se, RESAMPLES) if influence is None else _t_test(value, influence)
    return Difference(found, p_t, p_t if replicates is None else _p_bootstrap(value, replicates))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979): bounds the chance of any false claim in the family."""
    order = np.argsort(p, kind="stable")
    m = len(order)
    scaled = np.asarray(p, dtype=np.float64)[order] * (m - np.arange(m))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]


def resample(n: int, seed: int, resamples: int = RESAMPLES) -> Iterator[npt.NDArray[np.int64]]:
    """Rows drawn with replacement, in chunks (some resamples, n); the same for equal ``n`` and ``seed``."""
    generator = np.random.default_rng(seed)
    size = max(1, CHUNK // max(1, n))
    for start in range(0, resamples, size):
        yield generator.integers(0, n, size=(min(size, resamples - start), n))


def bootstrap_sums(columns: Float64, seed: int, resamples: int = RESAMPLES) -> Float64:
    """Sums of ``columns`` (users, m) over resampled users: (resamples, m)."""
    n = len(columns)
    parts = []
    for rows in resample(n, seed, resamples):
        flat = rows + n * np.arange(len(rows))[:, None]
        times = np.bincount(flat.ravel(), minlength=len(rows) * n).reshape(len(rows), n)
        parts.append(times.astype(np.float64) @ columns)
    return np.concatenate(parts)


def _t_interval(value: float, influence: Float64 | None, n: int, bounds: tuple[float, float]) -> Interval:
    from scipy.stats import t

    if influence is None or n < 2:
        low, high = min(bounds[0], value), max(bounds[1], value)
        return Interval(value, low, high, (high - low) / 2, n)
    se = _se(influence)
    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * se
    return Interval(value, value - half, value + half, se, n)


def _se(influence: Float64) -> float:
    return float(np.sqrt(np.sum(influence**2) / (len(influence) - 1) / len(influence)))


def _t_test(value: float, influence: Float64) -> float:
    n = len(influence)
    return 1.0 if n < 2 else _t_test_of_se(value, _se(influence), n)


def _t_test_of_se(value: float, se: float, n: int) -> float:
    """Two-sided p of a true value of 0."""
    from scipy.stats import t

    if value == 0:
        return 1.0
    if se == 0:
        return 0.0
    return float(2 * t.sf(abs(value) / se, n - 1))


def _p_bootstrap(value: float, replicates: Float64) -> float:
    """Two-sided: how often resampling moves the number as far as it lies from 0."""
    moved = np.abs(replicates - np.mean(replicates)) >= abs(value)
    return float((1 + np.count_nonzero(moved)) / (1 + len(replicates)))

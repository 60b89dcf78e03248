"""How sure a number is: intervals, paired differences and what difference a comparison could find.

Users are the sampling unit. A mean over users gets Student's t; what is no such mean (rmse, coverage) too, by
the jackknife over users. The bootstrap is there for the p-values of comparisons: entrants are resampled with
the same users, so their replicates are paired. A number over several runs has a second source of chance, its
spread from run to run (``repeats``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recx.arrays import Float64, Int32

RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then rest on 50 each."""
LEVEL = 0.95
POWER = 0.8
"""Chance that the smallest detectable difference is found."""
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


@dataclass(frozen=True)
class Chance:
    """One source of chance in a number: a variance, and the degrees of freedom that it is known with."""

    variance: float
    df: int


@dataclass(frozen=True, eq=False)
class Statistic:
    """A number over users, with what is needed to say how sure it is."""

    value: float
    n: int  # what the number is over: users, ratings or pairs
    influence: Float64  # (users,) mean 0: by how much each user pulls the number
    replicates: Float64 | None = None  # (RESAMPLES,) the number on resampled users
    additive: bool = True  # a plain mean over users
    spread: tuple[Chance, ...] = ()  # from run to run, beyond what users explain
    users: Int32 | None = None  # (users,) who they are, where numbers over other users are to be joined

    @staticmethod
    def mean(values: Float64, replicates: Float64 | None = None, users: Int32 | None = None) -> Statistic:
        """The mean over users of ``values`` (users,)."""
        mean = float(np.mean(values))
        return Statistic(mean, len(values), values - mean, replicates, users=users)

    @staticmethod
    def ratio(
        sums: Float64,
        counts: Float64,
        replicates: Float64 | None = None,
        root: bool = False,
        users: Int32 | None = None,
    ) -> Statistic:
        """Sum of ``sums`` over sum of ``counts`` (users,), or its root.

        A user's influence is what the jackknife (Tukey 1958) says: how the number changes without the user.
        """
        n, whole = len(sums), float(np.sum(sums) / np.sum(counts))
        value = float(np.sqrt(whole)) if root else whole
        influence = np.zeros(n)
        if n > 1:
            without = (np.sum(sums) - sums) / (np.sum(counts) - counts)
            # of squares that sum to nothing rounding may leave less
            influence = (n - 1) * (value - (np.sqrt(np.maximum(0, without)) if root else without))
            influence -= np.mean(influence)
        return Statistic(value, int(np.sum(counts)), influence, replicates, additive=False, users=users)

    def minus(self, other: Statistic) -> Statistic:
        """The difference, paired by user; both over the same users and the same resamples."""
        replicates = None
        if self.replicates is not None and other.replicates is not None:
            replicates = self.replicates - other.replicates
        return Statistic(
            self.value - other.value,
            self.n,
            self.influence - other.influence,
            replicates,
            self.additive,
            self.spread + other.spread,
            self.users,
        )

    @property
    def by_users(self) -> Chance:
        """The chance that lies in who the users are."""
        n = len(self.influence)
        return Chance(float(np.sum(self.influence**2)) / max(1, n - 1) / n, max(1, n - 1))

    @property
    def chances(self) -> tuple[Chance, ...]:
        """Every source of chance."""
        return (self.by_users, *self.spread)

    @property
    def known(self) -> bool:
        """False for the mean of a single user, of which nothing can be said."""
        return len(self.influence) > 1


@dataclass(frozen=True)
class Difference:
    """One statistic minus another over the same users."""

    interval: Interval
    p_t: float  # paired t
    p_bootstrap: float
    detectable: float  # the smallest true difference that is found in 80 of 100 such comparisons, at p < .05


def interval(statistic: Statistic, bounds: tuple[float, float] = (0.0, 1.0)) -> Interval:
    """The 95 % interval; of a single user's mean all there is to say is ``bounds``."""
    value = statistic.value
    if not statistic.known:
        low, high = min(bounds[0], value), max(bounds[1], value)
        return Interval(value, low, high, (high - low) / 2, statistic.n)
    half, se = half_width(statistic.chances), standard_error(statistic.chances)
    return Interval(value, value - half, value + half, se, statistic.n)


def difference(a: Statistic, b: Statistic) -> Difference:
    """``a`` minus ``b``, paired by user; both over the same users and, for replicates, the same resamples."""
    return tested(a.minus(b))


def tested(paired: Statistic) -> Difference:
    """A difference with its interval, p-values of a true value of 0, and what could have been found."""
    found = interval(paired, (-1.0, 1.0))
    if not paired.known:
        return Difference(found, 1.0, 1.0, found.high - found.low)
    p_t = p_value(paired.value, paired.chances)
    # the bootstrap draws users and not runs
    drawn = paired.replicates is not None and not paired.spread
    p = _p_bootstrap(paired.value, paired.replicates) if drawn and paired.replicates is not None else p_t
    return Difference(found, p_t, p, detectable(paired.chances))


def standard_error(chances: tuple[Chance, ...]) -> float:
    """Of a number with these independent sources of chance."""
    return float(np.sqrt(sum(chance.variance for chance in chances)))


def half_width(chances: tuple[Chance, ...], level: float = LEVEL) -> float:
    """Half the two-sided interval: root of the sum over sources of (t quantile)^2 variance.

    With one source it is Student's; with several each keeps its own degrees of freedom (Howe 1974; Graybill
    and Wang 1980), so that a spread that three runs tell is not taken for one that a thousand users tell.
    """
    from scipy.stats import t

    squares = [(float(t.ppf((1 + level) / 2, each.df)) ** 2, each.variance) for each in chances]
    return float(np.sqrt(sum(square * variance for square, variance in squares if variance > 0)))


def p_value(value: float, chances: tuple[Chance, ...]) -> float:
    """Two-sided p of a true value of 0: the level whose interval just reaches it."""
    from scipy.optimize import brentq
    from scipy.stats import t

    some = tuple(chance for chance in chances if chance.variance > 0)
    if value == 0:
        return 1.0
    if not some:
        return 0.0
    if len(some) == 1:
        return float(2 * t.sf(abs(value) / np.sqrt(some[0].variance), some[0].df))
    smallest = 1e-12
    if half_width(some, 1 - smallest) <= abs(value):
        return smallest
    return float(brentq(lambda p: half_width(some, 1 - p) - abs(value), smallest, 1.0))


def detectable(chances: tuple[Chance, ...]) -> float:
    """The smallest true difference that a two-sided test at 5 % finds with 80 % power."""
    return half_width(chances) + half_width(chances, 2 * POWER - 1)


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


def _p_bootstrap(value: float, replicates: Float64) -> float:
    """Two-sided: how often resampling moves the number as far as it lies from 0."""
    moved = np.abs(replicates - np.mean(replicates)) >= abs(value)
    return float((1 + np.count_nonzero(moved)) / (1 + len(replicates)))

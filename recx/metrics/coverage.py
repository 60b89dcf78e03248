"""What of the shop is shown at all, and how evenly, from gathered counts.

``shown`` (n_items,) says how often each item was recommended, ``candidates`` (n_items,) which could be.
"""

from math import comb

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float64, Int32, Int64

Counts = npt.NDArray[np.integer]
DAMPED = np.array([sum(comb(20, j) for j in range(i, 21)) / 2**20 for i in range(1, 21)])
"""Weights of an alternating series (Efron and Thisted 1976): chances of i or more heads in 20 throws."""


def coverage(shown: Counts, candidates: Bool) -> float:
    """Distinct items recommended to anyone / candidate items."""
    return int(np.count_nonzero(shown)) / max(1, int(np.count_nonzero(candidates)))


def gini(shown: Counts, candidates: Bool) -> float:
    """Gini coefficient of exposure: sum of (2 i - n - 1) x_i / (n sum of x), x_1 <= ... <= x_n.

    x_i is how often the i-th of the n candidates was recommended. 0: all equally often; near 1: a few get
    everything. Lower is more even, not better in itself. 0 where nothing was recommended.
    """
    exposure = np.sort(shown[candidates]).astype(np.float64)
    n, total = len(exposure), float(exposure.sum())
    if not total:
        return 0.0
    return float(np.sum((2 * np.arange(1, n + 1) - n - 1) * exposure) / (n * total))


def coverage_influence(items: Int32, candidates: Bool) -> Float64:
    """By how much each user's list, a row of ``items`` (users, k), pulls the coverage of all lists: (users,).

    Leaving a user out takes away the items that nobody else was shown. The jackknife over these overstates
    the spread where most items are shown at all: an item that n users are shown on average is missed with
    the chance exp(-n), whose variance exp(-n) - exp(-2n) is below the n exp(-n) that items shown once stand
    for. It is known from the items shown once, twice, three times ...: f1 - f2 + f3 - ... (Good and Toulmin
    1956), damped as by Efron and Thisted (1976), and no less than the few missing items allow.
    """
    exposure, listed = _exposure(items, candidates)
    single = np.where(items >= 0, exposure[listed] == 1, False).sum(axis=1)
    once = int(single.sum())
    if not once:
        return np.zeros(len(items))
    seen = np.bincount(np.minimum(exposure[candidates], len(DAMPED) + 1), minlength=len(DAMPED) + 2)
    varies = float(np.sum(DAMPED * seen[1:-1] * (-1.0) ** np.arange(len(DAMPED))))
    varies = max(varies, min(float(seen[0]), once / 2))
    pulls = np.sqrt(min(1.0, varies / once)) * len(items) * single / max(1, int(np.count_nonzero(candidates)))
    return np.asarray(pulls - pulls.mean())


def gini_influence(items: Int32, candidates: Bool) -> Float64:
    """By how much each user's list, a row of ``items`` (users, k), pulls the Gini of all lists: (users,).

    The jackknife to first order: an item that loses one of its recommendations takes the lowest place among
    those that have as many.
    """
    exposure, listed = _exposure(items, candidates)
    ordered = np.sort(exposure[candidates]).astype(np.float64)
    n, total = len(ordered), float(ordered.sum())
    if not total:
        return np.zeros(len(items))
    place = np.searchsorted(ordered, exposure, side="left") + 1
    value = float(np.sum((2 * np.arange(1, n + 1) - n - 1) * ordered) / (n * total))
    slope = ((2 * place - n - 1) / n - value) / total
    pulls = len(items) * np.where(items >= 0, slope[listed], 0.0).sum(axis=1)
    return np.asarray(pulls - pulls.mean())


def _exposure(items: Int32, candidates: Bool) -> tuple[Int64, Int32]:
    """How often each item is shown, and the lists with any item in place of none."""
    return np.bincount(items[items >= 0], minlength=len(candidates)), np.maximum(items, 0)

"""Replay of a log: of the events whose item a run would have shown, what they were worth.

L. Li, W. Chu, J. Langford and X. Wang, "Unbiased offline evaluation of contextual-bandit-based news article
recommendation algorithms", WSDM 2011.
"""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.data import Rankings
from recx.evaluate.offline.logged import Logged
from recx.metrics.statistics import Statistic


def matches(rankings: Rankings, logged: Logged) -> Bool:
    """Which events have an item that stands in their user's list: (n,).

    ``rankings`` holds a list for each of ``logged.asked``, in that order.
    """
    same = rankings.items[logged.asked_rows] == logged.items[:, None]
    return np.asarray(same.any(1) & (logged.items >= 0))


def replayed(matched: Bool, logged: Logged) -> Statistic:
    """Mean reward of the ``matched`` events (n,) of two users or more; users are what is sampled."""
    sums = logged.by_person(np.where(matched, logged.rewards, 0.0))
    return Statistic.ratio(sums, logged.by_person(matched.astype(np.float64)))

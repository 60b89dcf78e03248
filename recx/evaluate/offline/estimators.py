"""What a policy would have earned per event, by the log of another one that wrote down its chances.

IPS: D. Horvitz and D. Thompson 1952. SNIPS: A. Swaminathan and T. Joachims, "The self-normalized estimator
for counterfactual learning", NeurIPS 2015. DR: M. Dudík, J. Langford and L. Li, "Doubly robust policy
evaluation and learning", ICML 2011. Users are drawn, not events: intervals come from the jackknife by user.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recx.arrays import Float64, Int32
from recx.evaluate.offline.logged import Logged
from recx.metrics.statistics import Statistic

PRIOR = 20.0
"""Events of the overall mean that an item's mean reward starts with."""


def on_policy(logged: Logged) -> Statistic:
    """Mean reward of what was logged."""
    return _mean(logged, logged.rewards)


def ips(logged: Logged, weights: Float64) -> Statistic:
    """Inverse propensity scoring: the mean of w r over all events; ``weights`` (n,)."""
    return _mean(logged, weights * logged.rewards)


def snips(logged: Logged, weights: Float64) -> Statistic:
    """Self-normalised: sum of w r over sum of w; ``weights`` (n,) of two users or more."""
    found = Statistic.ratio(logged.by_person(weights * logged.rewards), logged.by_person(weights))
    return replace(found, n=len(logged))


def doubly_robust(logged: Logged, weights: Float64, expected: Float64, guessed: Float64) -> Statistic:
    """The reward model's value, and w times what it has missed: the mean of q(policy) + w (r - q(item)).

    ``expected`` (n,) is the modelled reward of what the policy shows, ``guessed`` (n,) of what was shown.
    """
    return _mean(logged, expected + weights * (logged.rewards - guessed))


def effective(weights: Float64) -> float:
    """Kish's effective sample size: (sum of w)^2 / sum of w^2, 0 without weight."""
    squares = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / squares if squares else 0.0


def mean_weight(logged: Logged, weights: Float64) -> Statistic:
    """Around 1 where the log gives a chance to everything that the policy shows; below it where not."""
    return _mean(logged, weights)


@dataclass(frozen=True, eq=False)
class RewardModel:
    """Mean reward of each item before test, drawn towards the mean of all as long as its events are few."""

    means: Float64  # (n_items + 1,) the last one for items that nobody knows: -1

    @staticmethod
    def fit(items: Int32, rewards: Float64, n_items: int) -> RewardModel:
        """Of events before test: items (n,), -1 for one outside the data set, and rewards (n,)."""
        overall = float(np.mean(rewards)) if len(rewards) else 0.0
        known = items >= 0
        sums = np.bincount(items[known], rewards[known], n_items)
        counts = np.bincount(items[known], minlength=n_items)
        return RewardModel(np.append((sums + PRIOR * overall) / (counts + PRIOR), overall))

    def of(self, items: Int32) -> Float64:
        """Expected reward of each of ``items``, of any shape."""
        return self.means[items]


def _mean(logged: Logged, values: Float64) -> Statistic:
    """Over events, by user."""
    return Statistic.ratio(logged.by_person(values), logged.by_person(np.ones(len(values))))

"""weighted: a weighted mean of the bases, the weights searched for the metric itself."""

from __future__ import annotations

from typing import Self

import numpy as np

from recx.arrays import Float64
from recx.fuse.fusers.base import Lesson
from recx.fuse.fusers.config import WeightedConfig
from recx.fuse.fusers.weights import Mixture, Weights
from recx.fuse.table import Table

SHARES = (0.5, 0.25, 0.1, 0.05, 0.02, 0.01)
"""Steps towards a base, and away from it."""
TINY = 1e-6
"""A gain below this ends the search."""


class Weighted(Weights[WeightedConfig]):
    """Weights on the simplex that maximise ndcg (or minimise rmse) on the window, by coordinate search.

    The search begins once at the best base and once at equal weights, and the better end is kept. A round
    tries for every base to mix a share of it in or to take it out, and keeps the best move of each; it ends
    when a round gains nothing. The metric is a step function of the weights, so there is no gradient to
    follow (Metzler & Croft 2007 search features' weights so).
    """

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Search; the held-out users are not looked at."""
        mixture = Mixture(lesson.judge.on(table), self.config.norm)
        bases = np.eye(mixture.bases)
        best_base = max(bases, key=lambda start: _value(mixture, start))
        found = [self._search(mixture, start) for start in (best_base, bases.mean(axis=0))]
        weights = max(found, key=lambda end: end[0])[1]
        self.weights = weights / weights.sum()
        return self

    def _search(self, mixture: Mixture, start: Float64) -> tuple[float, Float64]:
        """The value and the weights where no move gains anything."""
        best = _value(mixture, start)
        for _ in range(self.config.rounds):
            before = best
            for base in range(mixture.bases):
                value, share = max((mixture.value(base, share), share) for share in _moves(mixture, base))
                if value > best + TINY:
                    best = value
                    mixture.mix(base, share)
            if best <= before + TINY:
                break
        return best, mixture.weights


def _value(mixture: Mixture, weights: Float64) -> float:
    mixture.take(weights)
    return mixture.value()


def _moves(mixture: Mixture, base: int) -> list[float]:
    """Shares of ``base`` that may be mixed in; to mix in -w / (1 - w) takes its whole weight w away."""
    weight = float(mixture.weights[base] / mixture.weights.sum())
    if weight >= 1:
        return [0.0]
    away = [-share * weight / (1 - weight) for share in (1.0, *SHARES)] if weight > 0 else []
    return [*SHARES, *away]

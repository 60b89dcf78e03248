"""greedy: ensemble selection, the base that helps most is added again and again."""

from __future__ import annotations

from typing import Self

import numpy as np

from recx.arrays import Float64
from recx.fuse.fusers.base import Lesson
from recx.fuse.fusers.config import GreedyConfig
from recx.fuse.fusers.weights import Mixture, Weights
from recx.fuse.table import Table


class Greedy(Weights[GreedyConfig]):
    """Ensemble selection with replacement (Caruana et al. 2004): weights are how often a base was chosen.

    Each step adds the base with which the mean of all chosen so far does best on the window; as many steps
    are kept as did best. Against choosing what fits the window by chance, the library is bagged: every bag
    may choose among a random part of the bases only, and their choices are added up (Caruana, Munson &
    Niculescu-Mizil 2006).
    """

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Choose; the held-out users are not looked at."""
        config, rng = self.config, np.random.default_rng([lesson.seed, 14])
        mixture = Mixture(lesson.judge.on(table), config.norm)
        size = min(mixture.bases, max(2, round(config.library * mixture.bases)))
        # with all bases in every bag the bags are alike
        bags = config.bags if size < mixture.bases else 1
        chosen = np.zeros(mixture.bases)
        for _ in range(bags):
            chosen += _select(mixture, rng.choice(mixture.bases, size, replace=False), config.rounds)
        self.weights = chosen / chosen.sum()
        return self


def _select(mixture: Mixture, library: np.ndarray[tuple[int], np.dtype[np.int64]], rounds: int) -> Float64:
    """How often each base is chosen, as shares: (bases,)."""
    mixture.take(np.zeros(mixture.bases))
    best, weights = -np.inf, mixture.weights
    for step in range(rounds):
        # the mean of step + 1 is the mean of step with a share of the newcomer mixed in
        share = 1 / (step + 1)
        values = [mixture.value(int(base), share) for base in np.sort(library)]
        at = int(np.argmax(values))
        mixture.mix(int(np.sort(library)[at]), share)
        if values[at] > best:
            best, weights = values[at], mixture.weights
    return np.asarray(weights)

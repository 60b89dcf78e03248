"""What a run would show: a list for everybody in the log, by what was known at the cut-off, and chances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recx.arrays import Float32, Float64, Int32
from recx.data import Fold, Histories, Rankings, UserBatch, user_batches
from recx.evaluate.offline.config import SOFTMAX, TOP, IpsConfig
from recx.evaluate.offline.estimators import RewardModel
from recx.evaluate.offline.logged import Logged
from recx.evaluate.sources import Source
from recx.kernels.topk import top_k
from recx.models.base import Allowed, block_size, mask


def lists_of(source: Source, label: str, fold: Fold, allowed: Allowed, users: Int32, k: int) -> Rankings:
    """The first ``k`` of the entrant ``label`` of a run for ``users``, ascending; -1 is somebody unknown."""
    blocks = []
    size = max(1, block_size(len(allowed.items)) // len(source.labels))
    known = users[users >= 0]
    batches = list(user_batches(known, fold.history, fold.known_at, size))
    for batch in [*([_nobody(fold)] if len(known) < len(users) else []), *batches]:
        for name, scores in source.scores(batch, allowed, fold.name):
            if name == label:
                mask(scores, batch, allowed)
                blocks.append(Rankings(batch.users, *top_k(scores, allowed.order, k)))
    return Rankings.concatenate(blocks)


def _nobody(fold: Fold) -> UserBatch:
    """A user without an id or a past."""
    past = fold.history.histories()
    empty = Histories(
        np.zeros(2, np.int64),
        past.items[:0],
        past.values[:0],
        None if past.times is None else past.times[:0],
        None if past.events is None else past.events[:0],
    )
    at = None if fold.known_at is None else np.full(1, fold.known_at, dtype=np.int64)
    return UserBatch(np.full(1, -1, np.int32), empty, at)


@dataclass(frozen=True, eq=False)
class Policy:
    """Which items a run would show to each of ``Logged.asked``, and with what chance."""

    items: Int32  # (asked, k) -1 where a list is short
    chances: Float64  # (asked, k) of each item; they sum to 1 where there is a list

    @staticmethod
    def of(rankings: Rankings, config: IpsConfig) -> Policy:
        """One item of each list: the first, any of them, or the better ones more often."""
        there = rankings.items >= 0
        if config.policy == TOP:
            weights = np.zeros(there.shape)
            weights[:, 0] = there[:, 0]
        elif config.policy == SOFTMAX:
            weights = np.where(there, np.exp(_standardised(rankings.scores, there) / config.temperature), 0.0)
        else:
            weights = there.astype(np.float64)
        total = weights.sum(1, keepdims=True)
        return Policy(rankings.items, np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0))

    def chance(self, logged: Logged) -> Float64:
        """Of each event's item: (n,)."""
        same = (self.items[logged.asked_rows] == logged.items[:, None]) & (logged.items >= 0)[:, None]
        return np.asarray(np.sum(self.chances[logged.asked_rows], axis=1, where=same))

    def expected(self, model: RewardModel, logged: Logged) -> Float64:
        """The modelled reward of what would be shown instead: (n,)."""
        worth = np.sum(self.chances * model.of(self.items), axis=1)
        return np.asarray(worth[logged.asked_rows])


def _standardised(scores: Float32, there: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Float64:
    """Scores of each list less its best, in units of the list's own standard deviation: (asked, k) <= 0."""
    kept = np.where(there, scores, 0.0).astype(np.float64)
    counts = np.maximum(1, there.sum(1, keepdims=True))
    mean = kept.sum(1, keepdims=True) / counts
    spread = np.sqrt(np.sum((kept - mean) ** 2, axis=1, keepdims=True, where=there) / counts)
    below = kept - np.where(there, kept, -np.inf).max(1, initial=-np.inf, keepdims=True, where=there)
    return np.where(there, np.divide(below, spread, out=np.zeros(kept.shape), where=spread > 0), 0.0)

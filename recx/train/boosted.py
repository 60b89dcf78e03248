"""Boosting of ratings: a model learns what another leaves over, and predicts the sum of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from recx.arrays import Bool, Float32
from recx.data import Fold, Interactions, Pairs, UserBatch
from recx.metrics.measure import rating_questions
from recx.models.base import ModelConfig, Recommender, split_batch

AT_ONCE = 1 << 20
"""Pairs rated at a time where all items are."""


class Boosted(Recommender[ModelConfig]):
    """Rating = earlier(u, i) + lr model(u, i), one step of gradient boosting for squared error (Friedman
    2001), whose gradient is what the earlier model leaves over.

    A model that reads histories finds what is left over of their ratings there, too, as when it was fitted.
    Its score is the rating, for ranking as well.
    """

    rates: ClassVar[bool] = True

    def __init__(self, earlier: Recommender[Any], model: Recommender[Any], lr: float) -> None:
        super().__init__(model.config)
        self.earlier, self.model, self.lr = earlier, model, np.float32(lr)
        self.popularity = model.popularity
        self.epochs_trained, self.history = model.epochs_trained, model.history

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The sum of both: (len(pairs),)."""
        histories = batch.histories
        own = Pairs(histories.rows, histories.items, histories.times)
        left = replace(
            batch, histories=replace(histories, values=histories.values - self._before(batch, own))
        )
        return np.asarray(self._before(batch, pairs) + self.lr * self.model.rate(left, pairs), np.float32)

    def score(self, batch: UserBatch) -> Float32:
        """Ratings of all items."""
        found = np.empty((len(batch), self.n_items), dtype=np.float32)
        start = 0
        for block in split_batch(batch, max(1, AT_ONCE // max(1, self.n_items))):
            ratings = self.rate(block, Pairs.of_all(len(block), self.n_items))
            found[start : start + len(block)] = ratings.reshape(len(block), self.n_items)
            start += len(block)
        return found

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same as ``rate``."""
        return self.rate(batch, pairs)

    def knows(self, batch: UserBatch) -> Bool:
        """Whom either of them knows."""
        return self.earlier.knows(batch) | self.model.knows(batch)

    def _before(self, batch: UserBatch, pairs: Pairs) -> Float32:
        return self.earlier.rate(batch, pairs)


def left_over(fold: Fold, earlier: Recommender[Any]) -> Fold:
    """The fold with the ratings that may be learnt or given less what ``earlier``, fitted on it, says of
    them.

    Of the target only watch, which stops training, and a window, which measures it, are changed: test is
    nothing that training looks at.
    """
    learnt = _less(fold.fit, replace(fold, history=fold.fit), earlier)
    given = learnt if fold.history is fold.fit else _less(fold.history, fold, earlier)
    target = fold.target if fold.name == "final" else _less(fold.target, fold, earlier)
    return replace(fold, fit=learnt, history=given, target=target)


def _less(log: Interactions, fold: Fold, earlier: Recommender[Any]) -> Interactions:
    said = [earlier.rate(batch, pairs) for batch, pairs, _ in rating_questions(log, fold)]
    return replace(log, values=log.values - np.concatenate([np.zeros(0, np.float32), *said]))

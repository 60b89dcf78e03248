"""personal: what you bought before, the baseline wherever people buy again."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32, Float64, Int64
from recx.data import Interactions, TrainingData, UserBatch
from recx.errors import UsageError
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.baseline.config import PersonalConfig
from recx.models.checks import at_least
from recx.models.recency import DAY, days_before, recency

CAUTION = 5.0
"""Buyers, and intervals, that the average of all items is worth for an item few have bought."""


class Personal(Recommender[PersonalConfig]):
    """Score of an own item = (own + prior popularity n) return ^ loyalty max(since / interval, 1) ^ -overdue.

    own = sum over its events in the history of value x 2 ^ (-age / half_life), n = the same sum over all the
    user's events, popularity = the item's share of all events: the bracket is the mean of a gamma-Poisson
    posterior. return: events per buyer of the item, against all items. since: days since its last purchase;
    interval: geometric mean of the days between two purchases of it by the same user. Items never bought rank
    below all own ones, by popularity: their score lies in [-1, 0). The history counts as it is asked with;
    what all users taught, the returns and intervals, an update forms again, to the bits of a refit.
    """

    explains = True
    updates = True
    returns: Float32  # (n_items,) 1 on average
    intervals: Float32  # (n_items,) days

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        at_least(config, 0, "half_life", "prior", "loyalty", "overdue")
        if not 0 < config.decay <= 1:
            raise UsageError(
                f"personal: decay is {config.decay:g}, it must lie above 0 and not above 1 (off)"
            )
        self._learn(data.interactions)

    def _update(self, data: TrainingData, new: Bool) -> None:
        self._learn(data.interactions)

    def _learn(self, log: Interactions) -> None:
        key = log.users.astype(np.int64) * log.n_items + log.items
        buyers = np.bincount(np.unique(key) % log.n_items, minlength=log.n_items)
        usual = len(log) / buyers.sum()
        self.returns = dense((log.item_counts + CAUTION * usual) / (buyers + CAUTION) / usual)
        self.intervals = dense(np.exp(_log_days_between(log, key)))

    def score(self, batch: UserBatch) -> Float32:
        """Own counts, then popularity."""
        own, crowd, factor = self._parts(batch)
        scores = np.tile(self._never_bought(), (len(batch), 1))
        rows = np.repeat(np.arange(len(batch)), np.diff(own.indptr))
        scores[rows, own.indices] = np.maximum((own.data + crowd) * factor, 0)
        return scores

    def _parts(self, batch: UserBatch) -> tuple[csr_array, Float64, Float32]:
        """Of every user's items: own counts (n, n_items), what the crowd adds to each and by what both are
        multiplied.
        """
        histories, config = batch.histories, self.config
        dated = histories.times is not None
        weights = recency(histories, batch.at, 1.0 if dated else config.decay, config.half_life)
        own = histories.matrix(self.n_items, weights * histories.values)
        rows = np.repeat(np.arange(len(batch)), np.diff(own.indptr))
        total = np.bincount(rows, own.data, minlength=len(batch))
        crowd = config.prior * self.popularity[own.indices] * total[rows]
        factor = self.returns[own.indices] ** config.loyalty
        if histories.times is not None and config.overdue > 0:
            days = days_before(histories, batch.at).astype(np.float32)
            since = histories.matrix(self.n_items, days, "last").data
            factor *= np.maximum(since / self.intervals[own.indices], 1) ** -config.overdue
        return own, crowd, factor

    def _never_bought(self) -> Float32:
        return dense(self.popularity / (2 * self.popularity.max()) - 1)

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """Own purchases and the crowd's; of what was never bought, that and the crowd's."""
        own, crowd, factor = self._parts(one)
        place = np.flatnonzero(own.indices == item)
        if not len(place):
            score = float(self._never_bought()[item])
            return [Reason("popularity", "popularity", score + 1), Reason("bias", "never bought", -1.0)]
        mine, theirs = float((own.data * factor)[place[0]]), float((crowd * factor)[place[0]])
        # bad values may sum to less than 0, where the score ends
        if mine + theirs <= 0:
            return []
        return [Reason("item", item, mine), Reason("popularity", "popularity", theirs)]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"returns": self.returns, "intervals": self.intervals}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.returns = arrays["returns"].astype(np.float32, copy=False)
        self.intervals = arrays["intervals"].astype(np.float32, copy=False)


def _log_days_between(log: Interactions, key: Int64) -> Float64:
    """Mean log of the days between two purchases of an item by one user, on different days: (n_items,)."""
    if log.times is None:
        return np.zeros(log.n_items)
    order = np.lexsort((log.times, key))
    days = np.diff(log.times[order]) / DAY
    again = (np.diff(key[order]) == 0) & (days > 0.5)
    if not again.any():
        return np.zeros(log.n_items)
    items, logs = log.items[order][1:][again], np.log(days[again])
    count = np.bincount(items, minlength=log.n_items)
    total = np.bincount(items, logs, minlength=log.n_items)
    return np.asarray((total + CAUTION * logs.mean()) / (count + CAUTION))

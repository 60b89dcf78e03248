"""popular: what most people took, perhaps lately."""

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.data import TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.models.base import Reason, Recommender, RunOptions, Validation
from recx.models.baseline.config import PopularConfig
from recx.models.checks import at_least
from recx.models.recency import DAY

COUNTS = ("events", "users", "values")


class Popular(Recommender[PopularConfig]):
    """Score of an item = its share of the (recent, decayed) counts of the log.

    count_i = sum over its events of 2 ^ (-age / half_life), over the last ``window`` days of training; age is
    counted back from the end of training. The same list for everyone, known or not. A window and an age move
    with the end of training and so every count does; counting anew is one pass over the log, which is what
    an update does, to the bits of a refit.
    """

    explains = True
    updates = True
    shares: Float32  # (n_items,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        self.shares = self._count(data)

    def _update(self, data: TrainingData, new: Bool) -> None:
        self.shares = self._count(data)

    def _count(self, data: TrainingData) -> Float32:
        config, log = self.config, data.interactions
        at_least(config, 0, "window", "half_life")
        if config.count not in COUNTS:
            raise UsageError(f"popular: no count called '{config.count}'{did_you_mean(config.count, COUNTS)}")
        weights = log.values.astype(np.float64) if config.count == "values" else np.ones(len(log))
        if config.window > 0 or config.half_life > 0:
            if log.times is None:
                raise UsageError(
                    "popular: window and half_life need dates, and this data has none; "
                    "set model.window=0 model.half_life=0"
                )
            now = data.known_at if data.known_at is not None else int(log.times.max()) + 1
            age = (now - log.times) / DAY
            if config.window > 0:
                weights[age > config.window] = 0
            if config.half_life > 0:
                weights *= 0.5 ** (age / config.half_life)
        if config.count == "users":
            # rows of a user run from oldest to newest, so the last of equal pairs is the newest event
            key = log.users.astype(np.int64) * log.n_items + log.items
            order = np.argsort(key, kind="stable")
            repeated = order[:-1][key[order][1:] == key[order][:-1]]
            weights[repeated] = 0
        counts = np.bincount(log.items, weights, minlength=log.n_items)
        return np.asarray(counts / max(counts.sum(), np.finfo(np.float64).tiny), dtype=np.float32)

    def score(self, batch: UserBatch) -> Float32:
        """The same row for every user."""
        return np.tile(self.shares, (len(batch), 1))

    def knows(self, batch: UserBatch) -> Bool:
        """Everyone."""
        return np.ones(len(batch), dtype=bool)

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """The share."""
        return [Reason("popularity", self.config.count, float(self.shares[item]))]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"shares": self.shares}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.shares = arrays["shares"].astype(np.float32, copy=False)

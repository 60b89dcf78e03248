"""personal: what you bought before, the baseline wherever people buy again."""

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32
from recx.data import TrainingData, UserBatch
from recx.models.base import Recommender, RunOptions, Validation, dense
from recx.models.baseline.config import PersonalConfig
from recx.models.recency import recency


class Personal(Recommender[PersonalConfig]):
    """Score of an own item = sum over its events in the history of value x 2 ^ (-age / half_life).

    Age is counted back from the moment of the question. Items never bought rank below all own ones, by
    popularity: their score lies in [-1, 0).
    """

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        pass

    def score(self, batch: UserBatch) -> Float32:
        """Own counts, then popularity."""
        histories, config = batch.histories, self.config
        dated = histories.times is not None
        weights = recency(histories, batch.at, 1.0 if dated else config.decay, config.half_life)
        own = histories.matrix(self.n_items, weights)
        scores = np.tile(self._rest, (len(batch), 1))
        rows = np.repeat(np.arange(len(batch)), np.diff(own.indptr))
        scores[rows, own.indices] = own.data
        return scores

    @property
    def _rest(self) -> Float32:
        return dense(self.popularity / (2 * self.popularity.max()) - 1)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        pass

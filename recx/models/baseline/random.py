"""random: a number drawn for every user and item, the floor of every metric."""

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.data import Pairs, TrainingData, UserBatch
from recx.models.base import Recommender, RunOptions, Validation
from recx.models.baseline.config import RandomConfig

UInt64 = npt.NDArray[np.uint64]


class Random(Recommender[RandomConfig]):
    """Score = a uniform number in [0, 1) that depends on the seed of the run, the user and the item alone.

    A counter is hashed by splitmix64 (Steele, Lea & Flood 2014) instead of drawn in turn from a generator:
    who is asked about in which block makes no difference.
    """

    seed: UInt64  # (1,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        self.seed = np.array([run.seed], dtype=np.int64).view(np.uint64)

    def score(self, batch: UserBatch) -> Float32:
        """One number for every pair."""
        return self._draw(batch.users[:, None], np.arange(self.n_items)[None, :])

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The numbers of some pairs."""
        return self._draw(batch.users[pairs.row], pairs.item)

    def knows(self, batch: UserBatch) -> Bool:
        """Everyone."""
        return np.ones(len(batch), dtype=bool)

    def _draw(self, users: npt.NDArray[np.integer], items: npt.NDArray[np.integer]) -> Float32:
        of_user = _hash(_hash(self.seed) ^ users.astype(np.int64).view(np.uint64))
        drawn = _hash(of_user ^ items.astype(np.int64).view(np.uint64))
        # a float32 holds 24 bits
        return (drawn >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"seed": self.seed.view(np.int64)}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.seed = arrays["seed"].astype(np.int64).view(np.uint64)


def _hash(numbers: UInt64) -> UInt64:
    """The splitmix64 of every number."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))

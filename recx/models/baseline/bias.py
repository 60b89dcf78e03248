"""bias: the mean, how strict the user is and how good the item, the floor of every prediction of ratings."""

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.data import Pairs, TrainingData, UserBatch
from recx.errors import UsageError
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.baseline.config import BiasConfig
from recx.models.biases import Biases


class Bias(Recommender[BiasConfig]):
    """Rating = mu + b_u + b_i, the biases ridge-regularised (Koren 2010, "Factor in the Neighbors").

    The user's bias is solved from the history it is asked with, so a stranger with a history is rated like
    anyone else, and a new rating counts at once. Score = predicted rating: all users get the same list. The
    sums behind the biases are so cheap that an update forms them again, to the bits of a refit.
    """

    rates = True
    explains = True
    updates = True
    biases: Biases

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        if min(config.reg_user, config.reg_item) < 0:
            raise UsageError(
                f"bias: reg_user={config.reg_user} reg_item={config.reg_item}; both must be 0 or more"
            )
        self.biases = Biases.of(data.interactions, config.reg_user, config.reg_item)

    def _update(self, data: TrainingData, new: Bool) -> None:
        self.biases = Biases.of(data.interactions, self.config.reg_user, self.config.reg_item)

    def score(self, batch: UserBatch) -> Float32:
        """Predicted ratings of all items."""
        of_users = self.biases.of_users(batch.histories)
        return dense(of_users[:, None] + (self.biases.items + np.float32(self.biases.mean)))

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Predicted ratings of pairs."""
        of_users = self.biases.of_users(batch.histories)
        return dense(of_users[pairs.row] + (self.biases.items[pairs.item] + np.float32(self.biases.mean)))

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same as ``rate``."""
        return self.rate(batch, pairs)

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """The three summands."""
        return [
            Reason("bias", "mean", self.biases.mean),
            Reason("bias", "user", float(self.biases.of_users(one.histories)[0])),
            Reason("bias", "item", float(self.biases.items[item])),
        ]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"mean": np.asarray(self.biases.mean), "items": self.biases.items}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        items = arrays["items"].astype(np.float32, copy=False)
        self.biases = Biases(float(arrays["mean"]), items, self.config.reg_user)

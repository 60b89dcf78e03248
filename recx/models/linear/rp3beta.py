"""rp3beta: where a random walk over users and items ends, popular items held back."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Float32, Int32
from recx.data import TrainingData
from recx.errors import UsageError
from recx.kernels.nearest import pack, similar
from recx.kernels.walks import walks
from recx.models.base import RunOptions, Validation
from recx.models.checks import above, at_least
from recx.models.item_weights import ItemWeights, row_blocks
from recx.models.linear.config import RP3betaConfig
from recx.models.recency import check_weights, csr, weigh


class RP3beta(ItemWeights[RP3betaConfig]):
    """Scores = h W, W_ij = sum_v P_iv^alpha P_vj^alpha / degree_j^beta (Paudel et al. 2017): three steps from
    the user over an item and another user to item j; P are the values as shares of a row's sum.

    With ``restart`` above 0 the walk goes on and returns to where it began with that chance before every
    round: W_ij = personalised PageRank of j from i (Haveliwala 2002) / degree_j^beta, alpha unused. Only the
    ``neighbours`` largest weights of every i are kept. What differs: the first step follows the weights of
    the history that is scored, so that it may be decayed and strangers are served; the paper's P_ui^alpha
    only scales the scores of a user whose values are equal. Degrees are sums of values.
    """

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("rp3beta", log, config.values, config.decay, config.half_life)
        at_least(config, 1, "neighbours")
        at_least(config, 0, "alpha", "beta")
        above(config, 0, "tolerance")
        if not 0 <= config.restart < 1:
            raise UsageError(
                f"rp3beta: restart is {config.restart:g}, it must lie between 0 (off) and below 1"
            )
        users = weigh(log.histories(), log.n_items, config.values)
        users.eliminate_zeros()
        items = users.T.tocsr()
        degrees = np.asarray(items.sum(axis=1), dtype=np.float64)
        held_back = np.maximum(degrees, 1e-9) ** config.beta
        k = min(config.neighbours, log.n_items)
        if config.restart:
            nearest, weights = self._walks(items, users, held_back, k)
        else:
            ones, nothing = np.ones(log.n_items, np.float32), np.zeros(log.n_items, np.float32)
            everyone = np.arange(log.n_items, dtype=np.int32)
            nearest, weights = similar(
                *csr(_shares(items, config.alpha)),
                *csr(_shares(users, config.alpha)),
                ones,
                held_back.astype(np.float32),
                nothing,
                nothing,
                False,
                0.0,
                everyone,
                k,
            )
        self.indptr, self.items, self.values = pack(nearest, weights)

    def _walks(
        self, items: csr_array, users: csr_array, held_back: npt.NDArray[np.float64], k: int
    ) -> tuple[Int32, Float32]:
        config, n = self.config, items.shape[0]
        nearest = np.full((n, k), -1, dtype=np.int32)
        weights = np.zeros((n, k), dtype=np.float32)
        for first, room in row_blocks(n, n):
            walks(*csr(items), *csr(users), config.restart, config.tolerance, first, room)
            room /= held_back
            rows = np.arange(len(room))
            room[rows, first + rows] = 0
            best = np.sort(np.argpartition(-room, k - 1, axis=1)[:, :k], axis=1)
            values = np.take_along_axis(room, best, axis=1)
            # what was never reached goes to the end, as padding
            order = np.argsort(values <= 0, axis=1, kind="stable")
            values = np.take_along_axis(values, order, axis=1)
            best = np.take_along_axis(best, order, axis=1)
            nearest[first : first + len(room)] = np.where(values > 0, best, -1)
            weights[first : first + len(room)] = values
        return nearest, weights


def _shares(matrix: csr_array, power: float) -> csr_array:
    """Every entry's share of its row's sum, to a power."""
    sums = np.repeat(matrix.sum(axis=1), np.diff(matrix.indptr)).astype(np.float64)
    data = ((matrix.data / sums) ** power).astype(np.float32)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

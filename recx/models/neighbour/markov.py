"""markov: what tends to follow the last things."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError
from recx.kernels.neighbours import add_pairs, add_rows
from recx.kernels.transitions import transitions
from recx.models.base import Reason, Recommender, RunOptions, Validation
from recx.models.item_weights import of_history
from recx.models.neighbour.config import MarkovConfig
from recx.models.recency import check_weights, csr, weigh

UNIT = 232_792_560
"""The least number that all gaps up to 22 divide, so that 1 / gap is a whole number of parts of it; of longer
gaps it is one but for 1e-7."""


class Markov(Recommender[MarkovConfig]):
    """Score of item j = sum over the items i of the history of decay ^ position x T_ij / norm.

    T_ij adds 1 / gap for every j at most ``window`` events after i (the item-to-item rule SR of Ludewig &
    Jannach 2018, "Evaluation of session-based recommendation algorithms"); norm = degree_i^h degree_j^b +
    shrink, a degree being the events of an item. What differs: SR divides by nothing, so that common items
    are recommended to everyone, and looks at the newest event only, while here older ones still count. An
    item met twice in a history counts where it was met last. An update counts anew the histories of users
    with new events and no others, in whole numbers, so that it equals a refit to the bit.
    """

    explains = True
    updates = True
    indptr: Int64  # (n_items + 1,)
    followers: Int32  # (nnz,) ascending within an item
    counts: Int64  # (nnz,) T in parts of UNIT
    degrees: Float32  # (n_items,) events per item

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        if log.order == "none":
            raise UsageError("markov reads the order of events, and this data has none; try model=item_knn")
        check_weights("markov", log, "binary", config.decay)
        if config.window < 1:
            raise UsageError(f"markov: window is {config.window}, it must be at least 1 event")
        self._keep(_counted(log, config.window), log)

    def _update(self, data: TrainingData, new: Bool) -> None:
        log, window = data.interactions, self.config.window
        shape = (log.n_items, log.n_items)
        before = np.append(self.indptr, np.full(log.n_items - self.n_items, self.indptr[-1]))
        known = csr_array((self.counts, self.followers, before), shape=shape)
        touched = np.isin(log.users, log.users[new])
        told, retold = log.take(touched & ~new), log.take(touched)
        self._keep(known - _counted(told, window) + _counted(retold, window), log)

    def _keep(self, counted: csr_array, log: Interactions) -> None:
        counted.eliminate_zeros()
        self.indptr, self.followers, _ = csr(counted)
        self.counts = counted.data.astype(np.int64, copy=False)
        self.degrees = log.item_counts.astype(np.float32)
        self._prepare()

    def _prepare(self) -> None:
        """Derive what scoring needs from what is stored."""
        config, degrees = self.config, np.maximum(self.degrees, 1).astype(np.float64)
        of_rows = np.repeat(degrees**config.history_power, np.diff(self.indptr))
        norms = of_rows * (degrees**config.item_power)[self.followers] + config.shrink
        self.weights = (self.counts / (UNIT * norms)).astype(np.float32)

    def _history(self, batch: UserBatch) -> csr_array:
        return weigh(batch.histories, self.n_items, decay=self.config.decay)

    def score(self, batch: UserBatch) -> Float32:
        """Weighted sum of what followed the items of the history."""
        history = csr(self._history(batch))
        scores: Float32 = add_rows(*history, self.indptr, self.followers, self.weights, self.n_items)
        return scores

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same sums for some items only."""
        lists = self.indptr, self.followers, self.weights
        scores: Float32 = add_pairs(*csr(self._history(batch)), *lists, pairs.row, pairs.item)
        return scores

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        lists = self.indptr, self.followers, self.weights
        return of_history(self._history(one), *lists, item, own=0.0)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "indptr": self.indptr,
            "followers": self.followers,
            "counts": self.counts,
            "degrees": self.degrees,
        }

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.followers = arrays["followers"].astype(np.int32, copy=False)
        self.counts = arrays["counts"].astype(np.int64, copy=False)
        self.degrees = arrays["degrees"].astype(np.float32, copy=False)
        self._prepare()


def _counted(log: Interactions, window: int) -> csr_array:
    """T of a log in parts of UNIT."""
    histories = log.histories()
    indptr, followers, counts = transitions(histories.indptr, log.items, log.n_items, window, UNIT)
    return csr_array((counts, followers, indptr), shape=(log.n_items, log.n_items))

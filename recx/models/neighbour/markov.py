"""markov: what tends to follow the last things."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float64, Int64
from recx.data import Interactions, TrainingData
from recx.errors import DataError, UsageError
from recx.kernels.transitions import transitions
from recx.models.base import RunOptions, Validation
from recx.models.checks import at_least
from recx.models.item_weights import ItemWeights
from recx.models.neighbour.config import MarkovConfig
from recx.models.recency import check_weights, csr

UNIT = 232_792_560
"""The least number that all gaps up to 22 divide, so that 1 / gap is a whole number of parts of it; of longer
gaps it is one but for 1e-7."""
MOST = 2**62
"""What whole numbers may add up to."""


class Markov(ItemWeights[MarkovConfig]):
    """Score of item j = sum over the items i of the history of weight_i x T_ij / norm.

    T_ij adds v / gap for every j at most ``window`` events after i (the item-to-item rule SR of Ludewig &
    Jannach 2018, "Evaluation of session-based recommendation algorithms"), where v is 1 or, by ``values``,
    the value of the event that followed; norm = degree_i^h degree_j^b + shrink, a degree being the sum of v
    of an item. The weight of a history item is its value times decay ^ position times 2 ^ (-age / half_life).
    What differs: SR divides by nothing, so that common items are recommended to everyone, and looks at the
    newest event only, while here older ones still count. An item met twice in a history counts where it was
    met last. An update counts anew the histories of users with new events and no others, in whole numbers,
    so that it equals a refit to the bit.
    """

    updates = True
    counts: Int64  # (nnz,) T in parts of UNIT, at the places of ``items``
    degrees: Float64  # (n_items,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        if log.order == "none":
            raise UsageError("markov reads the order of events, and this data has none; try model=item_knn")
        check_weights("markov", log, config.values, config.decay, config.half_life)
        at_least(config, 1, "window")
        at_least(config, 0, "shrink")
        self._keep(self._counted(log), log)

    def _update(self, data: TrainingData, new: Bool) -> None:
        log = data.interactions
        before = np.append(self.indptr, np.full(log.n_items - self.n_items, self.indptr[-1]))
        known = csr_array((self.counts, self.items, before), shape=(log.n_items, log.n_items))
        touched = np.isin(log.users, log.users[new])
        told, retold = log.take(touched & ~new), log.take(touched)
        self._keep(known - self._counted(told) + self._counted(retold), log)

    def _counted(self, log: Interactions) -> csr_array:
        """T of a log in parts of UNIT."""
        window, parts = self.config.window, np.rint(UNIT * _weights(log, self.config.values))
        if parts.sum() * window > MOST:
            raise DataError(
                f"markov: the values add up to {log.values.sum():.3g}, too much for values=sum; "
                "set model.values=log"
            )
        indptr = log.histories().indptr
        starts, items, counts = transitions(indptr, log.items, parts.astype(np.int64), log.n_items, window)
        return csr_array((counts, items, starts), shape=(log.n_items, log.n_items))

    def _keep(self, counted: csr_array, log: Interactions) -> None:
        counted.eliminate_zeros()
        self.indptr, self.items, _ = csr(counted)
        self.counts = counted.data.astype(np.int64, copy=False)
        weights = _weights(log, self.config.values)
        self.degrees = np.bincount(log.items, weights, log.n_items).astype(np.float64)
        self._prepare()

    def _prepare(self) -> None:
        """Derive what scoring needs from what is stored."""
        config, degrees = self.config, np.where(self.degrees > 0, self.degrees, 1)
        of_rows = np.repeat(degrees**config.history_power, np.diff(self.indptr))
        norms = of_rows * (degrees**config.item_power)[self.items] + config.shrink
        self.values = (self.counts / (UNIT * norms)).astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"indptr": self.indptr, "items": self.items, "counts": self.counts, "degrees": self.degrees}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.items = arrays["items"].astype(np.int32, copy=False)
        self.counts = arrays["counts"].astype(np.int64, copy=False)
        self.degrees = arrays["degrees"].astype(np.float64, copy=False)
        self._prepare()


def _weights(log: Interactions, values: str) -> Float64:
    """What every event of a log counts: (n,)."""
    if values == "binary":
        return np.ones(len(log))
    positive = np.maximum(log.values.astype(np.float64), 0)
    return positive if values == "sum" else np.log1p(positive)

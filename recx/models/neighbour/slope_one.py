"""slope_one: as much more or less than another item as others thought."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Float32, Int32, Int64
from recx.data import Pairs, TrainingData, UserBatch
from recx.kernels import differences as kernels
from recx.kernels.nearest import pack
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.biases import Biases
from recx.models.checks import at_least
from recx.models.neighbour.config import SlopeOneConfig
from recx.models.recency import csr


class SlopeOne(Recommender[SlopeOneConfig]):
    """Rating of item j = sum_i c_ij (r_ui + d_ij) / sum_i c_ij over the items i the user has rated.

    d_ij is the mean of r_j - r_i over the c_ij users that rated both (Lemire & Maclachlan 2005, "Slope One
    Predictors for Online Rating-Based Collaborative Filtering"); c_ij = 1 in the sum gives the basic scheme.
    What differs: an item only counts for the ``neighbours`` others with most common users, which bounds the
    memory, and a pair without any evidence gets mean + b_u + b_j instead of the user's mean. Lists are
    ordered by predicted rating; where all values are equal they say nothing. An item of the history adds
    c_ij (r_ui + d_ij) / sum_i c_ij to the rating.
    """

    rates = True
    explains = True
    indptr: Int64  # (n_items + 1,)
    others: Int32  # (nnz,) ascending within an item
    differences: Float32  # (nnz,) d_ij
    counts: Float32  # (nnz,) c_ij
    biases: Biases

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        at_least(config, 1, "neighbours", "min_common")
        users = log.matrix("last")
        k = min(config.neighbours, log.n_items)
        others, means, counts = kernels.differences(*csr(users.T.tocsr()), *csr(users), config.min_common, k)
        self.indptr, self.others, self.differences = pack(others, means)
        self.counts = pack(others, counts)[2]
        self.biases = Biases.of(log)

    def _rated(self, batch: UserBatch) -> csr_array:
        return batch.histories.matrix(self.n_items, duplicates="last")

    @property
    def _lists(self) -> tuple[Int64, Int32, Float32, Float32]:
        weights = self.counts if self.config.weighted else np.ones_like(self.counts)
        return self.indptr, self.others, self.differences, weights

    def score(self, batch: UserBatch) -> Float32:
        """The predicted rating of every item."""
        indptr, others, differences, weights = self._lists
        scores: Float32 = kernels.moved_rows(
            *csr(self._rated(batch)), indptr, others, differences, weights, self.n_items
        )
        row, item = (index.astype(np.int32) for index in np.nonzero(np.isnan(scores)))
        scores[row, item] = self._baseline(batch, Pairs(row, item))
        return scores

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The predicted ratings of some items only."""
        return self.rate(batch, pairs)

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Weighted mean over the items of the history, the baseline where none of them says anything."""
        indptr, others, differences, weights = self._lists
        means = kernels.moved_pairs(
            *csr(self._rated(batch)), indptr, others, differences, weights, pairs.row, pairs.item
        )
        return np.where(np.isnan(means), self._baseline(batch, pairs), means)

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """The items of the history that were rated together with it, else the biases."""
        rated = self._rated(one)
        indptr, others, differences, weights = self._lists
        found = []
        for held, rating in zip(rated.indices, rated.data, strict=True):  # one user's, once
            low, high = indptr[held], indptr[held + 1]
            place = low + int(np.searchsorted(others[low:high], item))
            if place < high and others[place] == item:
                found.append((int(held), float(weights[place]), float(rating + differences[place])))
        total = sum(weight for _, weight, _ in found)
        if total > 0:
            return [Reason("item", held, weight * moved / total) for held, weight, moved in found]
        biases = self.biases
        return [
            Reason("bias", "mean", biases.mean),
            Reason("bias", "user", float(biases.of_users(one.histories)[0])),
            Reason("bias", "item", float(biases.items[item])),
        ]

    def _baseline(self, batch: UserBatch, pairs: Pairs) -> Float32:
        biases = self.biases
        return dense(biases.mean + biases.of_users(batch.histories)[pairs.row] + biases.items[pairs.item])

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "indptr": self.indptr,
            "others": self.others,
            "differences": self.differences,
            "counts": self.counts,
            "mean": np.asarray(self.biases.mean),
            "item_biases": self.biases.items,
            "reg_user": np.asarray(self.biases.reg_user),
        }

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.others = arrays["others"].astype(np.int32, copy=False)
        self.differences = arrays["differences"].astype(np.float32, copy=False)
        self.counts = arrays["counts"].astype(np.float32, copy=False)
        of_items = arrays["item_biases"].astype(np.float32, copy=False)
        self.biases = Biases(float(arrays["mean"]), of_items, float(arrays["reg_user"]))

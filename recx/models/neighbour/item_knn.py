"""item_knn: items bought together with those of the history."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Float32
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.kernels.neighbours import add_pairs, add_rows, correlated, similar
from recx.models.base import Recommender, RunOptions, Validation
from recx.models.neighbour.config import ItemKNNConfig
from recx.models.neighbour.weighting import Weighting
from recx.models.recency import add_own, at_pairs, check_weights, csr, weigh

SIMILARITIES = ("cosine", "jaccard", "pearson", "adjusted")


class ItemKNN(Recommender[ItemKNNConfig]):
    """Score of item j = sum over the items i of the history of weight_i x similarity(i, j).

    cosine (Sarwar 2001; Deshpande & Karypis 2004, generalised): similarity = sum_u degree_u^-a x_ui x_uj /
    (|x_i|^2h |x_j|^2b + shrink), |x_i|^2 being the number of users of i on binary values. a = 0, h = b = .5
    is the cosine; h > b leans towards popular items, as graph filters and random walks do. Only the
    ``neighbours`` most similar items of every i are kept. jaccard: on sets, weights ignored. pearson and
    adjusted: correlation over common users with shrinkage, of values centred on the item's or on the user's
    mean; where all values are equal, both are the correlation over all users. The weight of a history item is
    its value times decay ^ position times 2 ^ (-age / half_life).
    """

    indptr: npt.NDArray[np.int64]  # (n_items + 1,)
    neighbours: npt.NDArray[np.int32]  # (nnz,) ascending within an item
    similarity: Float32  # (nnz,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("item_knn", log, config.values, config.decay, config.half_life)
        if config.similarity not in SIMILARITIES:
            known = did_you_mean(config.similarity, SIMILARITIES)
            raise UsageError(f"item_knn: no similarity called '{config.similarity}'{known}")
        if config.neighbours < 1:
            raise UsageError(f"item_knn: neighbours is {config.neighbours}, it must be at least 1")
        nearest, values = self._correlations(log) if self._centred(log) else self._similarities(log)
        kept = nearest >= 0
        self.indptr = np.append(0, np.cumsum(kept.sum(axis=1))).astype(np.int64)
        self.neighbours, self.similarity = nearest[kept], values[kept]

    def _centred(self, log: Interactions) -> bool:
        return self.config.similarity in ("pearson", "adjusted") and bool(np.ptp(log.values) > 0)

    def _similarities(self, log: Interactions) -> tuple[npt.NDArray[np.int32], Float32]:
        config = self.config
        jaccard = config.similarity == "jaccard"
        users = weigh(log.histories(), log.n_items, "binary" if jaccard else config.values)
        items = users.T.tocsr()
        weighting = Weighting.of(items, config.weighting, "item_knn")
        if not jaccard:
            items = weighting.apply(items)
            users = items.T.tocsr()
        squares = np.bincount(users.indices, users.data.astype(np.float64) ** 2, minlength=log.n_items)
        powers = (1.0, 1.0) if jaccard else (config.history_power, config.item_power)
        norms = squares ** powers[0], squares ** powers[1]
        shift = np.zeros(log.n_items)
        if config.similarity in ("pearson", "adjusted"):
            total = np.bincount(users.indices, users.data, minlength=log.n_items)
            active = len(log.active_users)
            norm, shift = np.sqrt(np.maximum(squares - total**2 / active, 0)), total / np.sqrt(active)
            norms = norm, norm
        degree = np.maximum(np.diff(users.indptr), 1).astype(np.float64) ** -config.user_power
        left = items if jaccard else _scale_columns(items, degree)
        self_index = np.arange(log.n_items, dtype=np.int32)
        near: tuple[npt.NDArray[np.int32], Float32] = similar(
            *csr(left),
            *csr(users),
            norms[0].astype(np.float32),
            norms[1].astype(np.float32),
            shift.astype(np.float32),
            shift.astype(np.float32),
            jaccard,
            float(config.shrink),
            self_index,
            min(config.neighbours, log.n_items),
        )
        return near

    def _correlations(self, log: Interactions) -> tuple[npt.NDArray[np.int32], Float32]:
        group, n = (
            (log.items, log.n_items) if self.config.similarity == "pearson" else (log.users, log.n_users)
        )
        means = np.bincount(group, log.values, minlength=n) / np.maximum(np.bincount(group, minlength=n), 1)
        centred = (log.values - means[group]).astype(np.float32)
        users = log.histories().matrix(log.n_items, centred, "last")
        near: tuple[npt.NDArray[np.int32], Float32] = correlated(
            *csr(users.T.tocsr()),
            *csr(users),
            log.n_items,
            float(self.config.shrink),
            2,
            np.arange(log.n_items, dtype=np.int32),
            min(self.config.neighbours, log.n_items),
        )
        return near

    def _history(self, batch: UserBatch) -> csr_array:
        config = self.config
        return weigh(batch.histories, self.n_items, config.values, batch.at, config.decay, config.half_life)

    def score(self, batch: UserBatch) -> Float32:
        """Weighted sum of the neighbour lists of the history."""
        history = self._history(batch)
        scores: Float32 = add_rows(*csr(history), self.indptr, self.neighbours, self.similarity, self.n_items)
        return add_own(scores, history, self.config.own)

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same sums for some items only."""
        history = self._history(batch)
        scores: Float32 = add_pairs(
            *csr(history), self.indptr, self.neighbours, self.similarity, pairs.row, pairs.item
        )
        if self.config.own:
            scores += np.float32(self.config.own) * at_pairs(history, pairs)
        return scores

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"indptr": self.indptr, "neighbours": self.neighbours, "similarity": self.similarity}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.neighbours = arrays["neighbours"].astype(np.int32, copy=False)
        self.similarity = arrays["similarity"].astype(np.float32, copy=False)


def _scale_columns(matrix: csr_array, factors: npt.NDArray[np.float64]) -> csr_array:
    data = (matrix.data * factors[matrix.indices]).astype(np.float32)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

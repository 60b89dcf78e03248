"""user_knn: what people like you took."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Histories, Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.kernels.nearest import correlated, similar
from recx.kernels.neighbours import add_pairs, add_rows, weighted_mean
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.biases import Biases
from recx.models.checks import at_least
from recx.models.neighbour.config import UserKNNConfig
from recx.models.neighbour.weighting import Weighting
from recx.models.recency import add_own, at_pairs, check_weights, csr, weigh

CORRELATIONS = ("pearson", "adjusted", "baseline")
SIMILARITIES = ("cosine", "jaccard", *CORRELATIONS)


class UserKNN(Recommender[UserKNNConfig]):
    """Score of item i = sum over the nearest users v of similarity(u, v) x value(v, i).

    jaccard compares users by their items, cosine by tf-idf or BM25 of them. The others correlate what
    both rated, less the user's mean (pearson; Resnick 1994), the item's (adjusted) or mean + b_u + b_i
    (baseline; Koren 2010, whose shrinkage all take): sum xy / sqrt(sum xx sum yy) x (c - 1) / (c - 1 +
    shrink) over c common items; where all values are equal there is nothing to correlate and the cosine
    answers. Ratings: mean + b_u + b_i + the similarity-weighted mean of what the ``neighbours`` nearest users
    that rated i thought beyond theirs. An event counts value x decay ^ position x 2 ^ (-age / half_life), a
    neighbour's like the user's own. Users are compared by the history that comes with the question, and a
    user is never its own neighbour. What is learnt is the log itself, by user, so that an update is as cheap
    as a fit: neighbours are looked for when somebody asks.
    """

    rates = True
    explains = True
    updates = True
    indptr: Int64  # (n_users + 1,) the log by user
    items: Int32  # (nnz,)
    values: Float32  # (nnz,) what is added up
    residuals: Float32  # (nnz,) rating less baseline
    centred: Float32  # (nnz,) what is correlated
    means: Float32  # (n_items,) of the ratings
    biases: Biases

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("user_knn", log, config.values, config.decay, config.half_life)
        if config.similarity not in SIMILARITIES:
            known = did_you_mean(config.similarity, SIMILARITIES)
            raise UsageError(f"user_knn: no similarity called '{config.similarity}'{known}")
        at_least(config, 1, "neighbours")
        at_least(config, 0, "shrink")
        histories = log.histories()
        at = None if data.known_at is None else np.full(log.n_users, data.known_at, dtype=np.int64)
        matrix = weigh(histories, log.n_items, config.values, at, config.decay, config.half_life)
        self.indptr, self.items, self.values = csr(matrix)
        self.biases = Biases.of(log)
        sums = np.bincount(log.items, log.values, minlength=log.n_items)
        self.means = dense(sums / np.maximum(log.item_counts, 1))
        # merged in the same way, so that their entries are those of the matrix above
        self.residuals = histories.matrix(log.n_items, self.biases.residuals(histories), "last").data
        self.centred = histories.matrix(log.n_items, self._centre(histories), "last").data
        self._prepare()

    def _update(self, data: TrainingData, new: Bool) -> None:
        self._fit(data, RunOptions(), None)

    def _prepare(self) -> None:
        """Derive what scoring needs from what is stored."""
        self.n_users = len(self.indptr) - 1
        # of values that are all equal rounding errors are left
        self.correlates = self.config.similarity in CORRELATIONS and float(np.ptp(self.centred)) > 1e-4
        users = self._matrix(self.values)
        self.weighting = Weighting.of(users, self.config.weighting, "user_knn")
        described = self._described(users)
        self.norms = self._norms(described)
        self.compared = csr(self._matrix(self.centred if self.correlates else described.data).T.tocsr())
        self.holders = csr(self._matrix(self.residuals).T.tocsr())

    def _centre(self, histories: Histories) -> Float32:
        """Ratings less what says nothing about taste, by the similarity: (events,)."""
        if self.config.similarity == "baseline":
            return self.biases.residuals(histories)
        if self.config.similarity == "adjusted":
            return dense(histories.values - self.means[histories.items])
        sums = np.bincount(histories.rows, histories.values, minlength=len(histories))
        return dense(histories.values - (sums / np.maximum(histories.lengths, 1))[histories.rows])

    def _matrix(self, data: Float32) -> csr_array:
        # not n_items, which is that of the last fit while an update learns
        shape = len(self.indptr) - 1, len(self.biases.items)
        return csr_array((data, self.items, self.indptr), shape=shape)

    def _described(self, matrix: csr_array) -> csr_array:
        """The rows as they are compared."""
        if self.config.similarity == "jaccard":
            return csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
        return self.weighting.apply(matrix)

    def _norms(self, described: csr_array) -> Float32:
        # bincount adds in the same order whatever the other rows are, so that ties stay ties
        rows = np.repeat(np.arange(described.shape[0]), np.diff(described.indptr))
        squares = np.bincount(rows, described.data.astype(np.float64) ** 2, minlength=described.shape[0])
        return (squares if self.config.similarity == "jaccard" else np.sqrt(squares)).astype(np.float32)

    def _history(self, batch: UserBatch) -> csr_array:
        config = self.config
        return weigh(batch.histories, self.n_items, config.values, batch.at, config.decay, config.half_life)

    def _nearest(self, batch: UserBatch, k: int) -> tuple[Int32, Float32]:
        """The k most similar users of every row, (n, k) padded with -1, and their similarities."""
        config, histories = self.config, batch.histories
        inside = (batch.users >= 0) & (batch.users < self.n_users)
        exclude = np.where(inside, batch.users, -1).astype(np.int32)
        k = min(k, self.n_users)
        nearest: tuple[Int32, Float32]
        if self.correlates:
            query = csr(histories.matrix(self.n_items, self._centre(histories), "last"))
            nearest = correlated(*query, *self.compared, self.n_users, float(config.shrink), 2, exclude, k)
            return nearest
        described = self._described(self._history(batch))
        n, norms = len(batch), self._norms(described)
        none = np.zeros(max(n, self.n_users), dtype=np.float32)
        nearest = similar(
            *csr(described), *self.compared, norms, self.norms, none[:n], none[: self.n_users],
            config.similarity == "jaccard", float(config.shrink), exclude, k,
        )  # fmt: skip
        return nearest

    def _neighbourhood(self, batch: UserBatch) -> tuple[Int64, Int32, Float32]:
        """The nearest users of every row as CSR."""
        neighbours, similarity = self._nearest(batch, self.config.neighbours)
        kept = neighbours >= 0
        indptr = np.append(0, np.cumsum(kept.sum(axis=1))).astype(np.int64)
        return indptr, neighbours[kept], similarity[kept]

    def score(self, batch: UserBatch) -> Float32:
        """Similarity-weighted sums over the nearest users."""
        scores: Float32 = add_rows(
            *self._neighbourhood(batch), self.indptr, self.items, self.values, self.n_items
        )
        return add_own(scores, self._history(batch), self.config.own) if self.config.own else scores

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same sums for some items only."""
        scores: Float32 = add_pairs(
            *self._neighbourhood(batch), self.indptr, self.items, self.values, pairs.row, pairs.item
        )
        if self.config.own:
            scores += np.float32(self.config.own) * at_pairs(self._history(batch), pairs)
        return scores

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Baseline and what the nearest raters of the item thought beyond theirs."""
        neighbours, similarity = self._nearest(batch, self.n_users)
        starts = np.searchsorted(pairs.row, np.arange(len(batch) + 1)).astype(np.int64)
        means, _ = weighted_mean(
            neighbours, similarity, *self.holders, self.n_users, starts, pairs.item, self.config.neighbours
        )
        biases = self.biases
        return dense(
            biases.mean + biases.of_users(batch.histories)[pairs.row] + biases.items[pairs.item] + means
        )

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        _, neighbours, similarity = self._neighbourhood(one)
        found = []
        for user, weight in zip(neighbours, similarity, strict=True):  # one user's, once
            low, high = self.indptr[user], self.indptr[user + 1]
            place = low + int(np.searchsorted(self.items[low:high], item))
            if place < high and self.items[place] == item:
                found.append(Reason("user", int(user), float(weight * self.values[place])))
        pair = Pairs(np.zeros(1, dtype=np.int32), np.array([item], dtype=np.int32))
        own = self.config.own * float(at_pairs(self._history(one), pair)[0])
        return [*found, Reason("item", item, own)]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "indptr": self.indptr,
            "items": self.items,
            "values": self.values,
            "residuals": self.residuals,
            "centred": self.centred,
            "means": self.means,
            "mean": np.asarray(self.biases.mean),
            "item_biases": self.biases.items,
            "reg_user": np.asarray(self.biases.reg_user),
        }

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.items = arrays["items"].astype(np.int32, copy=False)
        self.values = arrays["values"].astype(np.float32, copy=False)
        self.residuals = arrays["residuals"].astype(np.float32, copy=False)
        self.centred = arrays["centred"].astype(np.float32, copy=False)
        self.means = arrays["means"].astype(np.float32, copy=False)
        of_items = arrays["item_biases"].astype(np.float32, copy=False)
        self.biases = Biases(float(arrays["mean"]), of_items, float(arrays["reg_user"]))
        self._prepare()

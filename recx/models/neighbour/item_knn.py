"""item_knn: items bought together with those of the history."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.kernels.neighbours import add_pairs, add_rows, listed_mean
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.baseline.biases import Biases
from recx.models.neighbour import reasons
from recx.models.neighbour.alike import CORRELATIONS, alike, changed, varies
from recx.models.neighbour.config import ItemKNNConfig
from recx.models.recency import add_own, at_pairs, check_weights, csr, weigh

SIMILARITIES = ("cosine", "jaccard", *CORRELATIONS)


class ItemKNN(Recommender[ItemKNNConfig]):
    """Score of item j = sum over the items i of the history of weight_i x similarity(i, j).

    cosine (Sarwar 2001; Deshpande & Karypis 2004, generalised): similarity = sum_u degree_u^-a x_ui x_uj /
    (|x_i|^2h |x_j|^2b + shrink), |x_i|^2 being the number of users of i on binary values. a = 0, h = b = .5
    is the cosine; h > b leans towards popular items, as graph filters and random walks do. Only the
    ``neighbours`` most similar items of every i are kept. jaccard: on sets, weights ignored. pearson,
    adjusted and baseline: correlation over common users with shrinkage, of values centred on the item's mean,
    on the user's, or on mean + b_u + b_i; where all values are equal, they are the correlation over all
    users. The weight of a history item is its value times decay ^ position times 2 ^ (-age / half_life).

    Ratings (Koren 2010, "Factor in the Neighbors", with baseline): mean + b_u + b_j + the similarity-weighted
    mean of what the user thought beyond that of the ``rated`` most similar items it rated. An update computes
    the lists of items whose pairs have changed; see ``changed``.
    """

    rates = True
    explains = True
    updates = True
    indptr: Int64  # (n_items + 1,)
    neighbours: Int32  # (nnz,) ascending within an item
    similarity: Float32  # (nnz,)
    biases: Biases  # 0 beside the mean where all values are equal

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("item_knn", log, config.values, config.decay, config.half_life)
        if config.similarity not in SIMILARITIES:
            known = did_you_mean(config.similarity, SIMILARITIES)
            raise UsageError(f"item_knn: no similarity called '{config.similarity}'{known}")
        for name, number in (("neighbours", config.neighbours), ("rated", config.rated)):
            if number < 1:
                raise UsageError(f"item_knn: {name} is {number}, it must be at least 1")
        self.biases = _biases(log)
        self.indptr, self.neighbours, self.similarity = alike(config, log, self.biases)

    def _update(self, data: TrainingData, new: Bool) -> None:
        log, before = data.interactions, self.n_items
        rows = changed(self.config, log, new)
        self.biases = _biases(log)
        if rows is None:
            self.indptr, self.neighbours, self.similarity = alike(self.config, log, self.biases)
            return
        rows = np.union1d(rows, np.arange(before, log.n_items)).astype(np.int32)
        indptr, neighbours, similarity = alike(self.config, log, self.biases, rows)
        old = csr_array((self.similarity, self.neighbours, self.indptr), shape=(before, log.n_items))
        fresh = csr_array((similarity, neighbours, indptr), shape=(len(rows), log.n_items))
        source = np.arange(log.n_items)
        source[rows] = before + np.arange(len(rows))
        self.indptr, self.neighbours, self.similarity = csr(vstack([old, fresh], format="csr")[source])

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

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Baseline and what the user thought of similar items beyond theirs."""
        biases, histories = self.biases, batch.histories
        held = csr(histories.matrix(self.n_items, biases.residuals(histories), "last"))
        lists = self.indptr, self.neighbours, self.similarity
        means, _ = listed_mean(*held, *lists, pairs.row, pairs.item, self.config.rated)
        users = biases.of_users(histories)[pairs.row]
        return dense(biases.mean + users + biases.items[pairs.item] + means)

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        return reasons.of_history(
            self._history(one), self.indptr, self.neighbours, self.similarity, item, self.config.own
        )

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "indptr": self.indptr,
            "neighbours": self.neighbours,
            "similarity": self.similarity,
            "mean": np.asarray(self.biases.mean),
            "item_biases": self.biases.items,
            "reg_user": np.asarray(self.biases.reg_user),
        }

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.neighbours = arrays["neighbours"].astype(np.int32, copy=False)
        self.similarity = arrays["similarity"].astype(np.float32, copy=False)
        of_items = arrays["item_biases"].astype(np.float32, copy=False)
        self.biases = Biases(float(arrays["mean"]), of_items, float(arrays["reg_user"]))


def _biases(log: Interactions) -> Biases:
    """The biases of a log; none to look for where all values are equal."""
    if varies(log):
        return Biases.of(log)
    return Biases(float(log.values[0]), np.zeros(log.n_items, dtype=np.float32), reg_user=15.0)

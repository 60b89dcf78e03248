"""item_knn: items bought together with those of the history."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recx.arrays import Bool, Float32
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.kernels.neighbours import listed_mean
from recx.models.base import RunOptions, Validation, dense
from recx.models.biases import Biases
from recx.models.checks import at_least
from recx.models.item_weights import ItemWeights
from recx.models.neighbour.alike import CORRELATIONS, alike, changed, varies
from recx.models.neighbour.config import ItemKNNConfig
from recx.models.recency import check_weights, csr

SIMILARITIES = ("cosine", "jaccard", *CORRELATIONS)


class ItemKNN(ItemWeights[ItemKNNConfig]):
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
    updates = True
    biases: Biases  # 0 beside the mean where all values are equal

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("item_knn", log, config.values, config.decay, config.half_life)
        if config.similarity not in SIMILARITIES:
            known = did_you_mean(config.similarity, SIMILARITIES)
            raise UsageError(f"item_knn: no similarity called '{config.similarity}'{known}")
        at_least(config, 1, "neighbours", "rated")
        at_least(config, 0, "shrink")
        self.biases = _biases(log)
        self.indptr, self.items, self.values = alike(config, log, self.biases)

    def _update(self, data: TrainingData, new: Bool) -> None:
        log, before = data.interactions, self.n_items
        rows = changed(self.config, log, new)
        self.biases = _biases(log)
        if rows is None:
            self.indptr, self.items, self.values = alike(self.config, log, self.biases)
            return
        rows = np.union1d(rows, np.arange(before, log.n_items)).astype(np.int32)
        indptr, neighbours, similarity = alike(self.config, log, self.biases, rows)
        old = csr_array((self.values, self.items, self.indptr), shape=(before, log.n_items))
        fresh = csr_array((similarity, neighbours, indptr), shape=(len(rows), log.n_items))
        source = np.arange(log.n_items)
        source[rows] = before + np.arange(len(rows))
        self.indptr, self.items, self.values = csr(vstack([old, fresh], format="csr")[source])

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Baseline and what the user thought of similar items beyond theirs."""
        biases, histories = self.biases, batch.histories
        held = csr(histories.matrix(self.n_items, biases.residuals(histories), "last"))
        lists = self.indptr, self.items, self.values
        means, _ = listed_mean(*held, *lists, pairs.row, pairs.item, self.config.rated)
        users = biases.of_users(histories)[pairs.row]
        return dense(biases.mean + users + biases.items[pairs.item] + means)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            **super().arrays(),
            "mean": np.asarray(self.biases.mean),
            "item_biases": self.biases.items,
            "reg_user": np.asarray(self.biases.reg_user),
        }

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        super().restore(arrays)
        of_items = arrays["item_biases"].astype(np.float32, copy=False)
        self.biases = Biases(float(arrays["mean"]), of_items, float(arrays["reg_user"]))


def _biases(log: Interactions) -> Biases:
    """The biases of a log; none to look for where all values are equal."""
    if varies(log):
        return Biases.of(log)
    return Biases(float(log.values[0]), np.zeros(log.n_items, dtype=np.float32), reg_user=15.0)

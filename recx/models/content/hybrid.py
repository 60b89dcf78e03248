"""hybrid: items bought together with those of the history, or described like them."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recx.arrays import Bool
from recx.data import TrainingData
from recx.errors import UsageError
from recx.kernels.nearest import pack, similar
from recx.models.base import RunOptions, Validation
from recx.models.checks import at_least
from recx.models.content.config import HybridConfig
from recx.models.content.description import Description
from recx.models.item_weights import ItemWeights
from recx.models.recency import check_weights, csr, row_sums, weigh


class Hybrid(ItemWeights[HybridConfig]):
    """Score of item j = sum over the items i of the history of weight_i x similarity(i, j).

    item_knn on items that are described by their users and by their content, stacked: with x the users of an
    item, d its description (length 1, see content) and w = ``content``, the similarity is
    (sum_u degree_u^-a x_ui x_uj + w d_i d_j) / ((|x_i|^2 + w)^h (|x_j|^2 + w)^b), at a = 0 and h = b = .5 the
    cosine of [x ; sqrt(w) d]. A description counts like w users: it decides about an item without any, and a
    bestseller is known by its buyers. (Feature augmentation in the words of Burke 2002; weighting the parts
    by evidence, not by a fixed share, is what lets one number serve cold and warm items.) Only the
    ``neighbours`` most similar items of every i are kept.

    That is too little for an item without a single event: what its buyers would have said is missing, while
    all items beside it have theirs. Its similarity to i is at least the mean of what the ``alike`` items with
    events that are described most like it have, weighted by the cosines of their descriptions (the neighbour
    mapping of Gantner et al. 2010, on similarities instead of factors).
    """

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("hybrid", log, config.values, config.decay, config.half_life)
        at_least(config, 0, "alike")
        if config.content <= 0 or config.neighbours < 1:
            raise UsageError(
                f"hybrid: content={config.content:g} and neighbours={config.neighbours} must be above 0; "
                "for the log alone: model=item_knn"
            )
        description = Description.of(data, config)
        users = weigh(log.histories(), log.n_items, config.values)
        described = description.stacked() * np.float32(np.sqrt(config.content))
        squares = np.bincount(users.indices, users.data.astype(np.float64) ** 2, minlength=log.n_items)
        squares = squares + config.content * description.known
        degree = np.maximum(np.diff(users.indptr), 1).astype(np.float64) ** -config.user_power
        left = csr_array(vstack([_scale_rows(users, degree), described.T]).T, dtype=np.float32)
        right = csr_array(vstack([users, described.T]), dtype=np.float32)
        none = np.zeros(log.n_items, dtype=np.float32)
        nearest, values = similar(
            *csr(left), *csr(right),
            (squares**config.history_power).astype(np.float32),
            (squares**config.item_power).astype(np.float32),
            none, none, False, 0.0,
            np.arange(log.n_items, dtype=np.int32), min(config.neighbours, log.n_items),
        )  # fmt: skip
        self.indptr, self.items, self.values = pack(nearest, values)
        if config.alike:
            self._lend_weights(description.stacked(), log.item_counts == 0)

    def _lend_weights(self, described: csr_array, cold: Bool) -> None:
        """Give items without an event at least the mean weights of those they are described like."""
        shares = _shares_of_alike(described, cold, self.config.alike)
        weights = csr_array((self.values, self.items, self.indptr), shape=shares.shape)
        joined = csr_array(weights.maximum(weights @ shares.T), dtype=np.float32)
        joined.sort_indices()
        self.indptr, self.items, self.values = csr(joined)


def _shares_of_alike(described: csr_array, cold: Bool, k: int) -> csr_array:
    """Of every cold item the ``k`` with events that are described most like it: (n, n), rows sum to 1."""
    n = len(cold)
    asked, known = (csr_array(described.multiply(rows[:, None])) for rows in (cold, ~cold))
    for matrix in (asked, known):
        matrix.eliminate_zeros()
    ones, none = np.ones(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    cosines = csr_array(
        pack(
            *similar(
                *csr(asked), *csr(csr_array(known.T)), ones, ones, none, none, False, 0.0,
                np.full(n, -1, dtype=np.int32), min(k, n),
            )
        )[::-1],
        shape=(n, n),
    )  # fmt: skip
    cosines.data = np.maximum(cosines.data, 0)  # vectors may point away
    cosines.eliminate_zeros()
    cosines.data /= np.repeat(row_sums(cosines.indptr, cosines.data), np.diff(cosines.indptr))
    return cosines


def _scale_rows(matrix: csr_array, factors: npt.NDArray[np.float64]) -> csr_array:
    data = (matrix.data * np.repeat(factors, np.diff(matrix.indptr))).astype(np.float32)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

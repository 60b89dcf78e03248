"""hybrid: items bought together with those of the history, or described like them."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recx.arrays import Int64
from recx.data import TrainingData
from recx.errors import UsageError
from recx.kernels.nearest import pack, similar
from recx.kernels.ranked import first_rows
from recx.models.base import RunOptions, Validation
from recx.models.checks import at_least
from recx.models.content.config import HybridConfig
from recx.models.content.description import Description
from recx.models.item_weights import ItemWeights
from recx.models.recency import check_weights, csr, row_sums, weigh

BLOCK = 4096
"""Rows of weights that are lent to cold items at a time."""
TIES = 1e-4
"""How much more alike the item with the most events counts than one with hardly any."""


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
    all items beside it have theirs. Its similarity to i is at least the mean of the similarities kept of the
    ``alike`` items with events, without i, that are described most like it, weighted by the cosines of their
    descriptions (the neighbour mapping of Gantner et al. 2010, on similarities instead of factors). Of these,
    too, the ``neighbours`` largest of every i are kept, beside its own.
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
            self._lend(_shares_of_alike(described, log.item_counts, config.alike))

    def _lend(self, shares: csr_array) -> None:
        """Give items without an event the mean weights of those they are described like."""
        weights = csr_array((self.values, self.items, self.indptr), shape=shares.shape)
        takers = shares.T.tocsr()
        # where i itself is one of them, the mean is that of the others
        without = takers.copy()
        without.data = np.where(takers.data < 1, takers.data / np.maximum(1 - takers.data, 1e-6), 0)
        blocks = []
        for start in range(0, shares.shape[0], BLOCK):
            rows = slice(start, start + BLOCK)
            lent = csr_array(weights[rows] @ takers)
            lent = csr_array(lent + lent.multiply(without[rows]))
            blocks.append(weights[rows].maximum(_largest_of_rows(lent, self.config.neighbours)))
        joined = csr_array(vstack(blocks, format="csr"), dtype=np.float32)
        joined.sort_indices()
        self.indptr, self.items, self.values = csr(joined)


def _shares_of_alike(described: csr_array, counts: Int64, k: int) -> csr_array:
    """For items without an event the ``k`` with some that are described most like it: (n, n), and in what
    shares, which sum to 1 where there are any, however long descriptions are. Of equally alike ones those
    with more events are taken.
    """
    n, known = len(counts), counts > 0
    asked, others = (csr_array(described.multiply(rows[:, None])) for rows in (~known, known))
    for matrix in (asked, others):
        matrix.eliminate_zeros()
    ones, none = np.ones(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    fame = (1 - TIES * counts / max(1, counts.max(initial=0))).astype(np.float32)
    nearest, cosines = similar(
        *csr(asked), *csr(csr_array(others.T)), ones, fame, none, none, False, 0.0,
        np.full(n, -1, dtype=np.int32), min(k, n),
    )  # fmt: skip
    indptr, items, values = pack(nearest, cosines)
    values /= np.repeat(row_sums(indptr, values), np.diff(indptr)).astype(np.float32)
    return csr_array((values, items, indptr), shape=(n, n))


def _largest_of_rows(matrix: csr_array, k: int) -> csr_array:
    """The ``k`` largest entries of every row."""
    matrix.sort_indices()
    indptr, items, values = csr(matrix)
    best = np.sort(first_rows(indptr, values, items, k), axis=1)
    kept = best >= 0
    places = best[kept]
    ends = np.append(0, np.cumsum(kept.sum(axis=1)))
    return csr_array((values[places], items[places], ends), shape=matrix.shape)


def _scale_rows(matrix: csr_array, factors: npt.NDArray[np.float64]) -> csr_array:
    data = (matrix.data * np.repeat(factors, np.diff(matrix.indptr))).astype(np.float32)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

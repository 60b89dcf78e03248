"""Which items are alike: the lists of item_knn from a log, all of them or some."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Interactions
from recx.kernels.nearest import correlated, pack, similar
from recx.models.biases import Biases
from recx.models.neighbour.config import ItemKNNConfig
from recx.models.neighbour.weighting import Weighting
from recx.models.recency import both_ways, csr, row_sums

CORRELATIONS = ("pearson", "adjusted", "baseline")
Lists = tuple[Int64, Int32, Float32]
"""Neighbours of some items as CSR: indptr, neighbours ascending within an item, similarities."""


def varies(log: Interactions) -> bool:
    """Values that are not all equal are ratings, and can be correlated."""
    return bool(len(log) and np.ptp(log.values) > 0)


def alike(config: ItemKNNConfig, log: Interactions, biases: Biases, rows: Int32 | None = None) -> Lists:
    """The lists of ``rows``, or of all items: equal for an item whichever are asked for."""
    asked = np.arange(log.n_items, dtype=np.int32) if rows is None else rows
    if config.similarity in CORRELATIONS and varies(log):
        padded = _correlations(config, log, biases, asked)
    else:
        padded = _similarities(config, log, asked)
    lists: Lists = pack(*padded)
    return lists


def changed(config: ItemKNNConfig, log: Interactions, new: Bool) -> Int32 | None:
    """The items whose lists may differ from those without the ``new`` rows; None where all may.

    Pairs change where an item has a new user (its length, or the mean it is centred on), and where a user has
    a new item and counts by degree or is centred on its mean. A list changes with any of its pairs. tf-idf,
    BM25 and the baseline look at the whole log, as does the correlation of values that are all equal.
    """
    correlated = config.similarity in CORRELATIONS
    if config.weighting != "none" and config.similarity != "jaccard":
        return None
    if correlated and (config.similarity == "baseline" or not varies(log.take(~new))):
        return None
    users = np.zeros(log.n_users, dtype=bool)
    items = np.zeros(log.n_items, dtype=bool)
    items[log.items[new]] = True
    if config.user_power or config.similarity == "adjusted":
        users[log.users[new]] = True
        items[log.items[users[log.users]]] = True
    users[log.users[items[log.items]]] = True
    items[log.items[users[log.users]]] = True
    return np.flatnonzero(items).astype(np.int32)


def _similarities(
    config: ItemKNNConfig, log: Interactions, rows: Int32
) -> tuple[npt.NDArray[np.int32], Float32]:
    jaccard = config.similarity == "jaccard"
    users, items = both_ways(log, "binary" if jaccard else config.values)
    weighting = Weighting.of(items, config.weighting, "item_knn")
    if weighting.kind != "none" and not jaccard:
        items = weighting.apply(items)
        users = items.T.tocsr()
    squares = row_sums(items.indptr, items.data**2)
    powers = (1.0, 1.0) if jaccard else (config.history_power, config.item_power)
    norms = squares ** powers[0], squares ** powers[1]
    shift = np.zeros(log.n_items)
    if config.similarity in CORRELATIONS:
        total = np.bincount(users.indices, users.data, minlength=log.n_items)
        active = len(log.active_users)
        norm, shift = np.sqrt(np.maximum(squares - total**2 / active, 0)), total / np.sqrt(active)
        norms = norm, norm
    if config.user_power and not jaccard:
        degree = np.maximum(np.diff(users.indptr), 1).astype(np.float64) ** -config.user_power
        items = csr_array(
            ((items.data * degree[items.indices]).astype(np.float32), items.indices, items.indptr),
            shape=items.shape,
        )
    near: tuple[npt.NDArray[np.int32], Float32] = similar(
        *csr(items if len(rows) == log.n_items else items[rows]),
        *csr(users),
        norms[0][rows].astype(np.float32),
        norms[1].astype(np.float32),
        shift[rows].astype(np.float32),
        shift.astype(np.float32),
        jaccard,
        float(config.shrink),
        rows,
        min(config.neighbours, log.n_items),
    )
    return near


def _correlations(
    config: ItemKNNConfig, log: Interactions, biases: Biases, rows: Int32
) -> tuple[npt.NDArray[np.int32], Float32]:
    if config.similarity == "baseline":
        centred = biases.residuals(log.histories())
    else:
        pearson = config.similarity == "pearson"
        group, n = (log.items, log.n_items) if pearson else (log.users, log.n_users)
        means = np.bincount(group, log.values, minlength=n) / np.maximum(np.bincount(group, minlength=n), 1)
        centred = (log.values - means[group]).astype(np.float32)
    users = log.histories().matrix(log.n_items, centred, "last")
    items = users.T.tocsr()
    near: tuple[npt.NDArray[np.int32], Float32] = correlated(
        *csr(items if len(rows) == log.n_items else items[rows]),
        *csr(users),
        log.n_items,
        float(config.shrink),
        2,
        rows,
        min(config.neighbours, log.n_items),
    )
    return near

"""How much an event of a history counts: its value, how many came after it, how long ago it was."""

import numpy as np
from scipy.sparse import csr_array

from recx.arrays import Float32, Float64, Int32, Int64
from recx.data import Histories, Interactions, Pairs
from recx.errors import UsageError, did_you_mean
from recx.kernels.incidence import by_column

DAY = 86_400.0
VALUES = ("binary", "log", "sum")


def recency(histories: Histories, at: Int64 | None, decay: float = 1.0, half_life: float = 0.0) -> Float32:
    """Weight of every event, (events,): decay ^ position x 2 ^ (-age / half_life).

    The newest event of a row has position 0; age is in days before ``at``, or before the row's newest event
    where no moment is given. ``half_life`` 0, or a history without dates, leaves the second factor out.
    """
    weights = np.ones(len(histories.items), dtype=np.float64)
    if decay != 1.0:
        weights *= decay ** histories.ages.astype(np.float64)
    if half_life > 0 and histories.times is not None:
        weights *= 0.5 ** (days_before(histories, at) / half_life)
    return weights.astype(np.float32)


def days_before(histories: Histories, at: Int64 | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days from every event to ``at``, or to the newest event of its row; never negative."""
    times = histories.times
    if times is None:
        raise ValueError("these histories have no dates")
    if at is None:
        filled = histories.lengths > 0
        at = np.zeros(len(histories), dtype=np.int64)
        # histories of equal dates may be unsorted only where the order is unknown, so ask for the maximum
        at[filled] = np.maximum.reduceat(times, histories.indptr[:-1][filled]) if len(times) else 0
    return np.asarray(np.maximum(at[histories.rows] - times, 0) / DAY, dtype=np.float64)


def weigh(
    histories: Histories,
    n_items: int,
    values: str = "binary",
    at: Int64 | None = None,
    decay: float = 1.0,
    half_life: float = 0.0,
) -> csr_array:
    """Rows x items in float32: what each row thinks of each item, from its events and their recency.

    binary: the recency of the newest event, 1 without decay. sum: the recency-weighted sum of the values, 0
    where it is below. log: log(1 + that sum).
    """
    fades = decay != 1.0 or (half_life > 0 and histories.times is not None)
    weights = recency(histories, at, decay, half_life) if fades else None
    if values == "binary":
        return histories.matrix(n_items, weights, "last" if fades else "binary")
    matrix = histories.matrix(n_items, histories.values if weights is None else weights * histories.values)
    matrix.data = np.maximum(matrix.data, 0)  # who returns more than it bought does not owe anything
    if values == "log":
        matrix.data = np.log1p(matrix.data)
    return matrix


def both_ways(log: Interactions, values: str) -> tuple[csr_array, csr_array]:
    """What everybody thinks of everything, users x items and items x users. They may share their ones."""
    if values != "binary":
        users = weigh(log.histories(), log.n_items, values)
        return users, users.T.tocsr()
    starts, items = log.histories().sets(log.n_items)
    by_item, listed = by_column(starts, items, log.n_items)
    ones = np.ones(len(items), dtype=np.float32)
    shape = (log.n_users, log.n_items)
    return csr_array((ones, items, starts), shape=shape), csr_array(
        (ones, listed, by_item), shape=shape[::-1]
    )


def check_weights(
    model: str, log: Interactions, values: str, decay: float = 1.0, half_life: float = 0.0
) -> None:
    """UsageError where ``values`` is no known transform, or a decay needs an order or dates that lack."""
    if values not in VALUES:
        raise UsageError(f"{model}: no values called '{values}'{did_you_mean(values, VALUES)}")
    if not 0 < decay <= 1:
        raise UsageError(f"{model}: decay is {decay}, it must lie above 0 and not above 1 (off)")
    if decay != 1 and log.order == "none":
        raise UsageError(
            f"{model}: decay={decay} needs an order of events, and this data has none; set model.decay=1"
        )
    if not half_life >= 0:
        raise UsageError(f"{model}: half_life is {half_life:g}, it must be at least 0 (never)")
    if half_life > 0 and log.times is None:
        raise UsageError(
            f"{model}: half_life={half_life} needs dates, and this data has none; set model.half_life=0"
        )


def csr(matrix: csr_array) -> tuple[Int64, Int32, Float32]:
    """The arrays of a matrix in the one set of types that kernels are compiled for, copied only if they must
    be.
    """
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )


def row_sums(indptr: Int64, values: Float32) -> Float64:
    """Sums over the rows of a ragged array: (n,)."""
    sums = np.zeros(len(indptr) - 1)
    filled = np.diff(indptr) > 0
    if filled.any():
        sums[filled] = np.add.reduceat(values, indptr[:-1][filled], dtype=np.float64)
    return sums


def add_own(scores: Float32, history: csr_array, own: float) -> Float32:
    """``scores`` (n, n_items) plus ``own`` times the history's weights, in place."""
    if own:
        rows = np.repeat(np.arange(len(scores)), np.diff(history.indptr))
        scores[rows, history.indices] += np.float32(own) * history.data
    return scores


def at_pairs(history: csr_array, pairs: Pairs) -> Float32:
    """The history's weights at ``pairs``, 0 where an item is not in it: (len(pairs),)."""
    n_items = history.shape[1]
    rows = np.repeat(np.arange(history.shape[0], dtype=np.int64), np.diff(history.indptr))
    held = rows * n_items + history.indices  # ascending, as rows are canonical
    asked = pairs.row.astype(np.int64) * n_items + pairs.item
    place = np.minimum(np.searchsorted(held, asked), max(len(held) - 1, 0))
    found = held[place] == asked if len(held) else np.zeros(len(asked), dtype=bool)
    values = history.data[place] if len(held) else np.zeros(len(asked))
    return np.where(found, values, 0).astype(np.float32)

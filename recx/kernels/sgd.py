"""Stochastic gradient descent on ratings: the order of the visits, and one epoch of them."""

from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Int32, Int64

UInt32 = npt.NDArray[np.uint32]
FAST = {"reassoc", "contract", "nsz"}
"""Sums may be taken in any order, so that inner products run eight at a time; NaN and infinity keep their
meaning, for a diverging fit is told by them."""


@nb.njit(cache=True, nogil=True)
def shuffled(draws: UInt32) -> Int32:
    """0 .. len(draws) - 1 in random order (Fisher & Yates, inside out), from uniform random 32-bit numbers.

    Ten times faster than numpy's ``permutation``, which would take as long as the epoch. Place j of i + 1 is
    ``draw (i + 1) >> 32`` (Lemire 2019, without the rejection: no place is off by more than n / 2^32).
    """
    order = np.empty(len(draws), dtype=np.int32)
    for i in range(len(draws)):
        j = (np.uint64(draws[i]) * np.uint64(i + 1)) >> np.uint64(32)
        order[i] = order[j]
        order[j] = i
    return order


@nb.njit(cache=True, nogil=True)
def shuffled_by_row(draws: UInt32, indptr: Int64) -> Int32:
    """The entries of a ragged array row by row: rows in random order, and the entries of a row as well.

    ``draws`` holds a random number for every entry and every row: (entries + rows,).
    """
    rows, entries = len(indptr) - 1, indptr[-1]
    place = np.empty(rows, dtype=np.int64)  # where the next entry of each row goes
    filled = 0
    for row in shuffled(draws[entries:]):
        place[row] = filled
        filled += indptr[row + 1] - indptr[row]
    owner = np.empty(entries, dtype=np.int32)
    for row in range(rows):
        owner[indptr[row] : indptr[row + 1]] = row
    order = np.empty(entries, dtype=np.int32)
    for entry in shuffled(draws[:entries]):
        row = owner[entry]
        order[place[row]] = entry
        place[row] += 1
    return order


@nb.njit(cache=True, nogil=True, fastmath=FAST)
def rating_epoch(
    order: Int32,
    users: Int32,
    items: Int32,
    values: Float32,
    mean: float,
    user_bias: Float32,
    item_bias: Float32,
    user_factors: Float32,
    item_factors: Float32,
    lr: float,
    reg: float,
) -> float:
    """Visit the ratings in ``order`` and update everything in place; the mean squared error on the way.

    With e = r - mean - b_u - b_i - p q, taken before the update:  b_u += lr (e - reg b_u),  b_i likewise,
    p += lr (e q - reg p),  q += lr (e p - reg q), both from the old p and q.
    """
    factors = user_factors.shape[1]
    centre, rate, keep = np.float32(mean), np.float32(lr), np.float32(1 - lr * reg)
    total = 0.0
    for at in order:
        # unsigned, as numba would otherwise ask of every index whether it counts from the end
        u, i = np.uint32(users[at]), np.uint32(items[at])
        inner: Any = np.float32(0)
        for f in range(factors):
            inner += user_factors[u, f] * item_factors[i, f]
        error: Any = values[at] - centre - user_bias[u] - item_bias[i] - inner
        total += error * error
        step = rate * error
        user_bias[u] = keep * user_bias[u] + step
        item_bias[i] = keep * item_bias[i] + step
        for f in range(factors):
            p, q = user_factors[u, f], item_factors[i, f]
            user_factors[u, f] = keep * p + step * q
            item_factors[i, f] = keep * q + step * p
    return total / max(len(order), 1)

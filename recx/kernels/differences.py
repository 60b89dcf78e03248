"""How much more one item is liked than another by those who rated both."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64
from recx.kernels.nearest import push, write_best


@nb.njit(cache=True, parallel=True, nogil=True)
def differences(
    indptr: Int64,
    users: Int32,
    of_item: Float32,
    by_user: Int64,
    items: Int32,
    of_user: Float32,
    min_common: int,
    k: int,
) -> tuple[Int32, Float32, Float32]:
    """For every item i the k others with most common users: j (n, k) ascending, the mean of r_j - r_i, and c.

    Ratings come twice, as CSR of items (indptr, users, of_item) and of users (by_user, items, of_user). Pairs
    of fewer than ``min_common`` common users are left out; of equal ones the smaller index wins. Padded with
    -1, 0 and 0.
    """
    n = len(indptr) - 1
    others = np.full((n, k), -1, dtype=np.int32)
    means = np.zeros((n, k), dtype=np.float32)
    counts = np.zeros((n, k), dtype=np.float32)
    blocks = min(n, 64)
    for block in nb.prange(blocks):
        sums = np.zeros(n, dtype=np.float64)
        common = np.zeros(n, dtype=np.int32)
        touched = np.empty(n, dtype=np.int32)
        keys = np.empty(max(4 * k, 256), dtype=np.uint64)
        for item in range(block, n, blocks):
            size = 0
            for at in range(indptr[item], indptr[item + 1]):
                user, rating = users[at], of_item[at]
                for there in range(by_user[user], by_user[user + 1]):
                    j = items[there]
                    if common[j] == 0:
                        touched[size] = j
                        size += 1
                    common[j] += 1
                    sums[j] += of_user[there] - rating
            kept, bar = 0, np.uint64(0)
            for t in range(size):
                j = touched[t]
                if j != item and common[j] >= min_common:
                    kept, bar = push(keys, kept, bar, np.float32(common[j]), j, k)
            write_best(keys, kept, k, others[item], counts[item])
            for t in range(min(kept, k)):
                means[item, t] = sums[others[item, t]] / common[others[item, t]]
            for t in range(size):
                sums[touched[t]] = 0
                common[touched[t]] = 0
    return others, means, counts


@nb.njit(cache=True, parallel=True, nogil=True)
def moved_rows(
    indptr: Int64,
    held: Int32,
    ratings: Float32,
    list_indptr: Int64,
    listed: Int32,
    difference: Float32,
    weights: Float32,
    n_items: int,
) -> Float32:
    """Weighted means of rating_i + difference_ij over the items i that a row holds: (rows, n_items).

    NaN where nothing held lists j.
    """
    n = len(indptr) - 1
    means = np.zeros((n, n_items), dtype=np.float32)
    for row in nb.prange(n):
        below = np.zeros(n_items, dtype=np.float32)
        above = means[row]
        for at in range(indptr[row], indptr[row + 1]):
            for there in range(list_indptr[held[at]], list_indptr[held[at] + 1]):
                above[listed[there]] += weights[there] * (ratings[at] + difference[there])
                below[listed[there]] += weights[there]
        for item in range(n_items):
            above[item] = above[item] / below[item] if below[item] > 0 else np.float32(np.nan)
    return means


@nb.njit(cache=True, parallel=True, nogil=True)
def moved_pairs(
    indptr: Int64,
    held: Int32,
    ratings: Float32,
    list_indptr: Int64,
    listed: Int32,
    difference: Float32,
    weights: Float32,
    row: Int32,
    column: Int32,
) -> Float32:
    """The entries (row, column) of ``moved_rows``."""
    means = np.full(len(row), np.nan, dtype=np.float32)
    for pair in nb.prange(len(row)):
        above = np.float32(0)
        below = np.float32(0)
        for at in range(indptr[row[pair]], indptr[row[pair] + 1]):
            low, high = list_indptr[held[at]], list_indptr[held[at] + 1]
            place = low + np.searchsorted(listed[low:high], column[pair])
            if place < high and listed[place] == column[pair]:
                above += weights[place] * (ratings[at] + difference[place])
                below += weights[place]
        if below > 0:
            means[pair] = above / below
    return means

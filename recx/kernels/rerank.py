"""Lists put together item by item, each for what it adds to those before it."""

import numba as nb
import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.kernels.metrics import _alike


@nb.njit(cache=True, parallel=True, nogil=True)
def put_together(
    bounds: Int64,
    items: Int32,
    gains: Float64,
    ties: Int32,
    marked: Bool,
    need: Int64,
    pull: Float64,
    k: int,
    indptr: Int64,
    terms: Int32,
    weights: Float32,
    jaccard: bool,
) -> Int64:
    """Rows of every group in the order in which they are listed, -1 where there are fewer: (groups, k).

    Next comes the row with the largest ``gains`` (rows,) minus ``pull`` (groups,) times how alike it is, on
    average, to those that stand already (maximal marginal relevance, Carbonell & Goldstein 1998); of equal
    ones that with the smaller ``ties``. From where ``need`` (groups,) rows that are ``marked`` could no
    longer be reached, only those are taken, as long as there are any. With a pull of 0 this is the list with
    the largest sum of gains among all that hold as many. Items are rows of a CSR of terms: see
    similarity_within.
    """
    n = len(bounds) - 1
    found = np.full((n, k), -1, dtype=np.int64)
    for group in nb.prange(n):
        start, size = bounds[group], bounds[group + 1] - bounds[group]
        length = min(k, size)
        left = 0
        for at in range(size):
            left += marked[start + at]
        wanted = min(need[group], left)
        taken = np.zeros(size, dtype=np.bool_)
        alike = np.zeros(size)
        for place in range(length):
            forced = wanted >= length - place
            best, most = -1, 0.0
            for at in range(size):
                if taken[at] or (forced and not marked[start + at]):
                    continue
                value = gains[start + at]
                if place > 0:
                    value -= pull[group] * alike[at] / place
                if best < 0 or value > most or (value == most and ties[start + at] < ties[start + best]):
                    best, most = at, value
            taken[best] = True
            found[group, place] = start + best
            wanted -= marked[start + best]
            if pull[group] > 0:
                for at in range(size):
                    if not taken[at]:
                        alike[at] += _alike(
                            items[start + at], items[start + best], indptr, terms, weights, jaccard
                        )
    return found

"""What followed what: directed co-counts within a window of a history."""

import numba as nb
import numpy as np

from recx.arrays import Int32, Int64


@nb.njit(cache=True, nogil=True)
def transitions(
    indptr: Int64, items: Int32, weights: Int64, n_items: int, window: int
) -> tuple[Int64, Int32, Int64]:
    """T[i, j] = sum of weight // gap over all places where j stands ``gap`` <= window events after i.

    Histories are CSR (indptr, items), oldest first; ``weights`` (events,) are those of j's places. T comes as
    CSR with columns ascending. Whole numbers add up to the same whatever is counted first.
    """
    # every place where an item stands, by item, as in a counting sort
    starts = np.zeros(n_items + 1, dtype=np.int64)
    for item in items:
        starts[item + 1] += 1
    for item in range(n_items):
        starts[item + 1] += starts[item]
    places = np.empty(len(items), dtype=np.int64)
    ends = np.empty(len(items), dtype=np.int64)
    fill = starts[:-1].copy()
    for row in range(len(indptr) - 1):
        for at in range(indptr[row], indptr[row + 1]):
            places[fill[items[at]]] = at
            ends[fill[items[at]]] = min(indptr[row + 1], at + 1 + window)
            fill[items[at]] += 1
    pairs = 0
    for t in range(len(places)):
        pairs += ends[t] - places[t] - 1
    out = np.zeros(n_items + 1, dtype=np.int64)
    listed = np.empty(pairs, dtype=np.int32)
    counts = np.empty(pairs, dtype=np.int64)
    sums = np.zeros(n_items, dtype=np.int64)
    size = 0
    for item in range(n_items):
        first = size
        for t in range(starts[item], starts[item + 1]):
            for later in range(places[t] + 1, ends[t]):
                part = weights[later] // (later - places[t])
                if part == 0:
                    continue
                if sums[items[later]] == 0:
                    listed[size] = items[later]
                    size += 1
                sums[items[later]] += part
        listed[first:size].sort()
        for t in range(first, size):
            counts[t] = sums[listed[t]]
            sums[listed[t]] = 0
        out[item + 1] = size
    return out, listed[:size].copy(), counts[:size].copy()

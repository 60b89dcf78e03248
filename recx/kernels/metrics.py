"""Inner loops of the metrics: each row is worked alone, so no result depends on the block it came in."""

import numba as nb
import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def judge(
    items: Int32, indptr: Int64, relevant: Int32, grades: Float32, best_first: Float32
) -> tuple[Float64, Float64, Int64, Bool]:
    """Look the items (n, depth) of each row up among its relevant ones (a CSR with ascending items).

    Returns the grade at each rank (n, depth), that of an ideal list (n, depth), items returned (n,), and
    whether a list names an item twice (n,). Item -1 is padding.
    """
    n, depth = items.shape
    found = np.zeros((n, depth))
    ideal = np.zeros((n, depth))
    returned = np.zeros(n, dtype=np.int64)
    twice = np.zeros(n, dtype=np.bool_)
    for row in nb.prange(n):
        start, end = indptr[row], indptr[row + 1]
        mine = relevant[start:end]
        for rank in range(depth):
            item = items[row, rank]
            if item < 0:
                continue
            returned[row] += 1
            place = np.searchsorted(mine, item)
            if place < len(mine) and mine[place] == item:
                found[row, rank] = grades[start + place]
        for rank in range(min(depth, end - start)):
            ideal[row, rank] = best_first[start + rank]
        ordered = np.sort(items[row])
        for rank in range(1, depth):
            if ordered[rank] >= 0 and ordered[rank] == ordered[rank - 1]:
                twice[row] = True
    return found, ideal, returned, twice


@nb.njit(cache=True, parallel=True, nogil=True)
def standardise_pairs(scores: Float32, indptr: Int64, items: Int32) -> Float64:
    """Scores of each row's ``items`` (a CSR over the rows), less the row's mean, over its standard deviation.

    Mean and deviation are over what is finite in the row; an item at -inf takes the row's lowest score.
    A row that tells no item from another gives 0.
    """
    standard = np.zeros(len(items))
    for row in nb.prange(len(scores)):
        count, mean, deviation = _moments(scores[row])
        if count == 0 or deviation == 0:
            continue
        for place in range(indptr[row], indptr[row + 1]):
            score = scores[row, items[place]]
            if score == -np.inf:
                score = _lowest(scores[row])
            standard[place] = (score - mean) / deviation
    return standard


# sums may be taken in vector lanes: the same bits for the same row, whatever rows stand beside it
@nb.njit(cache=True, fastmath={"reassoc", "nsz"})
def _moments(row: Float32) -> tuple[int, float, float]:
    """Count, mean and standard deviation of what is finite."""
    shift, count, total, squares = 0.0, 0, 0.0, 0.0
    for score in row:
        if score > -np.inf:
            shift = np.float64(score)
            break
    # sums of what is left of a typical score lose no digits to its size
    for score in row:
        finite = score > -np.inf
        value = np.float64(score) - shift if finite else 0.0
        count += 1 if finite else 0
        total += value
        squares += value * value
    if count == 0:
        return 0, 0.0, 0.0
    spread = squares / count - (total / count) ** 2
    return count, shift + total / count, np.sqrt(max(0.0, spread))


@nb.njit(cache=True)
def _lowest(row: Float32) -> float:
    """The smallest finite score."""
    lowest = np.inf
    for score in row:
        if score > -np.inf and score < lowest:
            lowest = np.float64(score)
    return lowest


@nb.njit(cache=True, parallel=True, nogil=True)
def distinct_items(items: Int32, resamples: Int32, n_items: int) -> Int64:
    """How many different items the lists (n, k) of each resample of users (b, n) hold: (b,)."""
    b = len(resamples)
    distinct = np.zeros(b, dtype=np.int64)
    for draw in nb.prange(b):
        seen = np.zeros(n_items, dtype=np.bool_)
        for row in resamples[draw]:
            for item in items[row]:
                if item >= 0 and not seen[item]:
                    seen[item] = True
                    distinct[draw] += 1
    return distinct

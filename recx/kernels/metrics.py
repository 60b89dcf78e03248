"""Inner loops of the metrics: each row is worked alone, so no result depends on the block it came in."""

import numba as nb
import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def judge(items: Int32, indptr: Int64, relevant: Int32) -> tuple[Int32, Int32, Int32, Bool]:
    """Look the items (n, depth) of each row up among its relevant ones (a CSR).

    Returns where each rank's item stands among its row's relevant ones, -1 for a miss (n, depth), how many of
    the first 1, 2, ... are relevant (n, depth), items returned (n,), and whether a list names an item twice
    (n,). Item -1 is padding.
    """
    n, depth = items.shape
    place = np.full((n, depth), -1, dtype=np.int32)
    found = np.empty((n, depth), dtype=np.int32)
    returned = np.zeros(n, dtype=np.int32)
    twice = np.zeros(n, dtype=np.bool_)
    for row in nb.prange(n):
        mine, at = items[row], place[row]
        start = indptr[row]
        # lists are short: comparing all ranks at once, in vector lanes, beats any search
        for entry in range(start, indptr[row + 1]):
            item, here = relevant[entry], np.int32(entry - start)
            for rank in range(depth):
                at[rank] = here if mine[rank] == item else at[rank]
        equal = 0
        for rank in range(1, depth):
            for before in range(rank):
                equal += (mine[before] == mine[rank]) & (mine[rank] >= 0)
        twice[row] = equal > 0
        hits = 0
        for rank in range(depth):
            hits += at[rank] >= 0
            found[row, rank] = hits
            returned[row] += mine[rank] >= 0
    return place, found, returned, twice


@nb.njit(cache=True, parallel=True, nogil=True)
def running_gains(place: Int32, indptr: Int64, grades: Float32, discounts: Float64) -> Float64:
    """Sum of grade x discount over the first 1, 2, ... of each list: (n, depth), added in rank order."""
    n, depth = place.shape
    gains = np.empty((n, depth))
    for row in nb.prange(n):
        total, start = 0.0, indptr[row]
        for rank in range(depth):
            if place[row, rank] >= 0:
                total += grades[start + place[row, rank]] * discounts[rank]
            gains[row, rank] = total
    return gains


@nb.njit(cache=True, parallel=True, nogil=True)
def running_ideal(indptr: Int64, best_first: Float32, discounts: Float64) -> Float64:
    """The same of a list that holds the relevant items, best first: (n, depth)."""
    n, depth = len(indptr) - 1, len(discounts)
    gains = np.empty((n, depth))
    for row in nb.prange(n):
        total, start = 0.0, indptr[row]
        for rank in range(depth):
            if start + rank < indptr[row + 1]:
                total += best_first[start + rank] * discounts[rank]
            gains[row, rank] = total
    return gains


@nb.njit(cache=True, parallel=True, nogil=True)
def running_precisions(place: Int32) -> Float64:
    """Sum over the hits among the first 1, 2, ... of (hits so far) / rank: (n, depth)."""
    n, depth = place.shape
    precisions = np.empty((n, depth))
    for row in nb.prange(n):
        total, hits = 0.0, 0
        for rank in range(depth):
            if place[row, rank] >= 0:
                hits += 1
                total += hits / (rank + 1)
            precisions[row, rank] = total
    return precisions


@nb.njit(cache=True, parallel=True, nogil=True)
def first_hits(place: Int32) -> Int32:
    """Rank, from 1, of each list's first hit, 0 without one: (n,)."""
    n, depth = place.shape
    first = np.zeros(n, dtype=np.int32)
    for row in nb.prange(n):
        for rank in range(depth):
            if place[row, rank] >= 0:
                first[row] = rank + 1
                break
    return first


@nb.njit(cache=True, parallel=True, nogil=True)
def sums_over(items: Int32, values: Float64, k: int) -> Float64:
    """Sum of the values (n_items,) of the first ``k`` items of each list (n, depth), in rank order: (n,)."""
    n, depth = items.shape
    sums = np.zeros(n)
    for row in nb.prange(n):
        for rank in range(min(k, depth)):
            if items[row, rank] >= 0:
                sums[row] += values[items[row, rank]]
    return sums


@nb.njit(cache=True, parallel=True, nogil=True)
def surprising_hits(
    place: Int32, items: Int32, users: Int32, rank_of: Int32, indptr: Int64, had: Int32, k: int
) -> Int64:
    """Hits among the first ``k`` that stand at k or below in the user's own popularity ranking: (n,).

    ``rank_of`` (n_items,) is the place of each item in everybody's, from 0; ``had`` holds the places of what
    each user (a CSR over users) is not shown again, each once.
    """
    n, depth = items.shape
    surprising = np.zeros(n, dtype=np.int64)
    for row in nb.prange(n):
        start, end = indptr[users[row]], indptr[users[row] + 1]
        for rank in range(min(k, depth)):
            if place[row, rank] < 0:
                continue
            before = rank_of[items[row, rank]]
            own = before
            for entry in range(start, end):
                own -= had[entry] < before
            surprising[row] += own >= k
    return surprising


@nb.njit(cache=True, parallel=True, nogil=True)
def similarity_within(
    items: Int32, k: int, indptr: Int64, terms: Int32, weights: Float32, jaccard: bool
) -> Float64:
    """Sum over all pairs among the first ``k`` of each list of how alike they are: (n,).

    Items are rows of a CSR with ascending terms. Alike is the sum of the products of common weights; for
    ``jaccard`` (weights are 1) over how many terms the two have together.
    """
    n, depth = items.shape
    total = np.zeros(n)
    for row in nb.prange(n):
        for rank in range(1, min(k, depth)):
            if items[row, rank] < 0:
                continue
            for before in range(rank):
                if items[row, before] >= 0:
                    total[row] += _alike(
                        items[row, rank], items[row, before], indptr, terms, weights, jaccard
                    )
    return total


@nb.njit(cache=True)
def _alike(a: int, b: int, indptr: Int64, terms: Int32, weights: Float32, jaccard: bool) -> float:
    i, j, common = indptr[a], indptr[b], 0.0
    end_i, end_j = indptr[a + 1], indptr[b + 1]
    together = end_i - i + end_j - j
    while i < end_i and j < end_j:
        if terms[i] == terms[j]:
            common += np.float64(weights[i]) * weights[j]
            i += 1
            j += 1
        elif terms[i] < terms[j]:
            i += 1
        else:
            j += 1
    return common / (together - common) if jaccard and together else common


@nb.njit(cache=True, parallel=True, nogil=True)
def areas(scores: Float32, indptr: Int64, relevant: Int32) -> Float64:
    """Share of the pairs of a relevant and another item of each row that the scores order rightly: (n,).

    A tie counts half. Items at -inf are no candidates: they are in no pair, and a relevant one among them has
    every pair wrong. 0 without a relevant candidate, 1/2 without any other.
    """
    n, m = scores.shape
    area = np.zeros(n)
    for row in nb.prange(n):
        start, end = indptr[row], indptr[row + 1]
        _, masked = _below(scores[row], np.float32(-np.inf))
        positives, right = 0, 0.0
        for entry in range(start, end):
            score = scores[row, relevant[entry]]
            if score == -np.inf:
                continue
            less, same = _below(scores[row], score)
            positives += 1
            right += less - masked + same / 2
        if not positives:
            continue
        # pairs of two relevant items, and of one with itself, were counted: together positives^2 / 2
        others = m - masked - positives
        share = (right - positives * positives / 2) / (positives * others) if others else 0.5
        area[row] = share * positives / (end - start)
    return area


# a function of its own with small counters: only so does the loop become vector instructions
@nb.njit(cache=True)
def _below(line: Float32, score: np.float32) -> tuple[int, int]:
    """How many of a row lie below a score, and how many are equal to it."""
    less, same = np.uint32(0), np.uint32(0)
    for at in range(len(line)):
        less = np.uint32(less + np.uint32(line[at] < score))
        same = np.uint32(same + np.uint32(line[at] == score))
    return int(less), int(same)


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

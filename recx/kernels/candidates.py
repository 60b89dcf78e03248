"""Candidates of many users at once: the union of several top lists, and what a row of scores looks like."""

import numba as nb
import numpy as np

from recx.arrays import Bool, Float32, Int32, Int64
from recx.kernels.topk import best_of_row

TINY = np.float32(1e-6)
"""Standard deviations below this are those of scores that are all alike."""


@nb.njit(cache=True, parallel=True, nogil=True)
def unite(tops: Int32, most: int, n_items: int) -> tuple[Int32, Int32]:
    """Unite the top lists of every user, keeping the ``most`` items with the largest sum of 1 / rank.

    ``tops`` (n, bases, top) holds items, best first, -1 where a list is short. Returns items (n, most),
    ascending and padded with -1, and their ranks in each list (n, most, bases), from 1; 0: not listed. Of
    equal sums the item that was met first wins: it stands higher in a list.
    """
    n, bases, top = tops.shape
    items = np.full((n, most), -1, dtype=np.int32)
    ranks = np.zeros((n, most, bases), dtype=np.int32)
    for row in nb.prange(n):
        place = np.full(n_items, -1, dtype=np.int32)
        met = np.empty(bases * top, dtype=np.int32)
        weight = np.zeros(bases * top)
        size = 0
        for rank in range(top):
            for base in range(bases):
                item = tops[row, base, rank]
                if item < 0:
                    continue
                if place[item] < 0:
                    place[item] = size
                    met[size] = item
                    size += 1
                weight[place[item]] += 1.0 / (rank + 1)
        kept = np.arange(size)
        if size > most:
            kept = np.sort(np.argsort(-weight[:size], kind="mergesort")[:most])
        chosen = np.sort(met[kept])
        place[met[:size]] = -1
        for at in range(len(chosen)):
            items[row, at] = chosen[at]
            place[chosen[at]] = at
        for base in range(bases):
            for rank in range(top):
                item = tops[row, base, rank]
                if item >= 0 and place[item] >= 0:
                    ranks[row, place[item], base] = rank + 1
    return items, ranks


@nb.njit(cache=True, parallel=True, nogil=True)
def moments(scores: Float32) -> Float32:
    """Mean, standard deviation, least and greatest of every row's finite scores: (n, 4)."""
    n, m = scores.shape
    found = np.zeros((n, 4), dtype=np.float32)
    for row in nb.prange(n):
        first = 0
        while first < m and scores[row, first] == -np.inf:
            first += 1
        if first == m:
            continue
        # around one of them: with sums of squares a large mean would swallow a small spread
        pivot = scores[row, first]
        count, low, high = _range(scores[row])
        total, square = _sums(scores[row], pivot)
        mean = total / count
        found[row, 0] = pivot + mean
        found[row, 1] = np.sqrt(max(square / count - mean * mean, 0.0))
        found[row, 2] = low
        found[row, 3] = high
    return found


# sums and extremes in any order, several at a time; there is no NaN among scores, and -inf stays what it is
@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract", "nnan"})
def _sums(row: Float32, pivot: float) -> tuple[float, float]:
    total = square = 0.0
    for at in range(len(row)):
        off = np.float64(row[at] - pivot) if row[at] > -np.inf else 0.0
        total += off
        square += off * off
    return total, square


@nb.njit(cache=True, nogil=True, fastmath={"nsz", "nnan"})
def _range(row: Float32) -> tuple[np.int32, np.float32, np.float32]:
    count = np.int32(0)
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for at in range(len(row)):
        finite = row[at] > -np.inf
        count += np.int32(finite)
        low = min(low, row[at] if finite else np.float32(np.inf))
        high = max(high, row[at])
    return count, low, high


@nb.njit(cache=True, parallel=True, nogil=True)
def add_standard(total: Float32, scores: Float32, scales: Float32, votes: Bool) -> None:
    """Add scores (n, n_items) in standard deviations of their row (``moments``) to ``total``, where it votes.

    ``votes`` (n,). A row whose scores are all alike adds nothing.
    """
    n, m = scores.shape
    for row in nb.prange(n):
        if votes[row]:
            mean = scales[row, 0]
            factor = np.float32(1.0) / max(scales[row, 1], TINY)
            for item in range(m):
                total[row, item] += (scores[row, item] - mean) * factor


@nb.njit(cache=True, parallel=True, nogil=True)
def lay_over(indptr: Int64, items: Int32, scores: Float32, behind: Float32) -> Float32:
    """Lift candidates over all else, as ``scores`` orders them, on the scale of ``behind`` (n, n_items).

    The largest values of each row go to its candidates (``items`` from indptr[row] on), best first and equal
    ones alike. Other items that had such a value come right below, in the order they had; the rest keep their
    values, or come strictly below too. -inf stays -inf.
    """
    n, m = behind.shape
    found = np.empty((n, m), dtype=np.float32)
    ties = np.arange(m).astype(np.int32)
    for row in nb.prange(n):
        start, end = indptr[row], indptr[row + 1]
        size = end - start
        places = np.full(size + 1, -1, dtype=np.int32)
        values = np.full(size + 1, -np.inf, dtype=np.float32)
        best_of_row(behind, row, ties, places, values)
        inside = np.zeros(m, dtype=np.bool_)
        inside[items[start:end]] = True
        best_first = start + np.argsort(-scores[start:end], kind="mergesort")
        most = np.float32(np.inf)
        for at in range(size):
            pair = best_first[at]
            if not at or scores[pair] != scores[best_first[at - 1]]:
                value = values[at]
                most = value if value < most else np.nextafter(most, np.float32(-np.inf))
            found[row, items[pair]] = most
        limit = np.nextafter(most, np.float32(-np.inf))
        for item in range(m):
            if not inside[item]:
                found[row, item] = min(behind[row, item], limit)
        _squeeze(found[row], places[:size], inside, limit, min(values[size], limit))
    return found


@nb.njit(cache=True, nogil=True)
def _squeeze(row: Float32, places: Int32, inside: Bool, top: float, bottom: float) -> None:
    """Spread the items at ``places``, best first, that are not ``inside`` evenly between two values."""
    count = 0
    for item in places:
        count += item >= 0 and not inside[item]
    # nothing lies below where they are all there is
    step = (top - bottom) / (count + 1) if bottom > -np.inf else 1.0
    at = 0
    for item in places:
        if item >= 0 and not inside[item]:
            row[item] = top - step * at
            at += 1

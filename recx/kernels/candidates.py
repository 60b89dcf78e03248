"""Candidates of many users at once: the union of several top lists, and what a row of scores looks like."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


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
        total, count = 0.0, 0
        low, high = np.inf, -np.inf
        for item in range(m):
            score = scores[row, item]
            if score > -np.inf:
                total += score
                count += 1
                low = min(low, score)
                high = max(high, score)
        if not count:
            continue
        mean = total / count
        # a second pass: with sums of squares a large mean would swallow a small spread
        square = 0.0
        for item in range(m):
            score = scores[row, item]
            if score > -np.inf:
                square += (score - mean) ** 2
        found[row, 0] = mean
        found[row, 1] = np.sqrt(square / count)
        found[row, 2] = low
        found[row, 3] = high
    return found


@nb.njit(cache=True, parallel=True, nogil=True)
def lay_over(indptr: Int64, items: Int32, scores: Float32, behind: Float32) -> Float32:
    """Deal the values of ``behind`` (n, n_items) out anew, candidates first, as ``scores`` orders them.

    Each row's largest values go to its candidates (``items`` from indptr[row] on), best first and equal ones
    alike; the rest goes to the other items in the order they had, strictly below. -inf stays -inf.
    """
    n, m = behind.shape
    found = np.full((n, m), -np.inf, dtype=np.float32)
    for row in nb.prange(n):
        start, end = indptr[row], indptr[row + 1]
        order = np.argsort(-behind[row], kind="mergesort")
        inside = np.zeros(m, dtype=np.bool_)
        inside[items[start:end]] = True
        best_first = start + np.argsort(-scores[start:end], kind="mergesort")
        most = np.float32(np.inf)
        for at in range(end - start):
            pair = best_first[at]
            if at and scores[pair] == scores[best_first[at - 1]]:
                found[row, items[pair]] = most
                continue
            value = behind[row, order[at]]
            if value >= most:
                value = np.nextafter(most, np.float32(-np.inf))
            found[row, items[pair]] = value
            most = value
        limit = np.nextafter(most, np.float32(-np.inf))
        at = end - start
        for place in range(m):
            item = order[place]
            if not inside[item]:
                found[row, item] = min(behind[row, order[at]], limit)
                at += 1
    return found

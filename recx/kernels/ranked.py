"""The first few of every user's rows by a score: what a search for weights asks thousands of times."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def first_rows(bounds: Int64, scores: Float32, ties: Int32, k: int) -> Int64:
    """The ``k`` best rows of every group, best first, -1 where there are fewer: (groups, k).

    Group g has the rows bounds[g] .. bounds[g + 1]; of equal scores the one with the smaller ``ties`` is
    first.
    """
    n = len(bounds) - 1
    best = np.full((n, k), -1, dtype=np.int64)
    for group in nb.prange(n):
        mine, size = best[group], 0
        for row in range(bounds[group], bounds[group + 1]):
            place = size
            while place > 0 and _before(scores, ties, row, mine[place - 1]):
                place -= 1
            if place == k:
                continue
            size = min(size + 1, k)
            for at in range(size - 1, place, -1):
                mine[at] = mine[at - 1]
            mine[place] = row
    return best


@nb.njit(cache=True, nogil=True, inline="always")
def _before(scores: Float32, ties: Int32, a: int, b: int) -> bool:
    return bool(scores[a] > scores[b] or (scores[a] == scores[b] and ties[a] < ties[b]))


@nb.njit(cache=True, parallel=True, nogil=True)
def copeland(bounds: Int64, ranks: Int32) -> Float32:
    """Pairs that each row wins minus pairs it loses by a majority of the lists, within its group: (rows,).

    ``ranks`` (rows, bases) count from 1, 0: not listed, behind all that are. A row's majorities, added up
    and scaled to less than one half, tell rows with equal pairs apart.
    """
    found = np.zeros(len(ranks), dtype=np.float32)
    bases = ranks.shape[1]
    for group in nb.prange(len(bounds) - 1):
        start, end = bounds[group], bounds[group + 1]
        won = np.zeros(end - start, dtype=np.int64)
        margin = np.zeros(end - start, dtype=np.int64)
        for a in range(start, end):
            for b in range(a + 1, end):
                lead = 0
                for base in range(bases):
                    lead += _ahead(ranks[a, base], ranks[b, base])
                sign = (lead > 0) - (lead < 0)
                won[a - start] += sign
                won[b - start] -= sign
                margin[a - start] += lead
                margin[b - start] -= lead
        most = 2.0 * bases * (end - start)
        for at in range(end - start):
            found[start + at] = won[at] + margin[at] / most
    return found


@nb.njit(cache=True, nogil=True, inline="always")
def _ahead(a: int, b: int) -> int:
    """1 where rank ``a`` stands before ``b``, -1 behind, 0 for equals; rank 0 is behind everything."""
    if a == b:
        return 0
    if a == 0:
        return -1
    return 1 if b == 0 or a < b else -1

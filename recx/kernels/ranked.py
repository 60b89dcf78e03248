"""The first few of every user's rows by a score: what a search for weights asks thousands of times."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def first_grades(bounds: Int64, scores: Float32, ties: Int32, grades: Float32, k: int) -> Float64:
    """Grades of the ``k`` best rows of every group, best first, 0 where there are fewer: (groups, k).

    Group g has the rows bounds[g] .. bounds[g + 1]; of equal scores the one with the smaller ``ties`` is
    first.
    """
    n = len(bounds) - 1
    found = np.zeros((n, k))
    for group in nb.prange(n):
        best = np.empty(k, dtype=np.int64)
        size = 0
        for row in range(bounds[group], bounds[group + 1]):
            place = size
            while place > 0 and _before(scores, ties, row, best[place - 1]):
                place -= 1
            if place == k:
                continue
            size = min(size + 1, k)
            for at in range(size - 1, place, -1):
                best[at] = best[at - 1]
            best[place] = row
        for at in range(size):
            found[group, at] = grades[best[at]]
    return found


@nb.njit(cache=True, nogil=True, inline="always")
def _before(scores: Float32, ties: Int32, a: int, b: int) -> bool:
    return bool(scores[a] > scores[b] or (scores[a] == scores[b] and ties[a] < ties[b]))

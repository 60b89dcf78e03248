"""The k best items of each row of scores, ties broken by a given order."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32
from recx.kernels.lanes import REACH, reaches


@nb.njit(cache=True, parallel=True, nogil=True)
def top_k(scores: Float32, order: Int32, k: int) -> tuple[Int32, Float32]:
    """Return items (n, k) and scores (n, k), best first; -inf is never returned, short rows end in item -1.

    ``order`` (n_items,) is a permutation: of two equal scores the item with the smaller entry wins. A row in
    which a score is NaN has NaN for its scores.
    """
    n, m = scores.shape
    items = np.full((n, k), -1, dtype=np.int32)
    best = np.full((n, k), -np.inf, dtype=np.float32)
    for row in nb.prange(n):
        size = 0
        # a binary heap with the worst of the kept on top: one comparison rejects nearly every item
        heap = np.empty(k, dtype=np.int32)
        values = np.empty(k, dtype=np.float32)
        broken = False
        for start in range(0, m, REACH):
            end = min(start + REACH, m)
            if size == k and end - start == REACH and not reaches(scores, row * m + start, values[0]):
                continue
            for item in range(start, end):
                score = scores[row, item]
                if size == k:
                    if score < values[0] or (score == values[0] and order[item] > order[heap[0]]):
                        continue
                    _sift_down(heap, values, order, size, item, score)
                elif score > -np.inf:
                    _sift_up(heap, values, order, size, item, score)
                    size += 1
                broken |= np.isnan(score)
        for last in range(size - 1, -1, -1):
            items[row, last] = heap[0]
            best[row, last] = values[0]
            moved, value = heap[last], values[last]
            if last:
                _sift_down(heap, values, order, last, moved, value)
        if broken:
            best[row] = np.nan
    return items, best


@nb.njit(cache=True, inline="always")
def _worse(score: float, place: int, other: float, other_place: int) -> bool:
    return score < other or (score == other and place > other_place)


@nb.njit(cache=True)
def _sift_up(heap: Int32, values: Float32, order: Int32, at: int, item: int, score: float) -> None:
    """Put an item at the end of a heap of ``at`` items and let it rise."""
    while at:
        parent = (at - 1) // 2
        if not _worse(score, order[item], values[parent], order[heap[parent]]):
            break
        heap[at], values[at] = heap[parent], values[parent]
        at = parent
    heap[at], values[at] = item, score


@nb.njit(cache=True)
def _sift_down(heap: Int32, values: Float32, order: Int32, size: int, item: int, score: float) -> None:
    """Replace the top of a heap of ``size`` items and let the new one sink."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _worse(
            values[child + 1], order[heap[child + 1]], values[child], order[heap[child]]
        ):
            child += 1
        if not _worse(values[child], order[heap[child]], score, order[item]):
            break
        heap[at], values[at] = heap[child], values[child]
        at = child
    heap[at], values[at] = item, score

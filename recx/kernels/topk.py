"""The k best items of each row of scores, ties broken by a given order."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32
from recx.kernels.lanes import REACH, reaches

WORTH = 32
"""Shorter lists are found faster without a bound to begin with."""
NARROW = 8
"""Narrowest part of a row whose maximum is taken."""


@nb.njit(cache=True, parallel=True, nogil=True)
def top_k(scores: Float32, order: Int32, k: int) -> tuple[Int32, Float32]:
    """Return items (n, k) and scores (n, k), best first; -inf is never returned, short rows end in item -1.

    ``order`` (n_items,) is a permutation: of two equal scores the item with the smaller entry wins. A row in
    which a score is NaN has NaN for its scores.
    """
    n, _ = scores.shape
    items = np.full((n, k), -1, dtype=np.int32)
    best = np.full((n, k), -np.inf, dtype=np.float32)
    for row in nb.prange(n):
        best_of_row(scores, row, order, items[row], best[row])
    return items, best


@nb.njit(cache=True, nogil=True)
def best_of_row(scores: Float32, row: int, order: Int32, items: Int32, best: Float32) -> None:
    """One row of ``top_k``: fill ``items`` (k,) and ``best`` (k,), which hold -1 and -inf."""
    m, k = scores.shape[1], len(items)
    size = 0
    # a binary heap with the worst of the kept on top: one comparison rejects nearly every item
    heap = np.empty(k, dtype=np.int32)
    values = np.empty(k, dtype=np.float32)
    bound = _below_the_best(scores[row], k)
    broken = False
    for start in range(0, m, REACH):
        end = min(start + REACH, m)
        if end - start == REACH and not reaches(scores, row * m + start, bound):
            continue
        for item in range(start, end):
            score = scores[row, item]
            if score < bound:
                continue
            if size == k:
                if score == values[0] and order[item] > order[heap[0]]:
                    continue
                _sift_down(heap, values, order, size, item, score)
                bound = values[0]
            elif score > -np.inf:
                _sift_up(heap, values, order, size, item, score)
                size += 1
                if size == k:
                    bound = values[0]
            broken |= np.isnan(score)
    for last in range(size - 1, -1, -1):
        items[last] = heap[0]
        best[last] = values[0]
        moved, value = heap[last], values[last]
        if last:
            _sift_down(heap, values, order, last, moved, value)
    if broken:
        best[:] = np.nan


@nb.njit(cache=True, nogil=True)
def _below_the_best(row: Float32, k: int) -> np.float32:
    """A bound that at least ``k`` scores of a row reach; -inf where a short list makes none worth finding.

    Of so many parts of the row the k-th largest maximum. Few scores reach it that are not among the k best,
    so the heap is spared those that would have been pushed out again.
    """
    width = REACH
    while width > NARROW and len(row) < 2 * k * width:
        width //= 2
    parts = len(row) // width
    if k < WORTH or parts < 2 * k:
        return np.float32(-np.inf)
    tops = np.empty(parts, dtype=np.float32)
    for part in range(parts):
        tops[part] = _largest(row, part * width, part * width + width)
    return np.float32(np.partition(tops, parts - k)[parts - k])


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _largest(row: Float32, start: int, end: int) -> np.float32:
    # told that there is no NaN, LLVM compares eight at a time; a row with one is thrown away in any case
    found = np.float32(-np.inf)
    for at in range(start, end):
        found = max(found, row[at])
    return found


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

"""Elastic nets of every column of a sparse matrix on its other columns, by coordinate descent.

Minimised over w for one column x:  .5 |x - X w|^2 + l1 |w|_1 + .5 l2 |w|_2^2, the weight of x itself 0. A
coordinate moves to  S(X_k (x - X w) + |X_k|^2 w_k, l1) / (|X_k|^2 + l2), S the soft threshold, or the larger
of that and 0 (Friedman, Hastie & Tibshirani 2010).
"""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64

FIRST = 96
"""Coordinates the first round takes up, and the least by which a later one adds."""


@nb.njit(cache=True, inline="always")
def _moved(slope: float, square: float, weight: float, l1: float, l2: float, signed: bool) -> float:
    """The best weight of a coordinate whose residual has this slope, the others held."""
    pull = slope + square * weight
    if pull > l1:
        return (pull - l1) / (square + l2)
    if signed and pull < -l1:
        return (pull + l1) / (square + l2)
    return 0.0


@nb.njit(cache=True, parallel=True, nogil=True)
def nets_on_gram(
    gram: Float32,
    candidates: Int32,
    first: int,
    out: Float32,
    l1: float,
    l2: float,
    signed: bool,
    epochs: int,
    tolerance: float,
) -> Int32:
    """Weights of the columns ``first`` … of a matrix whose Gram matrix this is, into ``out`` (m, n).

    Coordinates are the columns in row ``target`` of ``candidates``, up to the first -1, or all where it is 0
    columns wide. A round solves the coordinates taken up so far on their own Gram matrix, then looks at the
    slopes of all and takes up the steepest of those that would move; the optimum is reached when none would
    move by ``tolerance``. Returns the sweeps of each column, (m,); ``epochs`` of them mean it was stopped.
    """
    m = len(out)
    sweeps = np.zeros(m, dtype=np.int32)
    for row in nb.prange(m):
        target = first + row
        sweeps[row] = _net_on_gram(
            gram, candidates[target], target, out[row], l1, l2, signed, epochs, tolerance
        )
    return sweeps


@nb.njit(cache=True)
def _net_on_gram(
    gram: Float32,
    candidates: Int32,
    target: int,
    weights: Float32,
    l1: float,
    l2: float,
    signed: bool,
    epochs: int,
    tolerance: float,
) -> int:
    """One column of ``nets_on_gram``, into ``weights`` (n,); how many sweeps."""
    n = len(gram)
    sweeps = 0
    weights[:] = 0
    slope = gram[target].copy()
    free = np.ones(n, dtype=np.bool_)
    if len(candidates):
        free[:] = False
        for k in candidates:
            if k < 0:
                break
            free[k] = True
    free[target] = False
    active = np.empty(n, dtype=np.int32)
    gain = np.empty(n, dtype=np.float32)
    size, room = 0, 4 * FIRST
    local = np.empty((room, room), dtype=np.float32)
    while sweeps < epochs:
        # who would move from 0, and by how much the loss would fall
        waiting = 0
        for k in range(n):
            gain[k] = 0
            if free[k]:
                to = _moved(slope[k], gram[k, k], 0.0, l1, l2, signed)
                if abs(to) >= tolerance:
                    gain[k] = to * to * (gram[k, k] + l2)
                    waiting += 1
        if waiting == 0:
            break
        wanted = max(FIRST, size)
        bar = np.float32(0)
        if waiting > wanted:
            bar = np.partition(gain, n - wanted)[n - wanted]
        before = size
        for k in range(n):
            if gain[k] > 0 and gain[k] >= bar:
                free[k] = False
                active[size] = k
                size += 1
        if size > room:
            room = min(n, 2 * size)
            wider = np.empty((room, room), dtype=np.float32)
            wider[:before, :before] = local[:before, :before]
            local = wider
        for a in range(before, size):
            line = gram[active[a]]
            for b in range(a + 1):
                local[a, b] = line[active[b]]
        for a in range(size):
            for b in range(max(a + 1, before), size):
                local[a, b] = local[b, a]
        sweeps += _solve(
            local, gram[target], active[:size], weights, l1, l2, signed, epochs - sweeps, tolerance
        )
        slope[:] = gram[target]
        for a in range(size):
            weight = weights[active[a]]
            if weight != 0:
                line = gram[active[a]]
                for k in range(n):
                    slope[k] -= weight * line[k]
    return sweeps


@nb.njit(cache=True)
def _solve(
    local: Float32,
    towards: Float32,
    active: Int32,
    weights: Float32,
    l1: float,
    l2: float,
    signed: bool,
    epochs: int,
    tolerance: float,
) -> int:
    """Sweep over some coordinates, whose Gram matrix is ``local``, until none moves; how many sweeps."""
    size = len(active)
    slope = np.empty(size, dtype=np.float32)
    inner = np.empty(size, dtype=np.float32)
    for a in range(size):
        slope[a] = towards[active[a]]
        inner[a] = weights[active[a]]
    for a in range(size):
        if inner[a] != 0:
            for b in range(size):
                slope[b] -= inner[a] * local[a, b]
    sweep = 0
    everyone = True
    while sweep < epochs:
        # sweeps over those that are not 0 are cheap; one over all of them decides
        largest = 0.0
        for a in range(size):
            if not everyone and inner[a] == 0:
                continue
            to = np.float32(_moved(slope[a], local[a, a], inner[a], l1, l2, signed))
            change = to - inner[a]
            if change != 0:
                inner[a] = to
                line = local[a]
                for b in range(size):
                    slope[b] -= change * line[b]
                largest = max(largest, abs(change))
        sweep += 1
        if largest < tolerance:
            if everyone:
                break
            everyone = True
        else:
            everyone = False
    for a in range(size):
        weights[active[a]] = inner[a]
    return sweep


@nb.njit(cache=True, parallel=True, nogil=True)
def nets_on_rows(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    rows: Int32,
    values: Float32,
    candidates: Int32,
    first: int,
    out: Float32,
    l1: float,
    l2: float,
    signed: bool,
    epochs: int,
    tolerance: float,
) -> Int32:
    """The same without a Gram matrix: what is left of the column is kept row by row and followed.

    X is CSR (indptr, indices, data) and CSC (by_column, rows, values). Coordinates are the columns in row
    ``target`` of ``candidates``, up to the first -1; without any (0 columns wide) those met together with the
    target often enough to pull at it: for values and weights of at least 0, all that ever could.
    """
    m = len(out)
    sweeps = np.zeros(m, dtype=np.int32)
    for row in nb.prange(m):
        target = first + row
        sweeps[row] = _net_on_rows(
            indptr, indices, data, by_column, rows, values,
            candidates[target], target, out[row], l1, l2, signed, epochs, tolerance,
        )  # fmt: skip
    return sweeps


@nb.njit(cache=True)
def _net_on_rows(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    rows: Int32,
    values: Float32,
    candidates: Int32,
    target: int,
    weights: Float32,
    l1: float,
    l2: float,
    signed: bool,
    epochs: int,
    tolerance: float,
) -> int:
    """One column of ``nets_on_rows``, into ``weights`` (n,); how many sweeps."""
    sweeps = 0
    weights[:] = 0
    left = np.zeros(len(indptr) - 1, dtype=np.float32)
    touch = weights  # holds x_target X until the coordinates are chosen
    for at in range(by_column[target], by_column[target + 1]):
        left[rows[at]] = values[at]
        for there in range(indptr[rows[at]], indptr[rows[at] + 1]):
            touch[indices[there]] += values[at] * data[there]
    touch[target] = 0
    if len(candidates):
        active = candidates[candidates >= 0]
    else:
        active = np.flatnonzero(np.abs(touch) > l1).astype(np.int32)
    weights[:] = 0
    square = np.empty(len(active), dtype=np.float64)
    for a in range(len(active)):
        column = values[by_column[active[a]] : by_column[active[a] + 1]]
        square[a] = np.dot(column, column)
    everyone = True
    while sweeps < epochs:
        largest = 0.0
        for a in range(len(active)):
            k = active[a]
            if not everyone and weights[k] == 0:
                continue
            slope = 0.0
            for at in range(by_column[k], by_column[k + 1]):
                slope += values[at] * left[rows[at]]
            to = np.float32(_moved(slope, square[a], weights[k], l1, l2, signed))
            change = to - weights[k]
            if change != 0:
                weights[k] = to
                for at in range(by_column[k], by_column[k + 1]):
                    left[rows[at]] -= change * values[at]
                largest = max(largest, abs(change))
        sweeps += 1
        if largest < tolerance:
            if everyone:
                break
            everyone = True
        else:
            everyone = False
    return sweeps

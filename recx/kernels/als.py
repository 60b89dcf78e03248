"""Half a step of alternating least squares on implicit feedback: every row solved exactly."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64

PANEL = 256
"""Entries of a row that are gathered for one matrix product."""


@nb.njit(cache=True, parallel=True, nogil=True)
def solve_rows(
    indptr: Int64, indices: Int32, weights: Float32, others: Float32, everywhere: Float32, reg: Float32
) -> Float32:
    """x_r minimising sum_c w_rc (1 - x_r y_c)^2 + x_r G x_r + reg_r |x_r|^2 for every row r: (n, factors).

    The sum runs over the row's entries, G (``everywhere``) is the unobserved weight times Y^T Y. Solves
    (G + sum w y y^T + reg_r I) x = sum w y by Cholesky. A row without entries is 0. The rows run in
    parallel and call BLAS, which the caller holds to one thread.
    """
    n = len(indptr) - 1
    factors = others.shape[1]
    out = np.zeros((n, factors), dtype=np.float32)
    blocks = min(n, 256)
    for block in nb.prange(blocks):
        left = np.empty((factors, factors), dtype=np.float32)
        plain = np.empty((PANEL, factors), dtype=np.float32)
        weighted = np.empty((PANEL, factors), dtype=np.float32)
        # rows of like length lie together where ids follow popularity: deal them out like cards
        for row in range(block, n, blocks):
            start, end = indptr[row], indptr[row + 1]
            if start == end:
                continue
            x = out[row]
            left[:] = everywhere
            for a in range(factors):
                left[a, a] += reg[row]
            while start < end:
                size = min(PANEL, end - start)
                for t in range(size):
                    y = others[indices[start + t]]
                    weight = weights[start + t]
                    for a in range(factors):
                        plain[t, a] = y[a]
                        weighted[t, a] = weight * y[a]
                        x[a] += weighted[t, a]
                left += np.dot(plain[:size].T, weighted[:size])
                start += size
            _solve(left, x)
    return out


@nb.njit(cache=True)
def _solve(left: Float32, x: Float32) -> None:
    """Solve left z = x into x; left is positive definite; only its upper half is read, and lost."""
    n = len(x)
    for first in range(0, n, 4):
        last = min(first + 4, n)
        for k in range(first, last):
            line = left[k]
            # rounding may push the last pivots of a nearly singular system to or below 0
            inverse = np.float32(1) / np.sqrt(max(line[k], np.float32(1e-20)))
            for b in range(k, n):
                line[b] *= inverse
            x[k] *= inverse
            for a in range(k + 1, last):
                _subtract(left[a], line, line[a], a, n)
                x[a] -= line[a] * x[k]
        if last == n:
            break
        # the rest takes four rows at once: a quarter of the traffic
        r0, r1, r2, r3 = left[first], left[first + 1], left[first + 2], left[first + 3]
        for a in range(last, n):
            f0, f1, f2, f3 = r0[a], r1[a], r2[a], r3[a]
            x[a] -= f0 * x[first] + f1 * x[first + 1] + f2 * x[first + 2] + f3 * x[first + 3]
            line = left[a]
            for b in range(a, n):
                line[b] -= f0 * r0[b] + f1 * r1[b] + f2 * r2[b] + f3 * r3[b]
    for k in range(n - 1, -1, -1):
        total = x[k]
        line = left[k]
        for b in range(k + 1, n):
            total -= line[b] * x[b]
        x[k] = total / line[k]


@nb.njit(cache=True, inline="always")
def _subtract(line: Float32, other: Float32, factor: float, start: int, end: int) -> None:
    for b in range(start, end):
        line[b] -= factor * other[b]


@nb.njit(cache=True, parallel=True, nogil=True)
def loss_of_rows(
    indptr: Int64,
    indices: Int32,
    weights: Float32,
    rows: Float32,
    others: Float32,
    everywhere: Float32,
    reg: Float32,
) -> Float64:
    """What ``solve_rows`` minimises, of every row at ``rows``: (n,)."""
    n = len(indptr) - 1
    factors = rows.shape[1]
    out = np.zeros(n, dtype=np.float64)
    for row in nb.prange(n):
        x = rows[row]
        total = 0.0
        for at in range(indptr[row], indptr[row + 1]):
            y = others[indices[at]]
            inner = 0.0
            for a in range(factors):
                inner += x[a] * y[a]
            total += weights[at] * (1 - inner) ** 2
        for a in range(factors):
            inner = reg[row] * x[a]
            for b in range(factors):
                inner += everywhere[a, b] * x[b]
            total += x[a] * inner
        out[row] = total
    return out

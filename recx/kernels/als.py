"""Half a step of alternating least squares on implicit feedback: every row solved exactly."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def solve_rows(
    indptr: Int64, indices: Int32, weights: Float32, others: Float32, everywhere: Float32, reg: Float32
) -> Float32:
    """x_r minimising sum_c w_rc (1 - x_r y_c)^2 + x_r G x_r + reg_r |x_r|^2 for every row r: (n, factors).

    The sum runs over the row's entries, G (``everywhere``) is the unobserved weight times Y^T Y. Solves
    (G + sum w y y^T + reg_r I) x = sum w y by Cholesky. A row without entries is 0.
    """
    n = len(indptr) - 1
    factors = others.shape[1]
    out = np.zeros((n, factors), dtype=np.float32)
    blocks = min(n, 256)
    for block in nb.prange(blocks):
        left = np.empty((factors, factors), dtype=np.float32)
        # rows of like length lie together where ids follow popularity: deal them out like cards
        for row in range(block, n, blocks):
            if indptr[row] == indptr[row + 1]:
                continue
            x = out[row]
            left[:] = everywhere
            for a in range(factors):
                left[a, a] += reg[row]
            for at in range(indptr[row], indptr[row + 1]):
                y = others[indices[at]]
                weight = weights[at]
                for a in range(factors):
                    scaled = weight * y[a]
                    x[a] += scaled
                    line = left[a]
                    for b in range(a, factors):
                        line[b] += scaled * y[b]
            _solve(left, x)
    return out


@nb.njit(cache=True)
def _solve(left: Float32, x: Float32) -> None:
    """Solve left z = x into x; left is positive definite; only its upper half is read, and lost."""
    n = len(x)
    for k in range(n):
        line = left[k]
        # rounding may push the last pivots of a nearly singular system to or below 0
        pivot = np.sqrt(max(line[k], np.float32(1e-20)))
        inverse = np.float32(1) / pivot
        for b in range(k, n):
            line[b] *= inverse
        x[k] *= inverse
        known = x[k]
        for a in range(k + 1, n):
            factor = line[a]
            x[a] -= factor * known
            below = left[a]
            for b in range(a, n):
                below[b] -= factor * line[b]
    for k in range(n - 1, -1, -1):
        total = x[k]
        line = left[k]
        for b in range(k + 1, n):
            total -= line[b] * x[b]
        x[k] = total / line[k]


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

"""One multiplicative update of non-negative factors."""

from typing import Any

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64
from recx.kernels.sgd import FAST


def multiply_rows(
    indptr: Int64,
    columns: Int32,
    values: Float32,
    own: Float32,
    others: Float32,
    everywhere: Float32,
    reg: float,
    unobserved: float,
) -> float:
    """Multiply every row p of ``own``, in place; the squared error of the entries before the update, summed.

    p_f *= sum_i r_i q_if / (sum_i (1 - unobserved) (p q_i) q_if + (p everywhere)_f + reg n p_f)  over the n
    entries r_i = values of the row, q_i = ``others`` of their columns; ``everywhere`` is
    unobserved x others^T others. Rows without an entry are left alone.
    """
    weights = np.float32(reg), np.float32(unobserved)
    # summed here, in one order whatever the number of threads
    return float(_multiply(indptr, columns, values, own, others, everywhere, *weights).sum())


@nb.njit(cache=True, nogil=True, fastmath=FAST)
def _multiply_row(
    row: int,
    indptr: Int64,
    columns: Int32,
    values: Float32,
    own: Float32,
    others: Float32,
    everywhere: Float32,
    reg: np.float32,
    unobserved: np.float32,
) -> Any:
    factors = own.shape[1]
    above, below = np.zeros(factors, dtype=np.float32), np.zeros(factors, dtype=np.float32)
    squares = 0.0
    for at in range(indptr[row], indptr[row + 1]):
        i = np.uint32(columns[at])
        inner: Any = np.float32(0)
        for f in range(factors):
            inner += own[row, f] * others[i, f]
        value = values[at]
        error: Any = value - inner
        squares += error * error
        weight = (np.float32(1) - unobserved) * inner
        for f in range(factors):
            q = others[i, f]
            above[f] += value * q
            below[f] += weight * q
    if unobserved > 0:
        for g in range(factors):
            for f in range(factors):
                below[f] += own[row, g] * everywhere[g, f]
    penalty = reg * np.float32(indptr[row + 1] - indptr[row])
    for f in range(factors):
        p = own[row, f]
        # a factor that has died out has 0 above and 0 below
        own[row, f] = p * above[f] / max(below[f] + penalty * p, np.float32(1e-12))
    return squares


@nb.njit(cache=True, nogil=True, parallel=True, fastmath=FAST)
def _multiply(
    indptr: Int64,
    columns: Int32,
    values: Float32,
    own: Float32,
    others: Float32,
    everywhere: Float32,
    reg: np.float32,
    unobserved: np.float32,
) -> Float64:
    errors = np.zeros(len(own), dtype=np.float64)
    for row in nb.prange(len(own)):
        if indptr[row + 1] > indptr[row]:
            errors[row] = _multiply_row(
                row, indptr, columns, values, own, others, everywhere, reg, unobserved
            )
    return errors

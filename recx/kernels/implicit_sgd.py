"""One epoch of stochastic gradient descent on ratings whose rows also have implicit factors (SVD++)."""

import math
from typing import Any

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64
from recx.kernels.sgd import FAST


@nb.njit(cache=True, nogil=True, fastmath=FAST)
def implicit_epoch(
    order: Int32,
    rows: Int32,
    columns: Int32,
    values: Float32,
    indptr: Int64,
    members: Int32,
    mean: float,
    row_bias: Float32,
    column_bias: Float32,
    row_factors: Float32,
    column_factors: Float32,
    implicit: Float32,
    column_offset: Float32,
    lr: float,
    reg_bias: float,
    reg: float,
    reg_implicit: float,
) -> float:
    """Visit the ratings in ``order`` and update everything in place; the mean squared error on the way.

    Row u has the members N = members[indptr[u] : indptr[u + 1]], distinct, with the factors y = implicit[N].
    With z = |N|^-1/2 sum y_j, w = column_offset[i], e = r - mean - b_u - b_i - (p + z) (q + w), all before
    the update:  b += lr (e - reg_bias b),  p += lr (e (q + w) - reg p),  q += lr (e (p + z) - reg q),
    y_j += lr (e |N|^-1/2 (q + w) - reg_implicit y_j)  for every j in N.

    Every y_j of a row gets the same push, so that z moves by lr (e (q + w) - reg_implicit z), and m visits of
    one row in a run leave  y_j = (1 - lr reg_implicit)^m y_j + what was pushed. A run of visits to one row
    thus costs one pass over N instead of m, and gives the same numbers: nothing is approximated, whatever
    the order. Fast where ``order`` goes row by row.
    """
    factors = row_factors.shape[1]
    centre, rate = np.float32(mean), np.float32(lr)
    keep_bias, keep = np.float32(1 - lr * reg_bias), np.float32(1 - lr * reg)
    keep_implicit = np.float32(1 - lr * reg_implicit)
    z, pushed = np.empty(factors, dtype=np.float32), np.empty(factors, dtype=np.float32)
    total, visit, visits = 0.0, 0, len(order)
    while visit < visits:
        row = rows[order[visit]]
        u = np.uint32(row)
        start, stop = indptr[u], indptr[u + 1]
        root = np.float32(1 / math.sqrt(stop - start))
        z[:], pushed[:] = 0, 0
        for at in range(start, stop):
            j = np.uint32(members[at])
            for f in range(factors):
                z[f] += implicit[j, f]
        for f in range(factors):
            z[f] *= root
        kept: Any = np.float32(1)
        while visit < visits and rows[order[visit]] == row:
            rating = order[visit]
            i = np.uint32(columns[rating])
            inner: Any = np.float32(0)
            for f in range(factors):
                inner += (row_factors[u, f] + z[f]) * (column_factors[i, f] + column_offset[i, f])
            error: Any = values[rating] - centre - row_bias[u] - column_bias[i] - inner
            total += error * error
            step = rate * error
            row_bias[u] = keep_bias * row_bias[u] + step
            column_bias[i] = keep_bias * column_bias[i] + step
            for f in range(factors):
                p, q = row_factors[u, f], column_factors[i, f]
                push = step * (q + column_offset[i, f])
                row_factors[u, f] = keep * p + push
                column_factors[i, f] = keep * q + step * (p + z[f])
                z[f] = keep_implicit * z[f] + push
                pushed[f] = keep_implicit * pushed[f] + root * push
            kept *= keep_implicit
            visit += 1
        for at in range(start, stop):
            j = np.uint32(members[at])
            for f in range(factors):
                implicit[j, f] = kept * implicit[j, f] + pushed[f]
    return total / max(visits, 1)

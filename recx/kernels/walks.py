"""Random walks with restart over a bipartite graph."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def walks(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    rows: Int32,
    values: Float32,
    restart: float,
    tolerance: float,
    first: int,
    out: Float32,
) -> None:
    """Where walks end that start at row ``first`` …, into ``out`` (m, rows): personalised PageRank.

    pi = restart sum_t (1 - restart)^t e P^t, with P from a row to a column and back, each time in proportion
    to the entries; the graph is CSR (indptr, indices, data) and CSC (by_column, rows, values). By forward
    push (Andersen, Chung & Lang 2006): walkers wait at a row until more than ``tolerance`` per unit of the
    row's sum do, so that pi_j is short of at most ``tolerance`` times the sum of row j.
    """
    m, n = out.shape
    total = np.zeros(n, dtype=np.float64)
    by_total = np.zeros(len(by_column) - 1, dtype=np.float64)
    for row in range(n):
        for at in range(indptr[row], indptr[row + 1]):
            total[row] += data[at]
            by_total[indices[at]] += data[at]
    for start in nb.prange(m):
        ended = out[start]
        ended[:] = 0
        waiting = np.zeros(n, dtype=np.float64)
        queued = np.zeros(n, dtype=np.bool_)
        queue = np.empty(n + 1, dtype=np.int32)  # a ring: a row stands in it once
        queue[0] = first + start
        head, tail = 0, 1
        waiting[first + start] = 1.0
        queued[first + start] = True
        while head != tail:
            row = queue[head]
            head = head + 1 if head < n else 0
            queued[row] = False
            mass = waiting[row]
            waiting[row] = 0
            ended[row] += restart * mass
            if total[row] == 0:
                continue
            mass *= (1 - restart) / total[row]
            for at in range(indptr[row], indptr[row + 1]):
                column = indices[at]
                share = mass * data[at] / by_total[column]
                for there in range(by_column[column], by_column[column + 1]):
                    other = rows[there]
                    waiting[other] += share * values[there]
                    if not queued[other] and waiting[other] > tolerance * total[other]:
                        queued[other] = True
                        queue[tail] = other
                        tail = tail + 1 if tail < n else 0

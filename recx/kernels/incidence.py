"""Who was met with what at all: a log as lists of columns, without sorting it."""

import numba as nb
import numpy as np

from recx.arrays import Int32, Int64


@nb.njit(cache=True, nogil=True)
def incidence(rows: Int32, columns: Int32, n_columns: int) -> tuple[Int64, Int32]:
    """For every column the distinct rows that stand beside it, ascending: indptr (n_columns + 1,), rows.

    ``rows`` must ascend, so that a counting sort by column leaves every list in order.
    """
    indptr = np.zeros(n_columns + 1, dtype=np.int64)
    latest = np.full(n_columns, -1, dtype=np.int32)
    for at in range(len(rows)):
        column = columns[at]
        if latest[column] != rows[at]:
            latest[column] = rows[at]
            indptr[column + 1] += 1
    for column in range(n_columns):
        indptr[column + 1] += indptr[column]
    listed = np.empty(indptr[n_columns], dtype=np.int32)
    place = indptr[:-1].copy()
    latest[:] = -1
    for at in range(len(rows)):
        column = columns[at]
        if latest[column] != rows[at]:
            latest[column] = rows[at]
            listed[place[column]] = rows[at]
            place[column] += 1
    return indptr, listed

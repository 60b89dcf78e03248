"""A log as sparse lists of columns, by counting instead of sorting.

Listed by column and once more by row, a log is a canonical CSR matrix: every step keeps the order it finds.
"""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


@nb.njit(cache=True, nogil=True)
def by_column(indptr: Int64, columns: Int32, n_columns: int) -> tuple[Int64, Int32]:
    """For every column the distinct rows that hold it, ascending: indptr (n_columns + 1,), rows.

    Row r holds columns[indptr[r] : indptr[r + 1]], in any order and perhaps repeatedly.
    """
    starts, place, latest = _counted(indptr, columns, n_columns)
    rows = np.empty(starts[n_columns], dtype=np.int32)
    for row in range(len(indptr) - 1):
        for at in range(indptr[row], indptr[row + 1]):
            column = columns[at]
            if latest[column] != row:
                latest[column] = row
                rows[place[column]] = row
                place[column] += 1
    return starts, rows


@nb.njit(cache=True, nogil=True)
def values_by_column(
    indptr: Int64, columns: Int32, values: Float32, n_columns: int, last: bool
) -> tuple[Int64, Int32, Float32]:
    """The same with the value of each: the last of a row's equal columns, or their sum in order."""
    starts, place, latest = _counted(indptr, columns, n_columns)
    rows = np.empty(starts[n_columns], dtype=np.int32)
    merged = np.empty(starts[n_columns], dtype=np.float32)
    for row in range(len(indptr) - 1):
        for at in range(indptr[row], indptr[row + 1]):
            column = columns[at]
            if latest[column] != row:
                latest[column] = row
                rows[place[column]], merged[place[column]] = row, values[at]
                place[column] += 1
            elif last:
                merged[place[column] - 1] = values[at]
            else:
                merged[place[column] - 1] += values[at]
    return starts, rows, merged


@nb.njit(cache=True, nogil=True)
def _counted(indptr: Int64, columns: Int32, n_columns: int) -> tuple[Int64, Int64, Int32]:
    """Where each column's list begins, a copy of it to move on, and room for the row a column was met in."""
    starts = np.zeros(n_columns + 1, dtype=np.int64)
    latest = np.full(n_columns, -1, dtype=np.int32)
    for row in range(len(indptr) - 1):
        for at in range(indptr[row], indptr[row + 1]):
            column = columns[at]
            if latest[column] != row:
                latest[column] = row
                starts[column + 1] += 1
    for column in range(n_columns):
        starts[column + 1] += starts[column]
    latest[:] = -1
    return starts, starts[:-1].copy(), latest

"""Dense products of sparse rows: Gram matrices, and weighted sums of dense rows."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def gram(
    indptr: Int64, indices: Int32, data: Float32, by_column: Int64, rows: Int32, values: Float32, out: Float32
) -> None:
    """Add A A^T to ``out`` (n, n), the half with column <= row.

    A is CSR and (by_column, rows, values) its CSC, with ``rows`` ascending within a column.
    """
    n = len(indptr) - 1
    # rows near the end have the longer half: deal them out like cards
    blocks = min(n, 256)
    for block in nb.prange(blocks):
        for row in range(block, n, blocks):
            sums = out[row]
            for at in range(indptr[row], indptr[row + 1]):
                value = data[at]
                column = indices[at]
                for there in range(by_column[column], by_column[column + 1]):
                    other = rows[there]
                    if other > row:
                        break
                    sums[other] += value * values[there]


@nb.njit(cache=True, parallel=True, nogil=True)
def add_dense_rows(indptr: Int64, indices: Int32, weights: Float32, rows: Float32) -> Float32:
    """The dense product of a CSR matrix and a dense one: sums of weighted rows, (n, columns)."""
    n = len(indptr) - 1
    columns = rows.shape[1]
    out = np.zeros((n, columns), dtype=np.float32)
    for row in nb.prange(n):
        sums = out[row]
        for at in range(indptr[row], indptr[row + 1]):
            weight = weights[at]
            source = rows[indices[at]]
            for column in range(columns):
                sums[column] += weight * source[column]
    return out


@nb.njit(cache=True, parallel=True, nogil=True)
def mirror(half: Float32) -> None:
    """Copy the half of a square matrix with column <= row onto the other, in place."""
    n = len(half)
    blocks = min(n, 256)
    for block in nb.prange(blocks):
        for row in range(block, n, blocks):
            for column in range(row):
                half[column, row] = half[row, column]


@nb.njit(cache=True, parallel=True, nogil=True)
def diagonal_of_form(indptr: Int64, indices: Int32, data: Float32, square: Float32) -> Float32:
    """A S a^T of every row a of a CSR matrix, S symmetric: (n,)."""
    n = len(indptr) - 1
    out = np.zeros(n, dtype=np.float32)
    for row in nb.prange(n):
        total = 0.0
        for at in range(indptr[row], indptr[row + 1]):
            line = square[indices[at]]
            inner = 0.0
            for there in range(indptr[row], indptr[row + 1]):
                inner += line[indices[there]] * data[there]
            total += inner * data[at]
        out[row] = total
    return out

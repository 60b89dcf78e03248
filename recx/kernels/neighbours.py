"""Nearest neighbours of sparse rows, and what neighbours and histories add up to."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


@nb.njit(cache=True, parallel=True, nogil=True)
def similar(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    other: Int32,
    other_data: Float32,
    row_norm: Float32,
    other_norm: Float32,
    row_shift: Float32,
    other_shift: Float32,
    jaccard: bool,
    shrink: float,
    exclude: Int32,
    k: int,
) -> tuple[Int32, Float32]:
    """The k rows of B most similar to each row of A: indices (n, k), ascending, and similarities (n, k).

    A is CSR (indptr, indices, data); B is given by column: (by_column, other, other_data) is the CSR of B
    transposed. Where c = A B^T is not 0, similarity = (c - row_shift other_shift) / (row_norm other_norm +
    shrink), or with ``jaccard`` c / (row_norm + other_norm - c + shrink). Row ``exclude[r]`` of B is never a
    neighbour of row r (-1: none). Only positive similarities count; of equal ones the smaller index wins.
    Padded with -1 and 0.
    """
    n = len(indptr) - 1
    m = len(other_norm)
    neighbours = np.full((n, k), -1, dtype=np.int32)
    similarity = np.zeros((n, k), dtype=np.float32)
    blocks = min(n, 64)
    for block in nb.prange(blocks):
        dot = np.zeros(m, dtype=np.float32)
        touched = np.empty(m, dtype=np.int32)
        seen = np.zeros(m, dtype=np.bool_)
        for row in range(block, n, blocks):
            size = 0
            for at in range(indptr[row], indptr[row + 1]):
                value = data[at]
                column = indices[at]
                for there in range(by_column[column], by_column[column + 1]):
                    b = other[there]
                    dot[b] += value * other_data[there]
                    if not seen[b]:
                        seen[b] = True
                        touched[size] = b
                        size += 1
            kept = 0
            for t in range(size):
                b = touched[t]
                seen[b] = False
                common = dot[b]
                if jaccard:
                    below = row_norm[row] + other_norm[b] - common + shrink
                else:
                    common -= row_shift[row] * other_shift[b]
                    below = row_norm[row] * other_norm[b] + shrink
                if common > 0 and below > 0 and b != exclude[row]:
                    dot[b] = common / below
                    touched[kept] = b
                    kept += 1
                else:
                    dot[b] = 0
            _keep_best(touched[:kept], dot, k, neighbours[row], similarity[row])
            for t in range(kept):
                dot[touched[t]] = 0
    return neighbours, similarity


@nb.njit(cache=True, parallel=True, nogil=True)
def correlated(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    other: Int32,
    other_data: Float32,
    n_other: int,
    shrink: float,
    min_common: int,
    exclude: Int32,
    k: int,
) -> tuple[Int32, Float32]:
    """Like ``similar`` with the correlation of what both rows hold, shrunk by how much that is.

    similarity = sum xy / sqrt(sum xx sum yy) x (c - 1) / (c - 1 + shrink), all sums over the c common
    columns; x and y come centred. Rows with fewer than ``min_common`` common columns are no neighbours.
    """
    n = len(indptr) - 1
    neighbours = np.full((n, k), -1, dtype=np.int32)
    similarity = np.zeros((n, k), dtype=np.float32)
    blocks = min(n, 64)
    for block in nb.prange(blocks):
        xy = np.zeros(n_other, dtype=np.float32)
        xx = np.zeros(n_other, dtype=np.float32)
        yy = np.zeros(n_other, dtype=np.float32)
        common = np.zeros(n_other, dtype=np.int32)
        touched = np.empty(n_other, dtype=np.int32)
        for row in range(block, n, blocks):
            size = 0
            for at in range(indptr[row], indptr[row + 1]):
                x = data[at]
                column = indices[at]
                for there in range(by_column[column], by_column[column + 1]):
                    b = other[there]
                    y = other_data[there]
                    if common[b] == 0:
                        touched[size] = b
                        size += 1
                    common[b] += 1
                    xy[b] += x * y
                    xx[b] += x * x
                    yy[b] += y * y
            kept = 0
            for t in range(size):
                b = touched[t]
                c = common[b]
                value = np.float32(0)
                # below 1e-10 the rows hold nothing but their baseline, and the quotient is noise
                if xy[b] > 0 and c >= min_common and b != exclude[row] and xx[b] * yy[b] > 1e-10:
                    value = xy[b] / np.sqrt(xx[b] * yy[b]) * (c - 1) / max(c - 1 + shrink, 1e-9)
                xy[b] = value
                xx[b] = 0
                yy[b] = 0
                common[b] = 0
                if value > 0:
                    touched[kept] = b
                    kept += 1
                else:
                    xy[b] = 0
            _keep_best(touched[:kept], xy, k, neighbours[row], similarity[row])
            for t in range(kept):
                xy[touched[t]] = 0
    return neighbours, similarity


@nb.njit(cache=True)
def _keep_best(candidates: Int32, values: Float32, k: int, neighbours: Int32, similarity: Float32) -> None:
    """Write the k candidates of largest value, by index, and their values."""
    candidates.sort()
    n = len(candidates)
    bar, room = np.float32(-np.inf), 0
    if n > k:
        bar = np.partition(values[candidates], n - k)[n - k]
        room = k
        for candidate in candidates:
            room -= values[candidate] > bar
    size = 0
    for candidate in candidates:
        value = values[candidate]
        if value < bar or (value == bar and room == 0):
            continue
        # equal to the bar: as many as there is room for, smaller indices first
        room -= value == bar
        neighbours[size] = candidate
        similarity[size] = value
        size += 1


@nb.njit(cache=True, parallel=True, nogil=True)
def add_rows(
    indptr: Int64,
    indices: Int32,
    weights: Float32,
    row_indptr: Int64,
    row_indices: Int32,
    row_data: Float32,
    n_columns: int,
) -> Float32:
    """The dense product of two CSR matrices, (n, n_columns): sums of weighted rows of the second."""
    n = len(indptr) - 1
    out = np.zeros((n, n_columns), dtype=np.float32)
    for row in nb.prange(n):
        sums = out[row]
        for at in range(indptr[row], indptr[row + 1]):
            weight = weights[at]
            source = indices[at]
            for there in range(row_indptr[source], row_indptr[source + 1]):
                sums[row_indices[there]] += weight * row_data[there]
    return out


@nb.njit(cache=True, parallel=True, nogil=True)
def add_pairs(
    indptr: Int64,
    indices: Int32,
    weights: Float32,
    row_indptr: Int64,
    row_indices: Int32,
    row_data: Float32,
    row: Int32,
    column: Int32,
) -> Float32:
    """The entries (row, column) of ``add_rows``: rows of the second matrix are sorted, to be searched."""
    n = len(row)
    out = np.zeros(n, dtype=np.float32)
    for pair in nb.prange(n):
        total = np.float32(0)
        for at in range(indptr[row[pair]], indptr[row[pair] + 1]):
            source = indices[at]
            low, high = row_indptr[source], row_indptr[source + 1]
            place = low + np.searchsorted(row_indices[low:high], column[pair])
            if place < high and row_indices[place] == column[pair]:
                total += weights[at] * row_data[place]
        out[pair] = total
    return out


@nb.njit(cache=True, parallel=True, nogil=True)
def weighted_mean(
    neighbours: Int32,
    similarity: Float32,
    by_column: Int64,
    other: Int32,
    other_data: Float32,
    n_other: int,
    starts: Int64,
    column: Int32,
    k: int,
) -> tuple[Float32, Int32]:
    """Per pair the similarity-weighted mean of what the k nearest holders of the column hold; how many.

    ``neighbours`` (n, any) and ``similarity`` belong to row r, which asks about ``column`` from ``starts[r]``
    until ``starts[r + 1]``; (by_column, other, other_data) lists the holders of each column. Ties at the k-th
    place all count; 0 where nobody near holds it.
    """
    means = np.zeros(len(column), dtype=np.float32)
    counts = np.zeros(len(column), dtype=np.int32)
    n = len(neighbours)
    for row in nb.prange(n):
        if starts[row] == starts[row + 1]:
            continue
        near = np.zeros(n_other, dtype=np.float32)
        for t in range(neighbours.shape[1]):
            if neighbours[row, t] >= 0:
                near[neighbours[row, t]] = similarity[row, t]
        for pair in range(starts[row], starts[row + 1]):
            low, high = by_column[column[pair]], by_column[column[pair] + 1]
            held = near[other[low:high]]
            bar = np.float32(0)
            if high - low > k:
                bar = np.partition(held, high - low - k)[high - low - k]
            above = np.float32(0)
            below = np.float32(0)
            size = 0
            for t in range(high - low):
                if held[t] > 0 and held[t] >= bar:
                    above += held[t] * other_data[low + t]
                    below += held[t]
                    size += 1
            if size:
                means[pair] = above / below
                counts[pair] = size
    return means, counts

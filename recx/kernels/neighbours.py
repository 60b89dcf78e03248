"""What the rows of neighbours and histories add up to."""

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


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


@nb.njit(cache=True, parallel=True, nogil=True)
def listed_mean(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    list_indptr: Int64,
    listed: Int32,
    similarity: Float32,
    row: Int32,
    column: Int32,
    k: int,
) -> tuple[Float32, Int32]:
    """Per pair (row, column) the mean of what the row holds, by how similar the column is to it; of how many.

    CSR (indptr, indices, data) is what the rows hold; (list_indptr, listed, similarity), sorted to be
    searched, lists what is similar to each of it. Only the k most similar count, with ties at the k-th place;
    0 where nothing similar is held.
    """
    means = np.zeros(len(row), dtype=np.float32)
    counts = np.zeros(len(row), dtype=np.int32)
    for pair in nb.prange(len(row)):
        first, last = indptr[row[pair]], indptr[row[pair] + 1]
        near = np.zeros(last - first, dtype=np.float32)
        for at in range(first, last):
            low, high = list_indptr[indices[at]], list_indptr[indices[at] + 1]
            place = low + np.searchsorted(listed[low:high], column[pair])
            if place < high and listed[place] == column[pair]:
                near[at - first] = similarity[place]
        bar = np.float32(0)
        if len(near) > k:
            bar = np.partition(near, len(near) - k)[len(near) - k]
        above = np.float32(0)
        below = np.float32(0)
        for t in range(len(near)):
            if near[t] > 0 and near[t] >= bar:
                above += near[t] * data[first + t]
                below += near[t]
                counts[pair] += 1
        if counts[pair]:
            means[pair] = above / below
    return means, counts

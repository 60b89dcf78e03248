"""The k nearest of sparse rows: only what two rows share is looked at, only what may stay is divided."""

import numba as nb
import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Int32, Int64

Byte = npt.NDArray[np.uint8]
Unsigned = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
SLACK = np.float32(0.99999)  # what rounding may take off a product, generously


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
    columns = other.view(np.uint32)  # an unsigned index needs no check for counting from the end
    ones = bool(np.all(other_data == 1))
    # c / (row_norm other_norm) is then at least the similarity, so most candidates need no division
    bounded = not jaccard and shrink >= 0 and not (np.any(row_shift) and np.any(other_shift))
    blocks = min(n, 64)
    for block in nb.prange(blocks):
        dot = np.zeros(m, dtype=np.float32)
        seen = np.zeros(m, dtype=np.uint8)
        touched = np.empty(m + 1, dtype=np.uint32)
        keys = np.empty(max(4 * k, 256), dtype=np.uint64)
        for row in range(block, n, blocks):
            first, last = indptr[row], indptr[row + 1]
            work = 0
            for at in range(first, last):
                work += by_column[indices[at] + 1] - by_column[indices[at]]
            crowded = work > 2 * m
            if crowded:
                _add(first, last, indices, data, by_column, columns, other_data, ones, dot)
                size = m
            else:
                size = _add_and_list(
                    first, last, indices, data, by_column, columns, other_data, ones, dot, seen, touched
                )
            if exclude[row] >= 0:
                dot[exclude[row]] = 0
            kept = _gather(
                dot, touched, size, crowded, row_norm[row], other_norm, row_shift[row], other_shift,
                jaccard, shrink, bounded, k, keys,
            )  # fmt: skip
            if crowded:
                dot[:] = 0
            else:
                for t in range(size):
                    dot[touched[t]] = 0
                    seen[touched[t]] = 0
            write_best(keys, kept, k, neighbours[row], similarity[row])
    return neighbours, similarity


@nb.njit(cache=True, nogil=True)
def _add(
    first: int,
    last: int,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    columns: Unsigned,
    other_data: Float32,
    ones: bool,
    dot: Float32,
) -> None:
    """Add the products of one row with all others to ``dot``."""
    for at in range(first, last):
        value, column = data[at], indices[at]
        if ones:
            for there in range(by_column[column], by_column[column + 1]):
                dot[columns[there]] += value
        else:
            for there in range(by_column[column], by_column[column + 1]):
                dot[columns[there]] += value * other_data[there]


@nb.njit(cache=True, nogil=True)
def _add_and_list(
    first: int,
    last: int,
    indices: Int32,
    data: Float32,
    by_column: Int64,
    columns: Unsigned,
    other_data: Float32,
    ones: bool,
    dot: Float32,
    seen: Byte,
    touched: Unsigned,
) -> int:
    """The same where few are met: list them, too, and say how many. ``touched`` has room for one too many."""
    size = 0
    for at in range(first, last):
        value, column = data[at], indices[at]
        for there in range(by_column[column], by_column[column + 1]):
            b = columns[there]
            dot[b] += value if ones else value * other_data[there]
            touched[size] = b  # written over by the next unless it is new: no branch to guess wrong
            size += 1 - seen[b]
            seen[b] = 1
    return size


@nb.njit(cache=True, nogil=True)
def _gather(
    dot: Float32,
    touched: Unsigned,
    size: int,
    crowded: bool,
    row_norm: float,
    other_norm: Float32,
    row_shift: float,
    other_shift: Float32,
    jaccard: bool,
    shrink: float,
    bounded: bool,
    k: int,
    keys: Keys,
) -> int:
    """Put the keys of what may be among the k best into ``keys``; how many."""
    kept, bar, floor = 0, np.uint64(0), np.float32(0)
    line = 16 if crowded else 1
    for start in range(0, size, line):
        stop = min(size, start + line)
        if crowded and bounded:
            hits = 0
            for b in range(start, stop):
                hits += dot[b] > floor * other_norm[b]
            if hits == 0:
                continue
        for t in range(start, stop):
            b = t if crowded else int(touched[t])
            common = dot[b]
            if common == 0 or (bounded and not common > floor * other_norm[b]):
                continue
            if jaccard:
                below = row_norm + other_norm[b] - common + shrink
            else:
                common -= row_shift * other_shift[b]
                below = row_norm * other_norm[b] + shrink
            if common > 0 and below > 0:
                before = bar
                kept, bar = push(keys, kept, bar, np.float32(common / below), b, k)
                if bar != before:
                    floor = value_of(bar) * row_norm * SLACK
    return kept


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
        keys = np.empty(max(4 * k, 256), dtype=np.uint64)
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
            kept, bar = 0, np.uint64(0)
            for t in range(size):
                b = touched[t]
                c = common[b]
                # below 1e-10 the rows hold nothing but their baseline, and the quotient is noise
                if xy[b] > 0 and c >= min_common and b != exclude[row] and xx[b] * yy[b] > 1e-10:
                    value = xy[b] / np.sqrt(xx[b] * yy[b]) * (c - 1) / max(c - 1 + shrink, 1e-9)
                    if value > 0:
                        kept, bar = push(keys, kept, bar, np.float32(value), b, k)
                xy[b] = 0
                xx[b] = 0
                yy[b] = 0
                common[b] = 0
            write_best(keys, kept, k, neighbours[row], similarity[row])
    return neighbours, similarity


@nb.njit(cache=True, parallel=True, nogil=True)
def pack(neighbours: Int32, similarity: Float32) -> tuple[Int64, Int32, Float32]:
    """Padded lists as CSR: indptr (n + 1,), indices, values."""
    n, k = neighbours.shape
    indptr = np.zeros(n + 1, dtype=np.int64)
    for row in range(n):
        size = k
        while size > 0 and neighbours[row, size - 1] < 0:
            size -= 1
        indptr[row + 1] = indptr[row] + size
    indices = np.empty(indptr[n], dtype=np.int32)
    values = np.empty(indptr[n], dtype=np.float32)
    for row in nb.prange(n):
        for t in range(indptr[row + 1] - indptr[row]):
            indices[indptr[row] + t] = neighbours[row, t]
            values[indptr[row] + t] = similarity[row, t]
    return indptr, indices, values


# A key is a candidate as one number, the larger the better: the bits of its value, which is positive and
# sorts like them, above those of its index counted from the end, so that of equals the first wins. Which k
# are largest then never depends on the order in which they are met.


@nb.njit(cache=True, nogil=True)
def push(
    keys: Keys, kept: int, bar: np.uint64, value: np.float32, index: int, k: int
) -> tuple[int, np.uint64]:
    """Add a candidate unless k better ones are known; full keys shrink to the k best, the last is the bar."""
    key = (np.uint64(np.float32(value).view(np.uint32)) << HALF) | (LOW - np.uint64(index))
    if key > bar:
        keys[kept] = key
        kept += 1
        if kept == len(keys):
            _keep_best(keys, kept, k)
            bar = keys[k - 1]
            kept = k
    return kept, bar


@nb.njit(cache=True, nogil=True)
def value_of(key: np.uint64) -> np.float32:
    """The value of a key."""
    return np.uint32(key >> HALF).view(np.float32)


@nb.njit(cache=True, nogil=True)
def _keep_best(keys: Keys, n: int, k: int) -> None:
    """Move the k largest of the first n to the front, the smallest of them to place k - 1 (quickselect)."""
    low, high, want = 0, n - 1, k - 1
    while low < high:
        a, b, c = keys[low], keys[(low + high) >> 1], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] > pivot:
                i += 1
            while keys[j] < pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                i += 1
                j -= 1
        if want <= j:
            high = j
        elif want >= i:
            low = i
        else:
            return


@nb.njit(cache=True, nogil=True)
def write_best(keys: Keys, kept: int, k: int, neighbours: Int32, similarity: Float32) -> None:
    """Write the k best of ``keys`` by index, and their values."""
    if kept > k:
        _keep_best(keys, kept, k)
        kept = k
    for t in range(kept):  # index first, to sort by it
        keys[t] = ((LOW - (keys[t] & LOW)) << HALF) | (keys[t] >> HALF)
    keys[:kept].sort()
    for t in range(kept):
        neighbours[t] = np.int32(keys[t] >> HALF)
        similarity[t] = np.uint32(keys[t] & LOW).view(np.float32)

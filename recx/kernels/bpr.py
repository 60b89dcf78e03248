"""Stochastic gradient steps on pairs (BPR), on several threads and with one result for any number of them.

Users are cut into blocks and, anew in every epoch, items too. A cell is the events of a user block with an
item block, and its negatives come from the same item block: cells that share neither block touch different
rows and run side by side, as in the stratified SGD of Gemulla et al. 2011. As the item blocks are random, a
negative is any item with equal chance over the epochs. A cell's rows fit the cache, which alone makes the
steps faster than in random order over all rows.
"""

from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Float64, Int32, Int64

UInt64 = npt.NDArray[np.uint64]

LOOSE = {"reassoc", "contract", "nsz"}
"""Sums may be taken in vector lanes: rounded otherwise than in order, and the same in every run."""
TRIES = 32
"""Draws of a negative before a step is left out, for users who have met nearly all of a block."""
BOUND = 30.0
"""Differences of scores are held within this: the gradient beyond is 1e-13."""


@nb.njit(cache=True, nogil=True)
def seeded(seed: Any, number: int) -> Any:
    """A state of ``next_state``, never 0, far from those of neighbouring seeds and numbers (splitmix64)."""
    z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(number) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))) | np.uint64(1)


@nb.njit(cache=True, nogil=True)
def next_state(state: Any) -> Any:
    """xorshift64 (Marsaglia 2003)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@nb.njit(cache=True, nogil=True)
def below(state: Any, n: int) -> Any:
    """A number from 0 to n - 1 out of the state's upper half."""
    return np.int64(((state >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@nb.njit(cache=True, nogil=True)
def in_order(values: Float64) -> float:
    """The sum, from the first to the last: in a parallel kernel numba sums by thread, and rounds by that."""
    total = 0.0
    for value in values:
        total += value
    return total


@nb.njit(cache=True, nogil=True)
def _draw(state: Any, weights: Float32) -> Any:
    """A place of the cumulated ``weights``, by their chances."""
    wanted = np.float32(state >> np.uint64(40)) / np.float32(1 << 24) * weights[-1]
    return min(np.searchsorted(weights, wanted, side="right"), len(weights) - 1)


@nb.njit(cache=True, nogil=True)
def _place(user: int, item: int, mask: Any) -> Any:
    """The bit of a pair in a filter of ``mask`` + 1 bits."""
    z = np.uint64(user) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(item) * np.uint64(0xD1B54A32D192ED03)
    return (z ^ (z >> np.uint64(32))) & mask


@nb.njit(cache=True, nogil=True)
def pair_filter(indptr: Int64, indices: Int32) -> UInt64:
    """A Bloom filter of one hash over all pairs of a CSR matrix, 16 to 32 bits for each: words of 64 bits.

    A pair whose bit is not set is not in the matrix, which spares 19 of 20 negatives the search for it.
    """
    words = 1
    while words * 64 < 16 * len(indices):
        words *= 2
    bits = np.zeros(words, dtype=np.uint64)
    mask = np.uint64(words * 64 - 1)
    for user in range(len(indptr) - 1):
        for at in range(indptr[user], indptr[user + 1]):
            place = _place(user, indices[at], mask)
            bits[place >> np.uint64(6)] |= np.uint64(1) << (place & np.uint64(63))
    return bits


@nb.njit(cache=True, nogil=True)
def _holds(row: Int32, item: int) -> Any:
    """Whether the ascending ``row`` holds ``item``."""
    at = np.searchsorted(row, item)
    return at < len(row) and row[at] == item


@nb.njit(cache=True, nogil=True, fastmath=LOOSE)
def _step(p: Float32, a: Float32, b: Float32, bias: Float32, i: int, j: int, rate: Any, shrink: Any) -> Any:
    """One step on user p and items a (i, met) and b (j, not met), all in place; 1 + e^-x."""
    x = bias[i] - bias[j]
    for f in range(len(p)):
        x += p[f] * (a[f] - b[f])
    e = np.exp(-min(max(x, np.float32(-BOUND)), np.float32(BOUND)))
    g = rate * (e / (np.float32(1) + e))
    keep = np.float32(1) - shrink
    for f in range(len(p)):
        u, v, w = p[f], a[f], b[f]
        p[f] = keep * u + g * (v - w)
        a[f] = keep * v + g * u
        b[f] = keep * w - g * u
    bias[i] = keep * bias[i] + g
    bias[j] = keep * bias[j] - g
    return np.float64(1) + e


@nb.njit(cache=True, parallel=True, nogil=True)
def deal(
    bounds: Int64, indptr: Int64, indices: Int32, block_of: Int32, n_blocks: int
) -> tuple[Int64, Int32, Int32]:
    """Events by cell: where the cells of each user block begin and end, and the events' users and items.

    User block b holds the users from bounds[b] up to bounds[b + 1]; ``block_of`` is each item's block.
    """
    users, items = np.empty_like(indices), np.empty_like(indices)
    cells = np.zeros((len(bounds) - 1, n_blocks + 1), dtype=np.int64)
    for b in nb.prange(len(bounds) - 1):
        begin = cells[b]
        begin[0] = indptr[bounds[b]]
        for at in range(indptr[bounds[b]], indptr[bounds[b + 1]]):
            begin[block_of[indices[at]] + 1] += 1
        for c in range(n_blocks):
            begin[c + 1] += begin[c]
        free = begin.copy()
        for user in range(bounds[b], bounds[b + 1]):
            for at in range(indptr[user], indptr[user + 1]):
                c = block_of[indices[at]]
                users[free[c]], items[free[c]] = user, indices[at]
                free[c] += 1
    return cells, users, items


@nb.njit(cache=True, nogil=True)
def _shuffle(users: Int32, items: Int32, state: Any) -> Any:
    for k in range(len(users) - 1, 0, -1):
        state = next_state(state)
        other = below(state, k + 1)
        users[k], users[other] = users[other], users[k]
        items[k], items[other] = items[other], items[k]
    return state


@nb.njit(cache=True, nogil=True)
def _train_cell(
    users: Int32, items: Int32, pool: Int32, weights: Float32, indptr: Int64, met: Int32, bits: UInt64,
    user_factors: Float32, item_factors: Float32, bias: Float32, rate: Any, shrink: Any, state: Any,
) -> tuple[float, int]:  # fmt: skip
    """A pass over a cell's events in random order: the summed loss and the number of steps."""
    state = _shuffle(users, items, state)
    mask = np.uint64(64 * len(bits) - 1)
    total, product, steps = 0.0, 1.0, 0
    for k in range(len(users)):
        user, i = users[k], items[k]
        for _ in range(TRIES):
            state = next_state(state)
            j = pool[_draw(state, weights) if len(weights) else below(state, len(pool))]
            place = _place(user, j, mask)
            maybe = (bits[place >> np.uint64(6)] >> (place & np.uint64(63))) & np.uint64(1)
            if maybe == 0 or not _holds(met[indptr[user] : indptr[user + 1]], j):
                product *= _step(
                    user_factors[user], item_factors[i], item_factors[j], bias, i, j, rate, shrink
                )
                steps += 1
                # one logarithm for the product of sixteen, which stays below e^480
                if steps & 15 == 0:
                    total += np.log(product)
                    product = 1.0
                break
    return total + np.log(product), steps


@nb.njit(cache=True, parallel=True, nogil=True)
def pairwise_epoch(
    cells: Int64, users: Int32, items: Int32, pool: Int32, pool_bounds: Int64, weights: Float32,
    indptr: Int64, met: Int32, bits: UInt64,
    user_factors: Float32, item_factors: Float32, bias: Float32, lr: float, reg: float, seed: int,
) -> float:  # fmt: skip
    """A step for every event, in place and in random order; the mean of -ln sigma(x_ui - x_uj).

    ``cells``, ``users`` and ``items`` come from ``deal``, with as many user blocks as item blocks; item block
    c is pool[pool_bounds[c] : pool_bounds[c + 1]], and ``weights``, unless empty, are the chances of its
    items, cumulated within the block. ``indptr`` and ``met``, ascending in a row, hold what is no negative of
    a user, ``bits`` their filter. With g = sigma(-x), all from the old:  p += lr (g (q_i - q_j) - reg p),
    q_i += lr (g p - reg q_i),  q_j += lr (-g p - reg q_j),  b_i and b_j as q with p = 1.
    """
    blocks = len(cells)
    rate, shrink = np.float32(lr), np.float32(lr * reg)
    losses, steps = np.zeros(blocks), np.zeros(blocks, dtype=np.int64)
    for turn in range(blocks):
        for b in nb.prange(blocks):
            c = (b + turn) % blocks
            part = slice(cells[b, c], cells[b, c + 1])
            block = slice(pool_bounds[c], pool_bounds[c + 1])
            loss, done = _train_cell(
                users[part], items[part], pool[block], weights[block], indptr, met, bits,
                user_factors, item_factors, bias, rate, shrink, seeded(seed, b * blocks + c),
            )  # fmt: skip
            losses[b] += loss
            steps[b] += done
    return float(in_order(losses) / max(1, steps.sum()))


@nb.njit(cache=True, parallel=True, nogil=True)
def learn_users(
    indptr: Int64, indices: Int32, item_factors: Float32, bias: Float32, passes: int, lr: float, reg: float
) -> Float32:
    """Factors of users from their items alone, which stay as they are: (n, factors).

    Steps as in ``pairwise_epoch`` from p = 0, ``passes`` over a row, with negatives from all items. Their
    draw is seeded by the row's items, so that a history gets the same factors wherever it stands.
    """
    out = np.zeros((len(indptr) - 1, item_factors.shape[1]), dtype=np.float32)
    rate, keep = np.float32(lr), np.float32(1 - lr * reg)
    for user in nb.prange(len(indptr) - 1):
        row = indices[indptr[user] : indptr[user + 1]]
        state = seeded(1, len(row))
        for i in row:
            state = seeded(int(state >> np.uint64(1)), i)
        for _ in range(passes):
            for i in row:
                for _ in range(TRIES):
                    state = next_state(state)
                    j = below(state, len(bias))
                    if not _holds(row, j):
                        _step_user(out[user], item_factors[i], item_factors[j], bias[i] - bias[j], rate, keep)
                        break
    return out


@nb.njit(cache=True, nogil=True, fastmath=LOOSE)
def _step_user(p: Float32, a: Float32, b: Float32, gap: Any, rate: Any, keep: Any) -> None:
    x = gap
    for f in range(len(p)):
        x += p[f] * (a[f] - b[f])
    g = rate / (np.float32(1) + np.exp(min(max(x, np.float32(-BOUND)), np.float32(BOUND))))
    for f in range(len(p)):
        p[f] = keep * p[f] + g * (a[f] - b[f])

"""Steps of Adam on batches of pairs (BPR), held against a pool of negatives that the pairs of a batch share.

A shared pool makes the scores of a batch one matrix product, so that hundreds of negatives for every pair
cost little more than their multiplications. Products are taken for ``CHUNK`` pairs at a time, on all threads,
and summed in one order: the result is the same for any number of them.

Adam moves every row in every step, those outside the batch by what is left of their mean gradient. Here a row
makes up for the steps it missed when it is needed next, which gives the same and takes far less time.
"""

from typing import Any

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64
from recx.kernels.bpr import BOUND, LOOSE, below, in_order, next_state, seeded

CHUNK = 64
"""Pairs whose products a thread takes at once."""
FADE, SQUARE_FADE, EPSILON = 0.9, 0.999, 1e-8
"""What a step leaves of the mean gradient and of the mean square, and what keeps from dividing by 0."""
LONGEST = 100
"""Steps after which a row that has no gradient stands still: they move it by 3e-5 of the first."""


@nb.njit(cache=True, nogil=True)
def _fill(pool: Int32, chances: Float64, first: Int32, before: Int32, state: Any) -> None:
    """Draw a pool, and chain its places by item: first[item] is the last drawn, then before[place]."""
    for at in range(len(pool)):
        state = next_state(state)
        if len(chances):
            wanted = np.float64(state >> np.uint64(11)) * 2.0**-53 * chances[-1]
            item = min(np.searchsorted(chances, wanted, side="right"), len(chances) - 1)
        else:
            item = below(state, len(first))
        pool[at] = item
        before[at] = first[item]
        first[item] = at


@nb.njit(cache=True, nogil=True)
def _places(ids: Int32, place_of: Int32, places: Int32, rows: Int32, n: int) -> int:
    """Give ids that have none a place, from n on; the place of each id, and how many there are then."""
    for k in range(len(ids)):
        if place_of[ids[k]] < 0:
            place_of[ids[k]] = n
            rows[n] = ids[k]
            n += 1
        places[k] = place_of[ids[k]]
    return n


@nb.njit(cache=True, nogil=True, fastmath=LOOSE)
def _weigh(row: Float32, x: Any, history: Int32, first: Int32, before: Int32) -> tuple[Any, Any]:
    """Scores of a pool to what each place weighs in the gradient, in place; their sum, and the loss.

    A weight is sigma(x_uj - x_ui) / places that count: those that hold nothing of the ``history``.
    """
    for at in range(len(row)):
        row[at] = min(max(row[at] - x, np.float32(-BOUND)), np.float32(BOUND))
    counted = len(row)
    for item in history:
        place = first[item]
        while place >= 0:
            row[place] = -BOUND
            counted -= 1
            place = before[place]
    share = np.float32(1 / counted if counted else 0)
    total, loss, product = np.float32(0), 0.0, 1.0
    for at in range(len(row)):
        e = np.exp(row[at])
        grown = np.float32(1) + e
        row[at] = share * (e / grown)
        total += row[at]
        product *= grown
        # one logarithm for the product of sixteen, which stays below e^481
        if at & 15 == 15:
            loss += np.log(product)
            product = 1.0
    return total, share * (loss + np.log(product))


@nb.njit(cache=True, nogil=True, fastmath=LOOSE)
def _add(sums: Float32, row: Float32, weight: Any) -> None:
    for f in range(len(sums)):
        sums[f] += weight * row[f]


@nb.njit(cache=True, nogil=True, fastmath=LOOSE)
def _catch_up(row: Float32, mean: Float32, square: Float32, sizes: Float64) -> None:
    """The steps of these sizes that a row has missed, in place: its gradient was 0 in all of them."""
    if len(sizes) == 0:
        return
    way, ratio = 0.0, 1.0
    for size in sizes[:LONGEST]:
        ratio *= FADE / SQUARE_FADE**0.5
        way += ratio * size
    far = np.float32(way)
    fade, square_fade = np.float32(FADE ** len(sizes)), np.float32(SQUARE_FADE ** len(sizes))
    for f in range(len(row)):
        row[f] -= far * mean[f] / (np.sqrt(square[f]) + np.float32(EPSILON))
        mean[f] *= fade
        square[f] *= square_fade


@nb.njit(cache=True, nogil=True, fastmath=LOOSE)
def _move(row: Float32, gradient: Float32, mean: Float32, square: Float32, size: Any) -> None:
    """One step of a row, in place."""
    for f in range(len(row)):
        g = gradient[f]
        mean[f] += np.float32(1 - FADE) * (g - mean[f])
        square[f] += np.float32(1 - SQUARE_FADE) * (g * g - square[f])
        row[f] -= size * mean[f] / (np.sqrt(square[f]) + np.float32(EPSILON))


@nb.njit(cache=True, parallel=True, nogil=True)
def pooled_epoch(
    users: Int32, items: Int32, batch: int, pool_size: int, chances: Float64, indptr: Int64, met: Int32,
    user_factors: Float32, item_factors: Float32, user_means: Float32, item_means: Float32,
    user_reg: Float32, item_reg: Float32, pool_reg: float, taken: int, lr: float, seed: int,
) -> float:  # fmt: skip
    """A step of Adam for every ``batch`` events, in place; the mean of -ln sigma(x_ui - x_uj).

    ``users`` and ``items`` are the events in the order they are taken. The ``pool_size`` negatives of a batch
    are drawn with return: by ``chances``, cumulated over all items, or all alike where it is empty;
    ``indptr`` and ``met`` hold what is no negative of a user. A step descends the sum over the batch of the
    mean over its pool of  -ln sigma(p_u (q_i - q_j)) + (a_u |p_u|^2 + b_i |q_i|^2 + c |q_j|^2) / 2, with the
    penalties a ``user_reg``, b ``item_reg`` and c ``pool_reg``. ``user_means`` and ``item_means``, (2, rows,
    factors), are the means of gradients and of their squares that the ``taken`` steps before have left. The
    caller holds BLAS to one thread.
    """
    n, d, n_items = len(users), user_factors.shape[1], len(item_factors)
    batch = max(1, min(batch, n))
    n_steps = (n + batch - 1) // batch
    steps = np.arange(taken + 1, taken + n_steps + 1)
    sizes = lr * np.sqrt(1 - SQUARE_FADE**steps) / (1 - FADE**steps)
    user_moved, item_moved = np.zeros(len(user_factors), np.int64), np.zeros(n_items, np.int64)
    first, before = np.full(n_items, -1, np.int32), np.empty(pool_size, np.int32)
    pool, pool_places = np.empty(pool_size, np.int32), np.empty(pool_size, np.int32)
    user_place, user_places = np.full(len(user_factors), -1, np.int32), np.empty(batch, np.int32)
    item_place, item_places = np.full(n_items, -1, np.int32), np.empty(batch, np.int32)
    user_rows, item_rows = np.empty(batch, np.int32), np.empty(batch + pool_size, np.int32)
    p, q = np.empty((batch, d), np.float32), np.empty((batch, d), np.float32)
    r, weights = np.empty((pool_size, d), np.float32), np.empty((batch, pool_size), np.float32)
    totals, losses = np.empty(batch, np.float32), np.zeros(batch)
    of_p, of_r = np.empty((batch, d), np.float32), np.empty((pool_size, d), np.float32)
    parts = np.empty(((batch + CHUNK - 1) // CHUNK, pool_size, d), np.float32)
    user_sums, item_sums = np.empty((batch, d), np.float32), np.empty((batch + pool_size, d), np.float32)
    total = 0.0
    for step in range(n_steps):
        start, end = step * batch, min(n, (step + 1) * batch)
        size = end - start
        _fill(pool, chances, first, before, seeded(seed, step))
        n_users = _places(users[start:end], user_place, user_places, user_rows, 0)
        n_rows = _places(items[start:end], item_place, item_places, item_rows, 0)
        n_rows = _places(pool, item_place, pool_places, item_rows, n_rows)
        for k in nb.prange(n_users):
            u = user_rows[k]
            _catch_up(user_factors[u], user_means[0, u], user_means[1, u], sizes[user_moved[u] : step])
            user_moved[u] = step + 1
        for k in nb.prange(n_rows):
            i = item_rows[k]
            _catch_up(item_factors[i], item_means[0, i], item_means[1, i], sizes[item_moved[i] : step])
            item_moved[i] = step + 1
        for at in nb.prange(pool_size):
            r[at] = item_factors[pool[at]]
        chunks = (size + CHUNK - 1) // CHUNK
        for c in nb.prange(chunks):
            part = slice(c * CHUNK, min(size, (c + 1) * CHUNK))
            for k in range(part.start, part.stop):
                p[k], q[k] = user_factors[users[start + k]], item_factors[items[start + k]]
            np.dot(p[part], r.T, weights[part])
            for k in range(part.start, part.stop):
                u, x = users[start + k], np.float32(0)
                for f in range(d):
                    x += p[k, f] * q[k, f]
                history = met[indptr[u] : indptr[u + 1]]
                totals[k], losses[k] = _weigh(weights[k], x, history, first, before)
            np.dot(weights[part], r, of_p[part])
            np.dot(weights[part].T, p[part], parts[c])
            for k in range(part.start, part.stop):
                _add(of_p[k], q[k], -totals[k])
                _add(of_p[k], p[k], user_reg[users[start + k]])
        for at in nb.prange(pool_size):
            of_r[at] = np.float32(pool_reg * size / pool_size) * r[at]
            for c in range(chunks):
                _add(of_r[at], parts[c, at], np.float32(1))
        user_sums[:n_users], item_sums[:n_rows] = 0, 0
        for k in range(size):
            _add(user_sums[user_places[k]], of_p[k], np.float32(1))
            _add(item_sums[item_places[k]], p[k], -totals[k])
            _add(item_sums[item_places[k]], q[k], item_reg[items[start + k]])
        for at in range(pool_size):
            _add(item_sums[pool_places[at]], of_r[at], np.float32(1))
            first[pool[at]] = -1
        for k in nb.prange(n_users):
            u = user_rows[k]
            _move(user_factors[u], user_sums[k], user_means[0, u], user_means[1, u], np.float32(sizes[step]))
            user_place[u] = -1
        for k in nb.prange(n_rows):
            i = item_rows[k]
            _move(item_factors[i], item_sums[k], item_means[0, i], item_means[1, i], np.float32(sizes[step]))
            item_place[i] = -1
        total += in_order(losses[:size])
    for u in nb.prange(len(user_factors)):
        _catch_up(user_factors[u], user_means[0, u], user_means[1, u], sizes[user_moved[u] :])
    for i in nb.prange(n_items):
        _catch_up(item_factors[i], item_means[0, i], item_means[1, i], sizes[item_moved[i] :])
    return float(total / max(1, n))

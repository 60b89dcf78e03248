"""One epoch of stochastic gradient descent on ratings."""

from typing import Any

import numba as nb
import numpy as np

from recx.arrays import Float32, Int32, Int64


@nb.njit(cache=True, nogil=True)
def rating_epoch(
    order: Int64,
    users: Int32,
    items: Int32,
    values: Float32,
    mean: float,
    user_bias: Float32,
    item_bias: Float32,
    user_factors: Float32,
    item_factors: Float32,
    lr: float,
    reg: float,
) -> float:
    """Visit the ratings in ``order`` and update everything in place; the mean squared error on the way.

    With e = r - mean - b_u - b_i - p q, taken before the update:  b_u += lr (e - reg b_u),  b_i likewise,
    p += lr (e q - reg p),  q += lr (e p - reg q), both from the old p and q.
    """
    factors = user_factors.shape[1]
    rate, shrink = np.float32(lr), np.float32(lr * reg)
    total = 0.0
    for at in order:
        u, i = users[at], items[at]
        p, q = user_factors[u], item_factors[i]
        inner: Any = np.float32(0)
        for f in range(factors):
            inner += p[f] * q[f]
        error: Any = np.float32(values[at] - mean - user_bias[u] - item_bias[i] - inner)
        total += error * error
        user_bias[u] += rate * error - shrink * user_bias[u]
        item_bias[i] += rate * error - shrink * item_bias[i]
        step = rate * error
        for f in range(factors):
            old = p[f]
            p[f] += step * q[f] - shrink * old
            q[f] += step * old - shrink * q[f]
    return total / max(len(order), 1)

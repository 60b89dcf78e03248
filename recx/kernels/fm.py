"""Gibbs sampling of a factorisation machine over blocks, and its ordered probit likelihood.

A row of the design is the sum of one row of every block (the user's, the item's, the day's). What the
features of a block need to know about the ratings is gathered once per row of the block, so a sweep costs
ratings x blocks + entries of the blocks, not entries of the design (Rendle 2013, "Scaling Factorization
Machines to Relational Data").
"""

import math
from typing import Any

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64

SMALLEST = 1e-300
"""Probabilities below would divide by zero."""


@nb.njit(cache=True, nogil=True)
def draw_weights(
    rows: Int32,
    n_rows: int,
    indptr: Int64,
    indices: Int32,
    entries: Float64,
    weights: Float64,
    error: Float64,
    noise_precision: float,
    mean: Float64,
    precision: Float64,
    normal: Float64,
) -> None:
    """Draw the linear weight of every feature of a block given all else; weights and error in place.

    ``rows`` (n,) is the block's row of every rating, one of ``n_rows``; indptr, indices, entries are its
    columns (CSC). With a the noise precision and N(mean, 1 / precision) the prior,  w_j ~ N(m / p, 1 / p),
    p = precision + a sum x^2,  m = precision mean + a (sum x error + w_j sum x^2),  over the ratings.
    """
    count, errors, change = np.zeros(n_rows), np.zeros(n_rows), np.zeros(n_rows)
    for n in range(len(rows)):
        count[rows[n]] += 1
        errors[rows[n]] += error[n]
    for j in range(len(weights)):
        square, linear = 0.0, 0.0
        for t in range(indptr[j], indptr[j + 1]):
            x, row = entries[t], indices[t]
            square += x * x * count[row]
            linear += x * errors[row]
        p = precision[j] + noise_precision * square
        m = precision[j] * mean[j] + noise_precision * (linear + weights[j] * square)
        drawn = m / p + normal[j] / math.sqrt(p)
        step = drawn - weights[j]
        weights[j] = drawn
        for t in range(indptr[j], indptr[j + 1]):
            x, row = entries[t], indices[t]
            change[row] += x * step
            errors[row] -= x * step * count[row]
    for n in range(len(rows)):
        error[n] -= change[rows[n]]


@nb.njit(cache=True, nogil=True)
def draw_factor(
    rows: Int32,
    n_rows: int,
    indptr: Int64,
    indices: Int32,
    entries: Float64,
    factor: Float64,
    sums: Float64,
    error: Float64,
    noise_precision: float,
    mean: Float64,
    precision: Float64,
    normal: Float64,
) -> None:
    """Draw one factor of every feature of a block given all else; factor, sums and error in place.

    ``sums`` (n,) is q = sum_j v_j x_j over all blocks, for every rating. The model is linear in v_j with
    slope h = x (q - v_j x), so the draw is that of ``draw_weights`` with h in place of x. With q = o + b, b
    the block's own part and o the others',  h = x (b - v_j x + o): the sums over the ratings of a row follow
    from its number of ratings and its sums of o, o^2, error and error x o, which are kept up to date.
    """
    # per row: b, and the squares that b^2 / 2 holds too much
    own, squares = np.zeros(n_rows), np.zeros(n_rows)
    for j in range(len(factor)):
        for t in range(indptr[j], indptr[j + 1]):
            part = factor[j] * entries[t]
            own[indices[t]] += part
            squares[indices[t]] += part * part
    inner = (own * own - squares) / 2
    # per row: ratings, sums of o, o^2, error and error x o
    kept = np.zeros((n_rows, 5))
    for n in range(len(rows)):
        row = rows[n]
        other = sums[n] - own[row]
        sums[n] = other
        k = kept[row]
        k[0] += 1
        k[1] += other
        k[2] += other * other
        k[3] += error[n]
        k[4] += error[n] * other
    now = own.copy()
    for j in range(len(factor)):
        v = factor[j]
        square, linear = 0.0, 0.0
        for t in range(indptr[j], indptr[j + 1]):
            x, row = entries[t], indices[t]
            k = kept[row]
            rest = now[row] - v * x
            square += x * x * (rest * (rest * k[0] + 2 * k[1]) + k[2])
            linear += x * (rest * k[3] + k[4])
        p = precision[j] + noise_precision * square
        m = precision[j] * mean[j] + noise_precision * (linear + v * square)
        drawn = m / p + normal[j] / math.sqrt(p)
        factor[j] = drawn
        for t in range(indptr[j], indptr[j + 1]):
            x, row = entries[t], indices[t]
            k = kept[row]
            rest = now[row] - v * x
            step = x * (drawn - v)
            now[row] += step
            squares[row] += x * x * (drawn * drawn - v * v)
            k[3] -= step * (rest * k[0] + k[1])
            k[4] -= step * (rest * k[1] + k[2])
    change = now - own
    inner = (now * now - squares) / 2 - inner
    for n in range(len(rows)):
        row = rows[n]
        other = sums[n]
        error[n] -= other * change[row] + inner[row]
        sums[n] = other + now[row]


@nb.njit(cache=True, nogil=True)
def ordered_likelihood(
    scores: Float64, levels: Int32, cutpoints: Float64
) -> tuple[float, Float64, Float64, Float64]:
    """The sum of log P(level | score) of the ordered probit model, its gradient in the cutpoints and the
    diagonal and first off-diagonal of its Hessian, which is tridiagonal.

    P(level <= k) = Phi(c_k - score) with c_0 < c_1 < ... (McCullagh 1980). Concave in the cutpoints.
    """
    n_cuts = len(cutpoints)
    total = 0.0
    slope, curve, beside = np.zeros(n_cuts), np.zeros(n_cuts), np.zeros(n_cuts)
    for n in range(len(scores)):
        level = levels[n]
        low = cutpoints[level - 1] - scores[n] if level > 0 else -np.inf
        high = cutpoints[level] - scores[n] if level < n_cuts else np.inf
        # the two tails are taken on the side where both are small, or their difference would vanish
        inside = _upper(low) - _upper(high) if low > 0 else _upper(-high) - _upper(-low)
        inside = max(inside, SMALLEST)
        total += math.log(inside)
        up = _density(high) / inside if level < n_cuts else 0.0
        down = _density(low) / inside if level > 0 else 0.0
        if level < n_cuts:
            slope[level] += up
            curve[level] -= up * (high + up)
        if level > 0:
            slope[level - 1] -= down
            curve[level - 1] += down * (low - down)
        if 0 < level < n_cuts:
            beside[level - 1] += up * down
    return total, slope, curve, beside


@nb.njit(cache=True)
def _upper(x: float) -> Any:
    """P(standard normal > x)."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))


@nb.njit(cache=True)
def _density(x: float) -> Any:
    return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


@nb.njit(cache=True, nogil=True)
def add_interpolated(scores: Float32, table: Float32, start: float, step: float, out: Float32) -> None:
    """Add to ``out`` the function that ``table`` holds at start, start + step, ..., at every score.

    Linear in between, constant beyond the ends. Scores and out: (n, m).
    """
    last = len(table) - 1
    scale, offset = np.float32(1 / step), np.float32(-start / step)
    for r in range(scores.shape[0]):
        for c in range(scores.shape[1]):
            place = min(max(scores[r, c] * scale + offset, np.float32(0)), np.float32(last))
            left = min(int(place), last - 1)
            share = place - np.float32(left)
            out[r, c] += table[left] + share * (table[left + 1] - table[left])

"""Half a step of alternating least squares by conjugate gradients, in a basis where they need few steps."""

from typing import Any

import numba as nb
import numpy as np

from recx.arrays import Float32, Float64, Int32, Int64
from recx.kernels.lanes import LANES, add_eight, fetch

TILE = 256
"""Rows in one matrix product."""
PARTS = 16
"""Sums that ``gram`` is made of: the same whatever the number of threads."""
CHUNK = 8
"""Neighbouring rows that are dealt together, so that the entries of the next are on their way."""


@nb.njit(cache=True, parallel=True, nogil=True)
def improve_rows(
    indptr: Int64,
    indices: Int32,
    weights: Float32,
    others: Float32,
    spectrum: Float32,
    reg: Float32,
    rows: Float32,
    steps: int,
) -> Float64:
    """Conjugate gradients towards x_r minimising sum_c w_rc (1 - x_r y_c)^2 + x_r G x_r + reg_r |x_r|^2.

    Every row x_r of ``rows`` goes ``steps`` steps from where it is, in place; the objective of each is
    returned: (n,). G must be diagonal: ``spectrum``. That costs one product with the eigenvectors of
    Y^T Y a table instead of one with G a row and step, and G + reg_r, all of the left-hand side but the
    row's own entries, becomes a free preconditioner. A row without entries is 0. The length of a row of
    factors is a multiple of 8. The objective falls out of the steps: each takes alpha r z from it.
    """
    n, factors = len(indptr) - 1, others.shape[1]
    losses = np.zeros(n, dtype=np.float64)
    chunks = (n + CHUNK - 1) // CHUNK
    piles = min(chunks, 256)
    for pile in nb.prange(piles):
        space = np.empty((4, factors), dtype=np.float32)
        last = np.zeros(LANES, dtype=np.int32), np.zeros(LANES, dtype=np.float32)
        # rows of like length lie together where ids follow popularity: deal them out like cards
        for chunk in range(pile, chunks, piles):
            for row in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK)):
                span = indptr[row], indptr[row + 1]
                if span[0] == span[1]:
                    rows[row] = 0
                    continue
                losses[row] = _improve(
                    span, indices, weights, others, spectrum, reg[row], rows[row], steps, space, last
                )
    return losses


@nb.njit(cache=True, fastmath={"reassoc", "contract"})
def _improve(
    span: tuple[int, int],
    indices: Int32,
    weights: Float32,
    others: Float32,
    spectrum: Float32,
    reg: Any,
    x: Float32,
    steps: int,
    space: Float32,
    last: tuple[Int32, Float32],
) -> Any:
    zero, one = np.float32(0), np.float32(1)
    left, r, p, product = space[0], space[1], space[2], space[3]
    loss, rz, factors = zero, zero, len(x)
    for a in range(factors):
        left[a] = spectrum[a] + reg
        r[a] = -left[a] * x[a]
        loss -= r[a] * x[a]
    loss += _add(span, indices, weights, others, x, r, one, -one, last, True)
    for a in range(factors):
        p[a] = r[a] / left[a]
        rz += p[a] * r[a]
    for step in range(steps):
        for a in range(factors):
            product[a] = left[a] * p[a]
        _add(span, indices, weights, others, p, product, zero, one, last, False)
        curve = zero
        for a in range(factors):
            curve += p[a] * product[a]
        if not curve > 1e-30:  # at the solution
            break
        alpha = rz / curve
        loss -= alpha * rz
        for a in range(factors):
            x[a] += alpha * p[a]
        if step + 1 == steps:
            break
        before, rz = rz, zero
        for a in range(factors):
            r[a] -= alpha * product[a]
            rz += r[a] * r[a] / left[a]
        beta = rz / before
        for a in range(factors):
            p[a] = r[a] / left[a] + beta * p[a]
    return loss


@nb.njit(cache=True)
def _add(
    span: tuple[int, int],
    indices: Int32,
    weights: Float32,
    others: Float32,
    x: Float32,
    out: Float32,
    shift: Any,
    scale: Any,
    last: tuple[Int32, Float32],
    first_time: bool,
) -> Any:
    """Out += sum_t w_t d_t y_t over the entries of a row, d_t = shift + scale (y_t x); sum_t w_t d_t^2."""
    at, end = span
    total = np.float32(0)
    while at < end:
        if first_time:
            for ahead in range(at + LANES, min(at + 2 * LANES, len(indices))):
                fetch(indices, ahead, others)
        if at + LANES <= end:
            total += add_eight(indices, weights, at, others, x, out, shift, scale)
        else:
            for t in range(LANES):
                last[0][t] = indices[min(at + t, end - 1)]
                last[1][t] = weights[at + t] if at + t < end else np.float32(0)
            total += add_eight(last[0], last[1], 0, others, x, out, shift, scale)
        at += LANES
    return total


@nb.njit(cache=True, parallel=True, nogil=True)
def gram_parts(factors: Float32) -> Float32:
    """Y^T Y as a sum of a few matrices: (parts, factors, factors). Calls BLAS, which the caller holds to one
    thread.
    """
    n, width = factors.shape
    parts = min(PARTS, max(1, n // TILE))
    out = np.zeros((parts, width, width), dtype=np.float32)
    for part in nb.prange(parts):
        rows = factors[part * n // parts : (part + 1) * n // parts]
        np.dot(rows.T, rows, out[part])
    return out


@nb.njit(cache=True, parallel=True, nogil=True)
def turn(factors: Float32, basis: Float32) -> None:
    """``factors`` becomes ``factors`` @ ``basis``, in place. Calls BLAS like ``gram_parts``."""
    n, width = factors.shape
    for tile in nb.prange((n + TILE - 1) // TILE):
        rows = factors[tile * TILE : (tile + 1) * TILE]
        turned = np.empty((len(rows), width), dtype=np.float32)
        np.dot(rows, basis, turned)
        rows[:] = turned

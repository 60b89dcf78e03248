"""The inverse of a symmetric positive definite matrix, in its own place and at any size."""

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import lapack

from recx.arrays import Float32
from recx.kernels.gram import mirror

WHOLE = 16_384
"""Rows up to which LAPACK has the matrix as one; OpenBLAS's threaded Cholesky fails with a segmentation fault
at some 40,000 (OpenBLAS issue 352)."""
PANEL = 4_096
"""Rows of a product that is added to a matrix, at a time."""


def invert(square: Float32, whole: int = WHOLE) -> None:
    """Put the inverse of ``square`` (n, n) in its place; what is given is read where column <= row.

    By Cholesky; above ``whole`` rows by halves: with A, C, D the blocks of the lower half, U = C A^-1 and
    S = D - U C^T, the inverse is [A^-1 + U^T S^-1 U, .; -S^-1 U, S^-1]. That takes n^2 / 4 numbers beside the
    matrix. LinAlgError where the matrix is not positive definite. The error stays some 1e-7 x the condition
    number.
    """
    n = len(square)
    if n <= whole:
        _cholesky(square)
        return
    half = n // 2
    first, below, last = square[:half, :half], square[half:, :half], square[half:, half:]
    invert(first, whole)
    solved = below @ first
    for start in range(0, n - half, PANEL):
        rows = slice(start, start + PANEL)
        last[rows] -= solved[rows] @ below.T
    invert(last, whole)
    np.matmul(last, solved, out=below)
    np.negative(below, out=below)
    for start in range(0, half, PANEL):
        rows = slice(start, start + PANEL)
        first[rows] -= solved[:, rows].T @ below
    square[:half, half:] = below.T


def _cholesky(square: Float32) -> None:
    held = np.ascontiguousarray(square)  # a block of a larger matrix is copied
    # LAPACK counts columns first: the half below the diagonal here is the one above it there
    factor, failed = lapack.spotrf(held.T, lower=0, overwrite_a=1, clean=0)
    if failed == 0:
        factor, failed = lapack.spotri(factor, lower=0, overwrite_c=1)
    if failed:
        raise LinAlgError("not positive definite")
    inverse: Float32 = np.ascontiguousarray(factor.T)
    mirror(inverse)
    if not np.shares_memory(inverse, square):
        square[:] = inverse

"""How alike two runs' lists are."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool, Float64, Int32, Int64

PERSISTENCE = 0.9
"""Of rank-biased overlap: the first ten ranks then carry 86 % of the weight."""


def jaccard(a: Int32, b: Int32) -> Float64:
    """|A and B| / |A or B| of every row of two tables of lists (n, k), -1 where short; 1: both empty."""
    both = _agreed(a, b)[:, -1] if a.shape[1] else np.zeros(len(a), np.int64)
    either = (a >= 0).sum(axis=1) + (b >= 0).sum(axis=1) - both
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def rank_biased_overlap(a: Int32, b: Int32, p: float = PERSISTENCE) -> Float64:
    """Extrapolated rank-biased overlap of every row (Webber, Moffat and Zobel 2010, equation 32): (n,).

    (1-p)/p (sum over d to l of X_d/d p^d + sum over d from s+1 to l of X_s (d-s)/(s d) p^d)
    + ((X_l - X_s)/l + X_s/s) p^l, where X_d is how many items the first d of both share and s and l are the
    lengths of the shorter and the longer list. 1 for equal lists, and for two empty ones.
    """
    n, depth = a.shape
    x = np.concatenate([np.zeros((n, 1), np.int64), _agreed(a, b)], axis=1)
    lengths = np.stack([(a >= 0).sum(axis=1), (b >= 0).sum(axis=1)])
    s, l = lengths.min(axis=0), lengths.max(axis=0)  # noqa: E741
    rows = np.arange(n)
    x_s, x_l = x[rows, s], x[rows, l]
    total = np.zeros(n)
    for d in range(1, depth + 1):
        total += np.where(d <= l, x[:, d] / d, 0.0) * p**d
        beyond = (s > 0) & (s < d) & (d <= l)
        total += np.where(beyond, x_s * (d - s) / (np.maximum(s, 1) * d), 0.0) * p**d
    tail = (x_l - x_s) / np.maximum(l, 1) + x_s / np.maximum(s, 1)
    found = (1 - p) / p * total + tail * p**l
    return np.asarray(np.where(l == 0, 1.0, np.where(s == 0, 0.0, found)))


def same_lists(a: Int32, b: Int32) -> Bool:
    """Rows whose lists are equal, order and all: (n,)."""
    return np.asarray((a == b).all(axis=1))


def _agreed(a: Int32, b: Int32) -> Int64:
    """X_d: items that the first d of both lists share, for d = 1 ...: (n, k)."""
    fresh = np.zeros(a.shape, dtype=np.int64)
    for d in range(a.shape[1]):
        one, other = a[:, d : d + 1], b[:, d : d + 1]
        fresh[:, d] = ((one == b[:, : d + 1]) & (one >= 0)).any(axis=1)
        fresh[:, d] += ((other == a[:, :d]) & (other >= 0)).any(axis=1)
    return np.cumsum(fresh, axis=1)

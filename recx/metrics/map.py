"""Precision wherever a hit stands, and the rank of the first hit."""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists


def average_precision(lists: Lists, k: int) -> Float64:
    """map: sum of the precision at each hit's rank / min(k, R)."""
    return _precision_at_hits(lists, k) / np.minimum(k, lists.relevant)


def average_precision_r(lists: Lists, k: int) -> Float64:
    """map_r: sum of the precision at each hit's rank / R, as in ranx and RecTools."""
    return _precision_at_hits(lists, k) / lists.relevant


def reciprocal_rank(lists: Lists, k: int) -> Float64:
    """mrr: 1 / rank of the first hit within k, 0 without one."""
    hit = lists.hit[:, :k]
    return np.where(hit.any(axis=1), 1 / (1 + np.argmax(hit, axis=1)), 0.0)


def _precision_at_hits(lists: Lists, k: int) -> Float64:
    """Sum over the hits among the first k of (hits so far) / rank: (n,)."""
    hit = lists.hit[:, :k]
    precisions = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
    return np.asarray(np.cumsum(np.where(hit, precisions, 0.0), axis=1)[:, -1])

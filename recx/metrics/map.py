"""Precision wherever a hit stands, and the rank of the first hit."""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists, at


def average_precision(lists: Lists, k: int) -> Float64:
    """Sum of the precision at each hit's rank / min(k, R)."""
    return at(lists.precisions, k) / np.minimum(k, lists.relevant)


def average_precision_r(lists: Lists, k: int) -> Float64:
    """Sum of the precision at each hit's rank / R, as in ranx and RecTools."""
    return at(lists.precisions, k) / lists.relevant


def reciprocal_rank(lists: Lists, k: int) -> Float64:
    """1 / rank of the first hit within k, 0 without one."""
    first = lists.first_hit
    return ((first > 0) & (first <= k)) / np.maximum(1, first)

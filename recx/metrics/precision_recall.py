"""How many of the listed are relevant, how many of the relevant are listed, and their balance.

hits: relevant items among the first k; R: relevant items of the user; n: items returned. All (n_users,).
"""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists


def precision(lists: Lists, k: int) -> Float64:
    """Hits / k: a short list is padded with misses."""
    return lists.hits(k) / k


def precision_returned(lists: Lists, k: int) -> Float64:
    """Hits / min(k, n), 0 where nothing was returned: the precision of LensKit and DaisyRec."""
    return lists.hits(k) / np.maximum(1, np.minimum(k, lists.returned))


def recall(lists: Lists, k: int) -> Float64:
    """Hits / R."""
    return lists.hits(k) / lists.relevant


def recall_capped(lists: Lists, k: int) -> Float64:
    """Hits / min(k, R): 1 can be reached whatever R is, as in MultVAE and LensKit."""
    return lists.hits(k) / np.minimum(k, lists.relevant)


def f1(lists: Lists, k: int) -> Float64:
    """2PR / (P + R) per user, 0 where both are 0; equal to 2 hits / (k + R), which divides once."""
    return 2 * lists.hits(k) / (k + lists.relevant)


def hit(lists: Lists, k: int) -> Float64:
    """1 if any of the first k is relevant, else 0."""
    return (lists.hits(k) > 0).astype(np.float64)

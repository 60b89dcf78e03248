"""Where recommendations go: shares by popularity decile of the items, beside what users really took."""

from __future__ import annotations

import numpy as np

from recx.arrays import Int64
from recx.data import Fold

DECILES = 10


def deciles(fold: Fold) -> Int64:
    """The decile of each item (n_items,): 0 holds the most popular tenth, counted on what may be learnt."""
    counts = fold.fit.item_counts
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place * DECILES // max(1, len(order))


def shares(counts: Int64, decile: Int64) -> list[float]:
    """Share of ``counts`` (n_items,) that falls into each decile; zeros where there is nothing to share."""
    total = int(counts.sum())
    sums = np.bincount(decile, weights=counts, minlength=DECILES)
    return [float(value) / total if total else 0.0 for value in sums]

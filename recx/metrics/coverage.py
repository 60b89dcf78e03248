"""What of the shop is shown at all, and how evenly, from gathered counts.

``shown`` (n_items,) says how often each item was recommended, ``candidates`` (n_items,) which could be.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Int32
from recx.metrics.statistics import resample

Counts = npt.NDArray[np.integer]
RESAMPLES = 200
"""Fewer than elsewhere: each walks all lists, and only the spread is used."""
COUNTED = 1 << 24
"""Counts held in memory at once."""


def coverage(shown: Counts, candidates: Bool) -> float:
    """Distinct items recommended to anyone / candidate items."""
    return int(np.count_nonzero(shown)) / max(1, int(np.count_nonzero(candidates)))


def gini(shown: Counts, candidates: Bool) -> float:
    """Gini coefficient of exposure: sum of (2 i - n - 1) x_i / (n sum of x), x_1 <= ... <= x_n.

    x_i is how often the i-th of the n candidates was recommended. 0: all equally often; near 1: a few get
    everything. Lower is more even, not better in itself. 0 where nothing was recommended.
    """
    exposure = np.sort(shown[candidates]).astype(np.float64)
    n, total = len(exposure), float(exposure.sum())
    if not total:
        return 0.0
    return float(np.sum((2 * np.arange(1, n + 1) - n - 1) * exposure) / (n * total))


def resampled(items: Int32, n_items: int, cuts: Sequence[int], seed: int) -> Iterator[Int32]:
    """What the lists (users, depth) of resampled users show: (cuts, n_items) counts, once per resample.

    Counted among the first ``cuts`` (ascending) of every list; the same users for equal seeds.
    """
    from recx.kernels.metrics import shown_to

    at_once = max(1, COUNTED // (len(cuts) * max(1, n_items)))
    for rows in resample(len(items), seed, RESAMPLES):
        for start in range(0, len(rows), at_once):
            drawn = rows[start : start + at_once].astype(np.int32)
            yield from shown_to(items, drawn, np.array(cuts), n_items)

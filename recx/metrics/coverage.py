"""What of the shop is shown at all, from gathered counts."""

import numpy as np

from recx.arrays import Bool, Int64


def coverage(shown: Int64, candidates: Bool) -> float:
    """Distinct items recommended to anyone / candidate items.

    ``shown`` (n_items,) says how often each item was recommended, ``candidates`` (n_items,) which could have
    been.
    """
    return int(np.count_nonzero(shown)) / max(1, int(np.count_nonzero(candidates)))

"""Which events of a history speak for an item."""

import numpy as np
from scipy.sparse import csr_array

from recx.arrays import Float32, Int32, Int64
from recx.models.base import Reason


def of_history(
    history: csr_array, indptr: Int64, listed: Int32, weights: Float32, item: int, own: float
) -> list[Reason]:
    """What each item of a history of one row adds to the score of ``item``: its weight times their weight."""
    reasons = []
    for held, weight in zip(history.indices, history.data, strict=True):  # one user's, once
        low, high = indptr[held], indptr[held + 1]
        place = low + int(np.searchsorted(listed[low:high], item))
        value = float(weights[place]) if place < high and listed[place] == item else 0.0
        value += own * (held == item)
        reasons.append(Reason("item", int(held), float(weight) * value))
    return reasons

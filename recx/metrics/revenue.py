"""Ranking what is worth most first."""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists, at


def revenue_ndcg(lists: Lists, k: int) -> Float64:
    """As ndcg, with gain = price x quantity of the test purchase.

    Price: the catalogue's, which is known before test; quantity: of all the user's test events with the item,
    1 each where none is recorded. 0 for a user none of whose items has a price.
    """
    if lists.targets.worth is None:
        raise ValueError("the targets have no prices")
    worth = lists.graded(lists.targets.worth)
    best = at(worth.ideal_gains, k)
    return np.where(best > 0, at(worth.gains, k) / np.where(best > 0, best, 1), 0.0)

"""How far lists lie from what is popular anyway.

Popularity is counted on what may be learnt, never on the target. A user without a list counts as 0.
"""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists
from recx.metrics.shelf import Shelf


def novelty(lists: Lists, shelf: Shelf, k: int) -> Float64:
    """Mean of -log2((count + 1) / (N + n_items)) over the first k returned, in bits.

    count: interactions of the item, N: of all items (Vargas & Castells 2011; smoothed, so finite for cold
    items). Higher is more surprising, not better in itself.
    """
    return lists.sums(shelf.surprise, k) / np.maximum(1, lists.shown(k))


def serendipity(lists: Lists, shelf: Shelf, k: int) -> Float64:
    """Hits among the first k that the popularity ranking would not have had in its own top k / k.

    The popularity ranking is held to the same candidates and, with repeat=new, to what is new to the user;
    its ties are broken as everybody's. (After Ge et al. 2010.)
    """
    from recx.kernels.metrics import surprising_hits

    users = lists.targets.users
    hits = surprising_hits(lists.place, lists.items, users, shelf.rank, *shelf.had, k)
    return np.asarray(hits / k)


def tail_share(lists: Lists, shelf: Shelf, k: int) -> Float64:
    """Share of the first k returned that lies outside the items that make 80 % of train interactions."""
    return lists.sums(shelf.tail, k) / np.maximum(1, lists.shown(k))

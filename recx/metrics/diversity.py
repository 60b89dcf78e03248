"""How unlike each other the items of a list are."""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists
from recx.metrics.shelf import Shelf


def diversity(lists: Lists, shelf: Shelf, k: int) -> Float64:
    """1 - mean similarity over all pairs among the first k returned (Ziegler 2005).

    Where the catalogue has texts: cosine of the TF-IDF vectors of its words; where it has categories only:
    Jaccard similarity of the categories. An item nothing is known of is like no other. 0 for a list of fewer
    than two items.
    """
    from recx.kernels.metrics import similarity_within

    terms, jaccard = shelf.description.terms, shelf.description.categories
    alike = similarity_within(lists.items, k, terms.indptr, terms.indices, terms.data, jaccard)
    shown = lists.shown(k).astype(np.int64)
    pairs = shown * (shown - 1) / 2
    return np.where(pairs > 0, 1 - alike / np.maximum(1, pairs), 0.0)

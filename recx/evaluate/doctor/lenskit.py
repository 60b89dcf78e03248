"""LensKit: measures over the list that was returned."""

import numpy as np

from recx.arrays import Float64
from recx.evaluate.doctor.library import Definition, Library, View, mean
from recx.metrics.lists import Lists
from recx.metrics.map import reciprocal_rank
from recx.metrics.precision_recall import hit, precision_returned, recall_capped


def average_precision(lists: Lists, k: int) -> Float64:
    """Sum of the precision at each hit's rank / min(R, items returned among the first k)."""
    divisor = np.minimum(lists.relevant, lists.shown(k))
    sums = lists.precisions[:, min(k, lists.depth) - 1]
    return np.where(divisor > 0, sums / np.maximum(1, divisor), 0.0)


def ndcg(view: View, k: int) -> float:
    """The discount is 1 / log2(max(rank, 2)): the first two ranks count the same."""
    lists, depth = view.lists, min(k, view.lists.depth)
    weights = 1 / np.log2(np.maximum(np.arange(1, k + 1), 2))
    gained = lists.hit[:, :depth] @ weights[:depth]
    ideal = np.cumsum(weights)[np.minimum(k, lists.relevant) - 1]
    return float(np.mean(gained / ideal))


LENSKIT = Library(
    version="2025.8.1",
    read="lenskit/metrics/ranking/ and metrics/bulk.py",
    policy="new",
    lists="recommends training items that the user has not met; all of test is to be found",
    definitions={
        "precision": Definition(mean(precision_returned), "hits / items returned, not / k"),
        "recall": Definition(mean(recall_capped), "hits / min(k, R), not / R"),
        "hit": Definition(mean(hit)),
        "ndcg": Definition(
            ndcg, "discount 1 / log2(max(rank, 2)): ranks 1 and 2 weigh the same; binary by default"
        ),
        "map": Definition(mean(average_precision), "over min(R, items returned)"),
        "mrr": Definition(mean(reciprocal_rank)),
    },
)

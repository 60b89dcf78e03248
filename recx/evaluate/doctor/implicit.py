"""implicit: one function, ranking_metrics_at_k."""

import numpy as np

from recx.evaluate.doctor.library import Definition, Library, View, mean
from recx.metrics.map import average_precision
from recx.metrics.ndcg import ndcg


def precision(view: View, k: int) -> float:
    """Hits of all users over the sum of min(k, R)."""
    lists = view.lists
    return float(lists.hits(k).sum() / np.minimum(k, lists.relevant).sum())


IMPLICIT = Library(
    version="0.7.3",
    read="implicit/evaluation.pyx",
    policy="new",
    lists="filter_already_liked_items=True; all of test is to be found",
    definitions={
        "precision": Definition(precision, "hits of all users pooled over the sum of min(k, R): a recall"),
        "ndcg": Definition(mean(ndcg), "relevance is binary, ratings are no gains"),
        "map": Definition(mean(average_precision)),
    },
)

"""RePlay: the same definitions on Spark, polars and pandas."""

import numpy as np

from recx.evaluate.doctor.library import Definition, Library, View, mean
from recx.metrics.map import average_precision, reciprocal_rank
from recx.metrics.ndcg import ndcg
from recx.metrics.precision_recall import hit, precision, recall


def coverage(view: View, k: int) -> float:
    """Distinct items that were learnt from over all items that were."""
    listed = view.lists.items[:, :k]
    shown = np.unique(listed[(listed >= 0) & (listed < view.n_items)])
    return int(np.count_nonzero(view.known[shown])) / max(1, int(np.count_nonzero(view.known)))


REPLAY = Library(
    version="0.22.0",
    read="replay/metrics/",
    policy="new",
    lists="filter_seen_items=True by default; all of test is to be found",
    definitions={
        "precision": Definition(mean(precision)),
        "recall": Definition(mean(recall)),
        "hit": Definition(mean(hit)),
        "ndcg": Definition(mean(ndcg), "relevance is binary, ratings are no gains"),
        "map": Definition(mean(average_precision)),
        "mrr": Definition(mean(reciprocal_rank)),
        "coverage": Definition(coverage, "among the items of train, cold ones left out"),
    },
)

"""ranx: what information retrieval calls these metrics."""

import numpy as np

from recx.evaluate.doctor.library import Definition, Library, View, mean
from recx.metrics.map import average_precision_r, reciprocal_rank
from recx.metrics.ndcg import ndcg
from recx.metrics.precision_recall import f1, hit, precision, recall


def graded(view: View, k: int) -> float:
    """Ratings are gains."""
    return float(np.mean(ndcg(view.lists, k)))


RANX = Library(
    version="0.3.21",
    read="ranx/metrics/",
    policy="asked",
    lists="evaluates the lists that it is given",
    definitions={
        "precision": Definition(mean(precision)),
        "recall": Definition(mean(recall)),
        "f1": Definition(mean(f1)),
        "hit": Definition(mean(hit)),
        "ndcg": Definition(graded),
        "map": Definition(mean(average_precision_r), "over R, not min(k, R)"),
        "mrr": Definition(mean(reciprocal_rank)),
    },
)

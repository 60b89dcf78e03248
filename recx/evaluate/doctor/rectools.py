"""RecTools: pandas tables of recommendations and interactions."""

import numpy as np

from recx.evaluate.doctor.library import Definition, Library, View, mean, share
from recx.metrics.map import average_precision_r, reciprocal_rank
from recx.metrics.precision_recall import f1, hit, precision, recall


def ndcg(view: View, k: int) -> float:
    """DCG over that of k hits, for every user."""
    ideal = np.sum(1 / np.log2(np.arange(2, k + 2)))
    gains = view.binary.gains[:, min(k, view.lists.depth) - 1]
    return float(np.mean(gains / ideal))


RECTOOLS = Library(
    version="0.19.0",
    read="rectools/metrics/ranking.py, classification.py and catalog.py",
    policy="asked",
    lists="leaves it to the caller whether items of the history are recommended",
    definitions={
        "precision": Definition(mean(precision)),
        "recall": Definition(mean(recall)),
        "f1": Definition(mean(f1)),
        "hit": Definition(mean(hit)),
        "ndcg": Definition(
            ndcg, "ideal list of k hits for everybody, whatever R (divide_by_achievable=False); binary"
        ),
        "map": Definition(mean(average_precision_r), "over R, not min(k, R) (divide_by_k=False)"),
        "mrr": Definition(mean(reciprocal_rank)),
        "coverage": Definition(share, "normalized by the catalogue that the caller gives"),
    },
)

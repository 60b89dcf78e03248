"""DaisyRec: ranks the targets among drawn candidates."""

import numpy as np

from recx.arrays import Float64
from recx.evaluate.doctor.library import Definition, Library, View, mean, share
from recx.metrics.lists import Lists
from recx.metrics.map import reciprocal_rank
from recx.metrics.precision_recall import hit, precision, recall

CANDIDATES = 1000
"""Targets and drawn items together (cand_num)."""


def average_precision(lists: Lists, k: int) -> Float64:
    """Mean of the precision at each hit's rank, over the hits that were found."""
    return lists.precisions[:, min(k, lists.depth) - 1] / np.maximum(1, lists.hits(k))


def ndcg(lists: Lists, k: int) -> Float64:
    """The ideal list holds the hits that were found, first; what was missed is forgotten."""
    gains = lists.gains[:, min(k, lists.depth) - 1]
    ideal = np.append(0, np.cumsum(1 / np.log2(np.arange(2, k + 2))))[lists.hits(k)]
    return np.where(ideal > 0, gains / np.where(ideal > 0, ideal, 1), 0.0)


def f1(view: View, k: int) -> float:
    """2PR / (P + R), not a number for the first user without a hit, and with it the mean."""
    hits = view.lists.hits(k)
    if not hits.all():
        return float("nan")
    return float(np.mean(2 * hits / (k + view.lists.relevant)))


DAISYREC = Library(
    version="2.3.0",
    read="daisy/utils/metrics.py and utils/utils.py",
    policy="sampled",
    lists=f"ranks the targets among {CANDIDATES:,} candidates drawn with replacement, none from the history",
    definitions={
        "precision": Definition(mean(precision)),
        "recall": Definition(mean(recall)),
        "f1": Definition(f1, "0 / 0 for a user without a hit makes the mean not a number"),
        "hit": Definition(mean(hit)),
        "ndcg": Definition(mean(ndcg), "ideal over the hits that were found, not over all there was to find"),
        "map": Definition(mean(average_precision), "over the hits that were found, not min(k, R)"),
        "mrr": Definition(mean(reciprocal_rank)),
        "coverage": Definition(share, "over all items of the id space"),
    },
)

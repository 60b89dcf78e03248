"""Elliot: users without a list are left out."""

from collections.abc import Callable

import numpy as np

from recx.arrays import Float64
from recx.evaluate.doctor.library import Definition, Library, Value, View
from recx.metrics.lists import Lists
from recx.metrics.map import reciprocal_rank
from recx.metrics.ndcg import ndcg
from recx.metrics.precision_recall import f1, hit, precision, recall


def listed(metric: Callable[[Lists, int], Float64]) -> Value:
    """The mean over users with a list."""
    return lambda view, k: _mean(metric(view.binary, k), view)


def average_precision(lists: Lists, k: int) -> Float64:
    """Mean over all cut-offs 1 to k of precision there, hit or not."""
    return np.asarray(np.mean([precision(lists, cut) for cut in range(1, k + 1)], axis=0))


def exponential(view: View, k: int) -> float:
    """Gain 2^(rating - threshold + 1) - 1."""
    grades = np.exp2(view.lists.targets.grades - np.float32(view.threshold) + 1) - 1
    return _mean(ndcg(view.lists.graded(grades), k), view)


def _mean(values: Float64, view: View) -> float:
    some = view.lists.returned > 0
    return float(np.mean(values[some])) if some.any() else 0.0


DROPPED = "users without a list are dropped"
ELLIOT = Library(
    version="0.3.1",
    read="elliot/evaluation/metrics/accuracy/ and evaluation/relevance/relevance.py",
    policy="new",
    lists=f"items of the history are masked by default; {DROPPED}",
    definitions={
        "precision": Definition(listed(precision), DROPPED),
        "recall": Definition(listed(recall), DROPPED),
        "f1": Definition(listed(f1), DROPPED),
        "hit": Definition(listed(hit), DROPPED),
        "ndcg": Definition(exponential, f"gain 2^(rating - threshold + 1) - 1; {DROPPED}"),
        "map": Definition(
            listed(average_precision), "mean of precision@1 to precision@k, at misses too, over k"
        ),
        "mrr": Definition(listed(reciprocal_rank), DROPPED),
    },
    verified=False,
)

"""RecBole: full ranking, the history masked."""

from recx.evaluate.doctor.library import Definition, Library, View, mean
from recx.metrics.map import average_precision, reciprocal_rank
from recx.metrics.ndcg import ndcg
from recx.metrics.precision_recall import hit, precision, recall


def coverage(view: View, k: int) -> float:
    """Distinct items over items, the padding item 0 counted among them."""
    return view.distinct(k) / (view.n_items + 1)


RECBOLE = Library(
    version="1.2.1",
    read="recbole/evaluator/metrics.py and trainer/trainer.py",
    policy="new",
    lists="items of the history are masked, yet they stay among what is to be found",
    definitions={
        "precision": Definition(mean(precision)),
        "recall": Definition(mean(recall)),
        "hit": Definition(mean(hit)),
        "ndcg": Definition(mean(ndcg), "relevance is binary, ratings are no gains"),
        "map": Definition(mean(average_precision)),
        "mrr": Definition(mean(reciprocal_rank)),
        "coverage": Definition(coverage, "over all items of the id space and one padding item"),
    },
)

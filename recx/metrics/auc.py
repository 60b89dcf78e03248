"""How well scores tell relevant candidates from the others, wherever in the order they stand."""

from recx.arrays import Float32, Float64
from recx.metrics.lists import Targets


def auc(scores: Float32, targets: Targets) -> Float64:
    """Share of the pairs (relevant item, other candidate) whose scores are in the right order; ties half.

    Per user over all candidates (n, n_items), then the mean. What is no candidate has the score -inf; a
    relevant item among them lies behind every candidate: with R relevant items, P of them candidates and N
    other candidates, auc = pairs in order / (R N). 0 for a user without a relevant candidate, 1/2 without
    another one.
    """
    from recx.kernels.metrics import areas

    return areas(scores, targets.indptr, targets.items)

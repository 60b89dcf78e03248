"""Discounted cumulative gain: relevance counts less further down the list (Järvelin & Kekäläinen 2002)."""

from recx.arrays import Float64
from recx.metrics.lists import Lists, at


def ndcg(lists: Lists, k: int) -> Float64:
    """DCG of the list / DCG of the best min(k, R) of all relevant items, candidates or not; gain = grade."""
    return at(lists.gains, k) / at(lists.ideal_gains, k)


def ndcg_exp(lists: Lists, k: int) -> Float64:
    """As ndcg, with gain = 2^grade - 1 (Burges 2005)."""
    return ndcg(lists.exponential, k)


def dcg(lists: Lists, k: int) -> Float64:
    """Sum over the first k of grade / log2(rank + 1), unnormalised: ndcg can reverse an order of systems."""
    return at(lists.gains, k).copy()

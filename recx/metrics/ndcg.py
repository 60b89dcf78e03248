"""Discounted cumulative gain: relevance counts less further down the list (Järvelin & Kekäläinen 2002)."""

import numpy as np

from recx.arrays import Float64
from recx.metrics.lists import Lists


def ndcg(lists: Lists, k: int) -> Float64:
    """DCG of the list / DCG of the best min(k, R) of all relevant items, candidates or not; gain = grade."""
    return _dcg(lists.grades, k) / _dcg(lists.ideal, k)


def ndcg_exp(lists: Lists, k: int) -> Float64:
    """As ndcg, with gain = 2^grade - 1 (Burges 2005)."""
    return _dcg(np.exp2(lists.grades) - 1, k) / _dcg(np.exp2(lists.ideal) - 1, k)


def dcg(lists: Lists, k: int) -> Float64:
    """Sum over the first k of grade / log2(rank + 1), unnormalised: ndcg can reverse an order of systems."""
    return _dcg(lists.grades, k)


def _dcg(gains: Float64, k: int) -> Float64:
    """Discounted sum of gains (n, depth) over the first k: (n,)."""
    depth = min(k, gains.shape[1])
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    # accumulate adds in rank order whatever the shape, so blocks of users cannot change a bit
    return np.asarray(np.cumsum(gains[:, :depth] * discounts, axis=1)[:, -1])

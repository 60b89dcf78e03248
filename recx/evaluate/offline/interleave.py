"""Team-draft interleaving: two rankings pick in turns, as captains do; users take from the list they make.

F. Radlinski, M. Kurup and T. Joachims, "How does clickthrough data reflect retrieval quality?", CIKM 2008.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Int8, Int32
from recx.metrics.lists import Targets
from recx.metrics.protocol import contains

A, B, NOBODY = 0, 1, -1
"""Whose item stands at a rank."""


def team_draft(a: Int32, b: Int32, a_first: Bool) -> tuple[Int32, Int8]:
    """One list per user out of ``a`` and ``b`` (n, k), and whose item stands at each rank: (n, k) both.

    In every round the two pick one item each, their best that is not there yet; ``a_first`` (n, rounds) says
    who begins. The list ends at k, or where one of the two has nothing left; the rest is -1.
    """
    n, k = a.shape
    items = np.full((n, k), -1, dtype=np.int32)
    teams = np.full((n, k), NOBODY, dtype=np.int8)
    rows = np.arange(n)
    fresh = [a >= 0, b >= 0]
    going = np.ones(n, dtype=np.bool_)
    for place in range(k):  # a pick depends on those before it
        going &= fresh[A].any(1) & fresh[B].any(1)
        a_picks = a_first[:, place // 2] ^ (place % 2 == 1)
        best = np.where(a_picks, a[rows, fresh[A].argmax(1)], b[rows, fresh[B].argmax(1)])
        items[going, place] = best[going]
        teams[going, place] = np.where(a_picks, A, B)[going]
        fresh[A] &= a != best[:, None]
        fresh[B] &= b != best[:, None]
    return items, teams


def outcomes(a: Int32, b: Int32, targets: Targets, draws: int, seed: int) -> npt.NDArray[np.int64]:
    """Draws that ``a`` wins minus draws that ``b`` wins, for each user of ``targets``: (n,).

    A draw is won by whoever has brought more of the user's relevant items into the list. Coins are fair and
    come in pairs, each series with its opposite: where both lists are equal the sum is 0.
    """
    n, k = a.shape
    n_items = 1 + max(int(a.max(initial=0)), int(b.max(initial=0)), int(targets.items.max(initial=0)))
    wanted = targets.rows.astype(np.int64) * n_items + targets.items  # ascending

    def taken(rows: npt.NDArray[np.intp], items: Int32) -> Bool:
        return (items >= 0) & contains(wanted, (rows[:, None] * n_items + items).ravel()).reshape(items.shape)

    everybody = np.arange(n)
    # who takes nothing of either list takes nothing of any draft
    rows = np.flatnonzero(taken(everybody, a).any(1) | taken(everybody, b).any(1))
    rng, won = np.random.default_rng(seed), np.zeros(n, dtype=np.int64)
    for _ in range(draws // 2):
        coins = rng.random((len(rows), (k + 1) // 2)) < 0.5
        for a_first in (coins, ~coins):
            items, teams = team_draft(a[rows], b[rows], a_first)
            hits = taken(rows, items)
            won[rows] += np.sign((hits & (teams == A)).sum(1) - (hits & (teams == B)).sum(1))
    return won

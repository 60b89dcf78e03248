"""How long a fitted model takes to score a user."""

from __future__ import annotations

from typing import Any

import numpy as np

from recx import clock
from recx.data import Fold, user_batches
from recx.models.base import Recommender, block_size

BLOCKS = 5
"""Blocks of users that are timed, after one that is not."""
USERS = 64
"""Most users of a block."""


def milliseconds_per_user(model: Recommender[Any], fold: Fold) -> float:
    """Milliseconds in which ``model`` scores all items for one user of ``fold``: the median over some blocks.

    Reading the model and compiling kernels take no part in it.
    """
    size = min(USERS, block_size(model.n_items))
    users = fold.users[: size * (1 + BLOCKS)]
    taken = []
    for batch in user_batches(users, fold.history, fold.known_at, size):
        began = clock.working()
        model.answer(batch)
        taken.append(1000 * (clock.working() - began) / len(batch))
    # the first block pays for what is made once
    return float(np.median(taken[1:] or taken)) if taken else 0.0

"""What a run would have shown: its list for everybody in the log, by what was known at the cut-off."""

from __future__ import annotations

from recx.arrays import Int32
from recx.data import Fold, Rankings, user_batches
from recx.evaluate.sources import Source
from recx.kernels.topk import top_k
from recx.models.base import Allowed, block_size, mask


def lists_of(source: Source, label: str, fold: Fold, allowed: Allowed, users: Int32, k: int) -> Rankings:
    """The first ``k`` of the entrant ``label`` of a run for ``users``, ascending."""
    blocks = []
    size = max(1, block_size(len(allowed.items)) // len(source.labels))
    for batch in user_batches(users, fold.history, fold.known_at, size):
        for name, scores in source.scores(batch, allowed, fold.name):
            if name == label:
                mask(scores, batch, allowed)
                blocks.append(Rankings(batch.users, *top_k(scores, allowed.order, k)))
    return Rankings.concatenate(blocks)

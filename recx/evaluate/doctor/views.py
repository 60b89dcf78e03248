"""One entrant's lists as other libraries would have made them, from the same scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recx.arrays import Float32, Int32
from recx.data import Rankings, UserBatch, user_batches
from recx.evaluate.doctor.daisyrec import CANDIDATES
from recx.evaluate.doctor.library import Policy, View
from recx.evaluate.sources import FINAL, Source
from recx.kernels.topk import top_k
from recx.metrics.lists import Lists, Targets
from recx.metrics.question import Question
from recx.models.base import block_size, mask


@dataclass(frozen=True, eq=False)
class Views:
    """What a library sees, by its policy."""

    asked: View
    new: View
    sampled: View

    def of(self, policy: Policy) -> View:
        """The view of a policy."""
        return {"asked": self.asked, "new": self.new, "sampled": self.sampled}[policy]


def look(source: Source, label: str, question: Question) -> Views:
    """Score everybody once and make all lists.

    Other libraries count every item of test as something to be found, the history's among them.
    """
    protocol, fold = question.protocol, question.fold
    every = replace(protocol, repeat="allow").relevant(question.dataset, fold)
    made: dict[Policy, list[Rankings]] = {"asked": [], "new": [], "sampled": []}
    generator = np.random.default_rng(protocol.seed)
    k, order, start = protocol.depth, question.allowed.order, 0
    for batch in user_batches(every.users, fold.history, fold.known_at, block_size(len(order))):
        targets = every.block(start, start + len(batch))
        start += len(batch)
        for name, given in source.scores(batch, question.allowed, FINAL):
            if name != label:
                continue
            # a fusion goes on reading its scores
            scores = given.copy()
            mask(scores, batch, question.allowed)
            made["asked"].append(Rankings(batch.users, *top_k(scores, order, k)))
            drawn = among_drawn(scores, batch, targets, order, generator, k)
            made["sampled"].append(Rankings(batch.users, drawn, np.zeros(drawn.shape, np.float32)))
            scores[batch.histories.rows, batch.histories.items] = -np.inf
            made["new"].append(Rankings(batch.users, *top_k(scores, order, k)))
    joined = {policy: Rankings.concatenate(parts) for policy, parts in made.items()}
    rows = np.searchsorted(every.users, question.targets.users)
    lists = joined["asked"]
    asked = Rankings(lists.users[rows], lists.items[rows], lists.scores[rows])
    return Views(
        _view(asked, question.targets, question),
        _view(joined["new"], every, question),
        _view(joined["sampled"], every, question),
    )


def among_drawn(
    scores: Float32,
    batch: UserBatch,
    targets: Targets,
    order: Int32,
    generator: np.random.Generator,
    k: int,
) -> Int32:
    """The ``k`` best of each user's targets and as many drawn items as make CANDIDATES: (n, k).

    Drawn with replacement from what the user neither had nor takes; an item drawn twice stands in the list
    twice, from the second time on by a number behind the id space.
    """
    n, n_items = scores.shape
    lists = np.full((n, k), -1, dtype=np.int32)
    for row in range(n):  # every user draws alone, from a set of their own
        wanted = targets.items[targets.indptr[row] : targets.indptr[row + 1]]
        had = batch.histories.items[batch.histories.indptr[row] : batch.histories.indptr[row + 1]]
        free = np.ones(n_items, dtype=np.bool_)
        free[wanted] = free[had] = False
        left, missing = np.flatnonzero(free), CANDIDATES - len(wanted)
        drawn = generator.choice(left, missing) if missing > 0 and len(left) else left[:0]
        candidates = np.concatenate([drawn, wanted]).astype(np.int64)
        best = candidates[np.lexsort((order[candidates], -scores[row, candidates]))[:k]]
        _, first = np.unique(best, return_index=True)
        again = np.setdiff1d(np.arange(len(best)), first)
        best[again] = n_items + again
        lists[row, : len(best)] = best
    return lists


def _view(rankings: Rankings, targets: Targets, question: Question) -> View:
    threshold = question.protocol.relevant_from
    return View(
        Lists.judge(rankings, targets),
        question.dataset.n_items,
        question.fold.fit.item_counts > 0,
        1.0 if threshold is None else threshold,
    )

"""Lists of a finished fusion: who answers each user, and what the scores are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recx.arrays import Bool, Int32, Int64
from recx.data import Rankings, UserBatch
from recx.fuse.bases import FINAL, Answers
from recx.fuse.fusers.base import Fuser
from recx.fuse.runs import FUSER, POPULARITY, RANKING, Fusion, instead
from recx.fuse.windows import Asked
from recx.models.base import Allowed, block_size, split_batch

BIAS = "bias"


@dataclass(frozen=True)
class Told:
    """What made the score of an item."""

    item: int
    parts: dict[str, float]
    """Base, feature group, agreement or bias -> what it adds; they add up to the score."""


@dataclass(frozen=True, eq=False)
class Served:
    """The best items of a block of users."""

    lists: Rankings
    """Scores are those of who answers: the fuser's own, which its parts add up to, or a base's. They fall
    along a list, unless it was put together with more in view than relevance."""
    who: Int32
    """(n,) FUSER, the place of a base among the fusion's, or POPULARITY."""
    told: list[list[Told]]
    """Per row, in the order of its list; empty where nobody asked."""
    missed: Mapping[str, int]
    """Objective -> lists below its floor, because the candidates allow no other."""


def serve(fusion: Fusion, batch: UserBatch, k: int, allowed: Allowed, explain: bool = False) -> Served:
    """The ``k`` best allowed items per user, fewer where the user has fewer candidates."""
    parts = [
        _serve(fusion, block, k, allowed, explain)
        for block in split_batch(batch, max(1, block_size(len(allowed.items)) // 2))
    ]
    return Served(
        Rankings.concatenate([part.lists for part in parts]),
        np.concatenate([part.who for part in parts]),
        [row for part in parts for row in part.told],
        sum((Counter(part.missed) for part in parts), Counter[str]()),
    )


def _serve(fusion: Fusion, batch: UserBatch, k: int, allowed: Allowed, explain: bool) -> Served:
    from recx.kernels.topk import top_k

    asked, answers = fusion.ask(batch, allowed, FINAL, dict(fusion.bases(FINAL).scores(batch, allowed)))
    answering, who = fusion.answering(RANKING), fusion.who(answers)
    items = np.full((len(batch), k), -1, dtype=np.int32)
    scores = np.full((len(batch), k), -np.inf, dtype=np.float32)
    said = None if isinstance(answering, str) else answering.score(asked.rows)
    if said is not None:
        fused = asked.candidates.best(said, allowed.order, k, batch.users)
        items[:], scores[:] = fused.items, fused.scores
    for at in np.unique(who[who != FUSER]):
        rows = np.flatnonzero(who == at)
        items[rows], scores[rows] = top_k(instead(answers, at)[rows], allowed.order, k)
    lists, missed = Rankings(batch.users, items, scores), dict[str, int]()
    if (reranker := fusion.reranker(FINAL)) is not None:
        # a shorter list has to reach the floors itself
        reranker = replace(reranker, length=min(reranker.length, k))
        pool = fusion.pool(asked, answers, who, said)
        below = reranker.missed(pool, reranker.lists(pool))
        missed = {name: int(each.sum()) for name, each in below.items()}
        lists = asked.candidates.best(reranker.order(pool), allowed.order, k, batch.users, pool.scores)
    told = _told(answering, asked, answers, who, lists) if explain else []
    return Served(lists, who, told, missed)


def _told(
    answering: Fuser[Any] | str, asked: Asked, answers: Answers, who: Int32, lists: Rankings
) -> list[list[Told]]:
    listed = lists.items >= 0
    fused = listed & (who == FUSER)[:, None]
    rows, ranks = np.nonzero(fused)
    parts = {}
    if not isinstance(answering, str) and len(rows):
        held = asked.candidates.rows.astype(np.int64) * answers.n_items + asked.candidates.items
        places = np.searchsorted(held, rows * answers.n_items + lists.items[fused].astype(np.int64))
        parts = dict(
            zip(
                zip(rows.tolist(), ranks.tolist(), strict=True), _parts(answering, asked, places), strict=True
            )
        )
    return [
        [
            Told(item, parts.get((row, rank), _alone(answers, int(who[row]), float(lists.scores[row, rank]))))
            for rank, item in enumerate(lists.items[row][listed[row]].tolist())
        ]
        for row in range(len(lists))
    ]


def _alone(answers: Answers, who: int, score: float) -> dict[str, float]:
    """The only part of a score that is a base's own, or popularity."""
    return {"popularity" if who == POPULARITY else answers.labels[who]: score}


def _parts(answering: Fuser[Any], asked: Asked, places: Int64) -> list[dict[str, float]]:
    """What made the scores of the candidates at ``places``, in that order."""
    kept: Bool = np.zeros(len(asked.rows), dtype=np.bool_)
    kept[places] = True
    if not answering.pointwise:
        kept = np.isin(asked.candidates.rows, asked.candidates.rows[kept])
    rows = asked.rows if kept.all() else asked.rows.keep(kept)
    at = np.searchsorted(np.flatnonzero(kept), places)
    parts = answering.parts(rows)
    if parts is None:
        return [{answering.config.name: float(score)} for score in answering.score(rows)[at]]
    labels = (*parts.groups, BIAS)
    sums = np.column_stack([parts.by_group(), parts.bias])[at]
    return [dict(zip(labels, map(float, row), strict=True)) for row in sums]

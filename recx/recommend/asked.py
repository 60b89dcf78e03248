"""Finished runs that are asked for lists and for reasons: a trained model, or a fusion with its bases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.arrays import Bool
from recx.data import UserBatch
from recx.errors import UsageError
from recx.fuse.bases import FINAL
from recx.fuse.runs import FUSER, POPULARITY, Fusion, open_fusion
from recx.fuse.served import BIAS, Told, serve
from recx.models.base import Allowed, Reason, Recommender
from recx.prepare.served import ServedSet
from recx.recommend.lists import Lists, Why
from recx.train.runs import load_model, open_run

MODEL, FOLD_IN, NEXT_BASE, POPULAR = "model", "fold_in", "next_base", "popularity"
"""Links of the chain. model: the run knows the user. fold_in: the user is not in the log, the run answers
from the history given. next_base: the base that stands in for a fuser does not know the user and another
does. popularity: nobody does."""


@dataclass(frozen=True)
class Names:
    """Puts the numbers of reasons into words."""

    dataset: ServedSet

    def of_model(
        self, model: Recommender[Any], by: str, batch: UserBatch, row: int, item: int, most: int
    ) -> list[Why]:
        """The largest reasons a model gives and the rest of its score; none where it gives none."""
        if not model.explains:
            return []
        reasons = model.explain(batch, row, item)
        rest = sum(reason.value for reason in reasons[most:])
        return [self._why(reason, by) for reason in reasons[:most]] + _rest(rest, len(reasons) > most, by)

    def _why(self, reason: Reason, by: str) -> Why:
        """A reason with the outside id of the item or user it names."""
        what = str(reason.what)
        if reason.kind == "item":
            what = self.dataset.items[int(reason.what)]
        elif reason.kind == "user":
            what = str(self.dataset.user_names[int(reason.what)])
        return Why(reason.kind, what, reason.value, by)


class AskedModel:
    """A train run."""

    repeat = None
    most_items = None

    def __init__(self, folder: Path) -> None:
        run = open_run(folder)
        self.name = run.label
        self.dataset = run.dataset, run.dataset_fingerprint
        self.model = load_model(run, run.scoring_fit)

    def lists(
        self, users: Sequence[str], batch: UserBatch, k: int, allowed: Allowed, most: int, names: Names
    ) -> Lists:
        """The ``k`` best items of every user, with the ``most`` largest reasons."""
        found = self.model.recommend(batch, k, allowed)
        knows = self.model.knows(batch)
        why = None
        if most:
            why = [
                [
                    names.of_model(self.model, self.name if knows[row] else POPULAR, batch, row, item, most)
                    for item in items[items >= 0].tolist()
                ]
                for row, items in enumerate(found.items)
            ]
        answered_by = [self.name if known else POPULAR for known in knows]
        return Lists(users, found, answered_by, _links(batch, knows, None), why)


class AskedFusion:
    """A fuse run."""

    def __init__(self, folder: Path) -> None:
        self.fusion: Fusion = open_fusion(folder)
        self.name = self.fusion.name
        self.dataset = self.fusion.data, self.fusion.dataset_fingerprint
        self.repeat: str | None = str(self.fusion.protocol["repeat"])
        self.most_items: int | None = self.fusion.breadth.union

    def lists(
        self, users: Sequence[str], batch: UserBatch, k: int, allowed: Allowed, most: int, names: Names
    ) -> Lists:
        """The ``k`` best items of every user, with the ``most`` largest reasons."""
        served = serve(self.fusion, batch, k, allowed, most > 0)
        labels = [*self.fusion.bases(FINAL).models]
        first = self.fusion.stand_in or self.name
        names_of = {FUSER: first, POPULARITY: POPULAR, **dict(enumerate(labels))}
        answered_by = [names_of[at] for at in served.who.tolist()]
        next_base = np.array([by not in (first, POPULAR) for by in answered_by], dtype=np.bool_)
        why = None
        if most:
            why = [
                [self._why(batch, row, one, most, names, by) for one in told]
                for row, (told, by) in enumerate(zip(served.told, answered_by, strict=True))
            ]
        links = _links(batch, served.who != POPULARITY, next_base)
        return Lists(users, served.lists, answered_by, links, why, served.missed)

    def _why(self, batch: UserBatch, row: int, told: Told, most: int, names: Names, by: str) -> list[Why]:
        """The largest parts of the score and their rest, then what the bases among them have to say."""
        models = self.fusion.bases(FINAL).models
        parts = sorted(
            (part for part in told.parts.items() if part[0] != BIAS), key=lambda part: -abs(part[1])
        )
        why = [
            Why("base" if label in models else "features", label, value, by) for label, value in parts[:most]
        ]
        if by == POPULAR:
            why = [Why(POPULAR, POPULAR, value, by) for _, value in parts]
        rest = told.parts.get(BIAS, 0.0) + sum(value for _, value in parts[most:])
        why += _rest(rest, BIAS in told.parts or len(parts) > most, by)
        for label, value in parts[:most]:
            if value > 0 and label in models and models[label].knows(batch)[row]:
                why += names.of_model(models[label], label, batch, row, told.item, most)
        return why


Asked = AskedModel | AskedFusion
"""A finished run: ``lists`` of the best items; ``repeat`` is what it was made for, None where it serves both
tasks, ``most_items`` how long its lists can be, None: any length."""


def open_asked(folder: Path) -> Asked:
    """The finished run in ``folder``; UsageError where there is none that can recommend."""
    if not (folder / store.MANIFEST).is_file():
        raise UsageError(f"no run in {folder}; recx ls shows what there is")
    verb = store.read_json(folder / store.MANIFEST).get("verb")
    if verb == "train":
        return AskedModel(folder)
    if verb == "fuse":
        return AskedFusion(folder)
    raise UsageError(f"{folder} is a run of {verb}; recommend takes train and fuse runs")


def _rest(value: float, there: bool, by: str) -> list[Why]:
    """What is left of a score, so that the reasons that are shown add up to it."""
    return [Why("rest", "everything else", value, by)] if there else []


def _links(batch: UserBatch, knows: Bool, next_base: Bool | None) -> list[str]:
    found = np.where(batch.users < 0, FOLD_IN, MODEL).astype(object)
    # who answers a stranger without a history says the same to all of them
    found[(batch.users < 0) & (batch.histories.lengths == 0)] = MODEL
    if next_base is not None:
        found[next_base] = NEXT_BASE
    found[~knows] = POPULAR
    return [str(link) for link in found]

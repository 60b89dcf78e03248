"""Finished runs that are asked for lists and for reasons: a trained model, or a fusion with its bases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.arrays import Bool
from recx.data import Dataset, Rankings, UserBatch
from recx.errors import UsageError
from recx.fuse.bases import FINAL
from recx.fuse.runs import Fusion, Told, open_fusion
from recx.models.base import Allowed, Reason, Recommender
from recx.recommend.lists import Why
from recx.train.runs import load_model, open_run


@dataclass(frozen=True)
class Names:
    """Puts the numbers of reasons into words."""

    dataset: Dataset

    def why(self, reason: Reason, by: str) -> Why:
        """A reason with the outside id of the item or user it names."""
        what = str(reason.what)
        if reason.kind == "item":
            what = self.dataset.items[int(reason.what)]
        elif reason.kind == "user":
            what = self.dataset.users[int(reason.what)]
        return Why(reason.kind, what, reason.value, by)

    def of_model(
        self, model: Recommender[Any], by: str, batch: UserBatch, row: int, item: int, most: int
    ) -> list[Why]:
        """The largest reasons a model gives; none where it gives none."""
        if not model.explains:
            return []
        return [self.why(reason, by) for reason in model.explain(batch, row, item)[:most]]


class AskedModel:
    """A train run."""

    repeat = None

    def __init__(self, folder: Path) -> None:
        run = open_run(folder)
        self.name = run.label
        self.dataset = run.dataset, run.dataset_fingerprint
        self.model = load_model(run, run.scoring_fit)

    def lists(self, batch: UserBatch, k: int, allowed: Allowed) -> Rankings:
        return self.model.recommend(batch, k, allowed)

    def knows(self, batch: UserBatch) -> Bool:
        return self.model.knows(batch)

    def why(
        self, batch: UserBatch, lists: Rankings, allowed: Allowed, most: int, names: Names
    ) -> list[list[list[Why]]]:
        return [
            [names.of_model(self.model, self.name, batch, row, int(item), most) for item in items[items >= 0]]
            for row, items in enumerate(lists.items)
        ]


class AskedFusion:
    """A fuse run."""

    def __init__(self, folder: Path) -> None:
        self.fusion: Fusion = open_fusion(folder)
        self.name = self.fusion.name
        self.dataset = self.fusion.dataset, self.fusion.dataset_fingerprint
        self.repeat: str | None = str(self.fusion.protocol["repeat"])

    def lists(self, batch: UserBatch, k: int, allowed: Allowed) -> Rankings:
        return self.fusion.recommend(batch, k, allowed)

    def knows(self, batch: UserBatch) -> Bool:
        return np.asarray(self.fusion.bases(FINAL).knows(batch).any(axis=1))

    def why(
        self, batch: UserBatch, lists: Rankings, allowed: Allowed, most: int, names: Names
    ) -> list[list[list[Why]]]:
        found = []
        for row, told in enumerate(self.fusion.explain(batch, lists, allowed)):
            found.append([self._why(batch, row, one, most, names) for one in told])
        return found

    def _why(self, batch: UserBatch, row: int, told: Told, most: int, names: Names) -> list[Why]:
        """What the fusion listened to, then what the base it listened to most has to say."""
        # the constant is the same for every item
        told_apart = [part for part in told.parts.items() if part[0] != "bias"]
        parts = sorted(told_apart, key=lambda part: -abs(part[1]))
        models = self.fusion.bases(FINAL).models
        why = [
            Why("base" if label in models else "features", label, value, self.name)
            for label, value in parts[:most]
        ]
        for label, value in sorted(parts, key=lambda part: -part[1]):
            if value > 0 and label in models and models[label].explains:
                return why + names.of_model(models[label], label, batch, row, told.item, most)
        return why


Asked = AskedModel | AskedFusion
"""A finished run: ``lists`` of the k best items, ``knows`` whom it can say something about (popularity
answers for the others), ``why`` per row and rank of lists; ``repeat`` is what it was made for, None where it
serves both tasks."""


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

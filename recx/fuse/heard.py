"""What the bases of a fold say of some users: asked once, and kept for the next fusion of the same bases."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from recx import store
from recx.arrays import Int32
from recx.data import Fold, Pairs, UserBatch
from recx.fuse.bases import Bases, Ratings, Said
from recx.fuse.candidates import unite
from recx.fuse.kept import Arrays, Kept
from recx.fuse.vectors import NOWHERE, VECTORS, Described, Space
from recx.models.base import Allowed
from recx.train import keys
from recx.train.runs import TrainRun

NARROW = np.iinfo(np.uint16).max
"""Catalogues with fewer items are kept in two bytes an item."""


@dataclass(frozen=True, eq=False)
class Heard:
    """The bases of one fold. They are loaded when something is asked that has not been asked before."""

    load: Callable[[], Bases]
    fits: Mapping[str, str]  # label -> key of the base's fit
    kept: Kept
    space: Space = NOWHERE  # axes of the vectors that are asked for; the bases that ``load`` gives have them

    @cached_property
    def bases(self) -> Bases:
        """The models."""
        return self.load()

    def said(self, batch: UserBatch, allowed: Allowed, top: int, union: int) -> Said:
        """What all bases say of the ``union`` best of everyone's ``top`` items."""
        policy = (allowed.items, allowed.order, np.array([allowed.repeat, top, union]))
        key = self._key(batch, *policy)
        if (found := self.kept.find(key)) is not None:
            tops = found["tops"].astype(np.int32) - 1
            candidates = unite(tops, union, len(allowed.items))
            labels = tuple(self.fits)
            described = self._described(found, labels)
            return Said(labels, tops, found["knows"], found["scales"], candidates, found["scores"], described)
        said = Said.of(self.bases.answer(batch, allowed), top, union, self.bases.describe(batch))
        if self.kept.bound:
            listed = said.tops + 1  # 0: the list is short
            tops = listed.astype(np.uint16) if len(allowed.items) < NARROW else listed
            arrays: Arrays = {"tops": tops, "knows": said.knows, "scales": said.scales}
            self.kept.keep(key, arrays | {"scores": said.scores} | self._users(said.described))
        return said

    def rated(self, batch: UserBatch, pairs: Pairs) -> Ratings:
        """What those that rate say of some pairs."""
        at = np.zeros(0, dtype=np.int64) if pairs.at is None else pairs.at
        key = self._key(batch, pairs.row, pairs.item, at)
        if (found := self.kept.find(key)) is not None:
            labels = tuple(self.fits)
            rating = tuple(labels[at] for at in found["bases"])
            return Ratings(rating, found["values"], found["knows"], self._described(found, labels))
        ratings = self.bases.rate(batch, pairs)
        if self.kept.bound:
            labels = tuple(self.fits)
            places: Int32 = np.array([labels.index(label) for label in ratings.labels], dtype=np.int32)
            arrays: Arrays = {"bases": places, "values": ratings.values, "knows": ratings.knows}
            self.kept.keep(key, arrays | self._users(ratings.described))
        return ratings

    def _users(self, described: tuple[Described, ...]) -> Arrays:
        """The users' vectors, by the place of their base: the items' are the same for all blocks."""
        labels = list(self.fits)
        return {f"{VECTORS}.{labels.index(each.label)}": each.users for each in described}

    def _described(self, found: Arrays, labels: tuple[str, ...]) -> tuple[Described, ...]:
        names = {label: f"{VECTORS}.{at}" for at, label in enumerate(labels)}
        return tuple(
            Described(label, found[names[label]], axes.items)
            for label, axes in self.space.axes.items()
            if names[label] in found
        )

    def _key(self, batch: UserBatch, *asked: np.ndarray[tuple[int], np.dtype[np.generic]]) -> str:
        """Of the fits, of the users with their histories, of what is asked, and of how an answer is made."""
        if not self.kept.bound:
            return ""
        histories = batch.histories
        given = (histories.indptr, histories.items, histories.values, histories.times, histories.events)
        how = keys.digest(_sources(), list(self.fits.values()), self.space.fingerprint)
        found = hashlib.sha256(how.encode())
        for array in (batch.users, batch.at, *given, *asked):
            found.update(b"-" if array is None else np.ascontiguousarray(array).data)
        return found.hexdigest()[:32]


def fit_keys(runs: Mapping[str, TrainRun], fold: Fold) -> dict[str, str]:
    """The key of each base's fit for a fold."""
    return {label: run.fits[fold.name].key for label, run in runs.items()}


@cache
def _sources() -> str:
    """Hash of the source files that an answer depends on, besides those of the models."""
    room = Path(__file__).parent
    own = [room / name for name in ("bases.py", "candidates.py", "heard.py", "vectors.py")]
    files = [*own, room.parent / "models/base.py"]
    return keys.digest(*(store.sha256(file) for file in [*files, *sorted(room.parent.glob("kernels/*.py"))]))

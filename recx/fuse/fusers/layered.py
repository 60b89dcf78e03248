"""layered: fusers of different kinds, fused by another on scores of users they have not seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from recx.arrays import Float32
from recx.fuse import crossed
from recx.fuse.fusers import config_class, create
from recx.fuse.fusers.base import Fuser, Lesson, Parts
from recx.fuse.fusers.config import LayeredConfig, StackConfig
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.fusers.weights import Weights
from recx.fuse.surroundings import Feature
from recx.fuse.table import Rows, Table, Votes


class Layered(Fuser[LayeredConfig]):
    """Stacking in two layers (Wolpert 1992, with the layers of van der Laan et al. 2007, the super learner).

    The users are dealt into folds; each fuser of level 0 learns from all folds but one and scores the users
    of that one, and where labels are of the same weeks it scores items it has not learnt either (see
    recx.fuse.crossed). Level 1 weighs these scores, in every user's standard deviations, for the metric
    itself. Then level 0 learns from everybody. Ratings are not standardised.
    """

    learns = True
    rates = True

    def __init__(self, config: LayeredConfig) -> None:
        super().__init__(config)
        self.level0: dict[str, Fuser[Any]] = {name: create(self._of(name)) for name in config.level0}
        self.level1: Weights[Any] = create(config_class(config.level1)())  # type: ignore[assignment]

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Learn level 0 out of fold, level 1 from that, level 0 from all."""
        fold = np.random.default_rng([lesson.seed, 17]).permutation(len(table.users)) % self.config.folds
        scores = {name: np.zeros(len(table), dtype=np.float32) for name in self.level0}
        for part in range(self.config.folds):
            asked = table.take(fold == part)
            learnt = table.take(fold != part)
            for name in self.level0 if len(asked) else ():
                found = crossed.scores(self._of(name), learnt, asked, lesson)
                scores[name][(fold == part)[table.groups]] = found
        self.level1.fit(_upper(table, scores), None, lesson)
        for fuser in self.level0.values():
            fuser.fit(table, held_out, lesson)
        return self

    def score(self, rows: Rows) -> Float32:
        """What level 1 makes of level 0: (rows,)."""
        return self.level1.score(_votes(rows, self._scores(rows)))

    def parts(self, rows: Rows) -> Parts:
        """The parts of every fuser of level 0, as much of them as its weight says."""
        found: list[Parts] = []
        weights = self.level1.weights / self.level1.weights.sum()
        for weight, (name, fuser) in zip(weights, self.level0.items(), strict=True):
            if weight <= 0:
                continue
            score = fuser.score(rows)
            mean, deviation = rows.moments(score)
            parts = fuser.parts(rows)
            if parts is None:
                one = (Feature(f"{name}.score", name),)
                parts = Parts(one, score[:, None].astype(np.float64), np.zeros(len(rows)))
            scale = weight / deviation
            found.append(Parts(parts.columns, parts.values * scale[:, None], (parts.bias - mean) * scale))
        whole = found[0]
        for parts in found[1:]:
            whole = whole.beside(parts)
        return whole

    def write(self, folder: Path, name: str) -> None:
        """The files of all fusers, named after them."""
        for label, fuser in self.level0.items():
            fuser.write(folder, f"{name}-{label}")
        self.level1.write(folder, f"{name}-level1")

    def read(self, folder: Path, name: str, threads: int = 0) -> Self:
        """Become what was written."""
        for label, fuser in self.level0.items():
            fuser.read(folder, f"{name}-{label}", threads)
        self.level1.read(folder, f"{name}-level1", threads)
        return self

    def _of(self, name: str) -> FuserConfig:
        """Settings of a fuser of level 0."""
        config = config_class(name)()
        # level 1 averages already, and every booster is learnt once more for each fold and part of the items
        return replace(config, bags=1) if isinstance(config, StackConfig) else config

    def _scores(self, rows: Rows) -> dict[str, Float32]:
        return {name: fuser.score(rows) for name, fuser in self.level0.items()}


def _upper(table: Table, scores: dict[str, Float32]) -> Table:
    """The table that level 1 sees: level 0 in the place of the bases."""
    return Table.of(_votes(table, scores), table.labels, table.targets)


def _votes(rows: Rows, scores: dict[str, Float32]) -> Rows:
    columns = []
    for score in scores.values():
        mean, deviation = rows.moments(score)
        columns.append((score - mean) / deviation)
    standard = np.stack(columns, axis=1).astype(np.float32)
    ranks = None if rows.votes.ranks is None else np.ones(standard.shape, dtype=np.int32)
    votes = Votes(tuple(scores), np.ones(standard.shape, dtype=np.bool_), standard, standard, ranks)
    nothing = np.zeros((len(rows), 0), dtype=np.float32)
    return Rows((), nothing, rows.items, rows.sizes, rows.users, votes)

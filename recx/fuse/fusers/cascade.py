"""cascade: one base retrieves, the next ranks what it found again, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Float32, Int64
from recx.errors import UsageError, did_you_mean
from recx.fuse.fusers.base import Fuser
from recx.fuse.fusers.config import CascadeConfig
from recx.fuse.table import Rows

CUT = 100
"""What the first stage keeps where nothing else is said; every later one keeps half of that."""


@dataclass(frozen=True)
class Stage:
    """A base and how many of its best go on to the next."""

    base: str
    keep: int


class Cascade(Fuser[CascadeConfig]):
    """Stages with cut-offs (Wang, Lin & Metzler 2011): cheap ones see everything, dear ones few.

    A stage orders what the one before has kept, and keeps its best. The order is that of the last stage, then
    what it was not given in the order of the one before, and so on. A base that does not know the user leaves
    the order as it is and keeps everything.
    """

    def score(self, rows: Rows) -> Float32:
        """Minus the place in the user's order, from 0: (rows,)."""
        votes = rows.votes
        alive = np.ones(len(rows), dtype=np.bool_)
        place = np.zeros(len(rows), dtype=np.int64)
        for stage in _read(self.config.stages or votes.labels):
            if stage.base not in votes.labels:
                continue  # left out, to see what it is worth
            at = votes.labels.index(stage.base)
            heard = votes.heard[:, at]
            # those that have been cut stay behind, in the order they had
            score = np.where(heard, votes.standard[:, at], -place.astype(np.float32))
            place = _places(rows, alive, np.where(alive, score, -place.astype(np.float32)))
            alive = alive & ((place < stage.keep) | ~heard)
        return -place.astype(np.float32)

    @classmethod
    def check_bases(cls, config: CascadeConfig, bases: Sequence[str]) -> None:
        """UsageError for stages that are none of the bases, and for fewer than two."""
        found = _read(config.stages or bases)
        for stage in found:
            if stage.base not in bases:
                raise UsageError(
                    f"fuser.stages: no base called '{stage.base}'{did_you_mean(stage.base, bases)}"
                )
        if len(found) < 2:
            raise UsageError("fuser.stages: a cascade needs two stages or more, such as [item_knn:100,rnn]")


def _read(words: Sequence[str]) -> list[Stage]:
    """Stages as they are written: base:keep, or a base alone."""
    found: list[Stage] = []
    for word in words:
        base, _, keep = word.partition(":")
        if keep and not (keep.isdecimal() and int(keep) > 0):
            raise UsageError(
                f"fuser.stages: '{word}': expected a base and how many it keeps, such as {base}:50"
            )
        found.append(Stage(base, int(keep) if keep else max(1, CUT >> len(found))))
    return found


def _places(rows: Rows, alive: Bool, score: Float32) -> Int64:
    """Places in each user's order: those alive first, by score; equal scores keep the order of the rows."""
    order = np.lexsort((-score, ~alive, rows.groups))
    found = np.empty(len(rows), dtype=np.int64)
    found[order] = np.arange(len(rows)) - rows.bounds[:-1][rows.groups]
    return found

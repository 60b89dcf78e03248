"""boosting: each base is fitted on what those before it have left over of the ratings, and they add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32
from recx.errors import DataError, UsageError
from recx.fuse.fusers.base import Fuser, Helper, Lesson, Parts
from recx.fuse.fusers.config import BoostingConfig
from recx.fuse.table import Rows, Table

PLUS = "+"
"""Stands between the bases of a sum."""


class Boosting(Fuser[BoostingConfig]):
    """Gradient boosting for squared error (Friedman 2001) with a model of its own in every step.

    The first base is fitted on the ratings, each further one, in the order given, on the ratings less what
    the sum so far says of them, in every fold anew (recx.train.boosted): F_m = F_{m-1} + lr f_m. So no step
    has seen a label of its window. As many steps are taken as serve the windows' labels best, all or only
    the first of them; what counts in Friedman as the line search is left to lr. The bases by themselves stand
    beside the sum, as beside any fusion.
    """

    learns = True
    ranks = False
    rates = True
    pointwise = True
    divisible = False
    steps: int = 0
    """Bases that are added up."""

    @classmethod
    def check_bases(cls, config: BoostingConfig, bases: Sequence[str]) -> None:
        """UsageError for fewer than two."""
        if len(bases) < 2:
            raise UsageError("boosting needs two bases or more, such as bases=[svd,item_knn]")
        if named := [label for label in bases if PLUS in label]:
            raise UsageError(f"boosting names its sums with {PLUS}; rename the base {named[0]}")

    @classmethod
    def helpers(cls, config: BoostingConfig, bases: Sequence[str]) -> list[Helper]:
        """The sums of the first two bases, of the first three, and so on."""
        sums = [PLUS.join(bases[: at + 1]) for at in range(len(bases))]
        return [
            Helper(sums[at], bases[at], after=sums[at - 1], after_lr=config.lr) for at in range(1, len(bases))
        ]

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Find after how many steps the error on ``table`` is least."""
        contest, said = lesson.judge.on(table), _sums(table)[1]
        values = [lesson.judge.sign * contest.value(said[:, at]) for at in range(said.shape[1])]
        self.steps = 1 + int(np.argmax(values))
        return self

    def score(self, rows: Rows) -> Float32:
        """The sum: (rows,)."""
        return _sums(rows)[1][:, self._at(rows)]

    def parts(self, rows: Rows) -> Parts:
        """What each base adds to those before it."""
        bases, said = _sums(rows)
        until = 1 + self._at(rows)
        return Parts.of_bases(bases[:until], np.diff(said[:, :until].astype(np.float64), axis=1, prepend=0))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"steps": np.array(self.steps)}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.steps = int(arrays["steps"])

    def _at(self, rows: Rows) -> int:
        found = _sums(rows)[1].shape[1]
        if not 1 <= self.steps <= found:
            raise DataError(f"{self.steps} steps, {found} are there; fuse again")
        return self.steps - 1


def _sums(rows: Rows) -> tuple[tuple[str, ...], Float32]:
    """The bases in their order, and what their sums say, the first alone: (rows, bases)."""
    votes, chain = rows.votes, [0]
    for at, label in enumerate(votes.labels):
        if label.startswith(votes.labels[chain[-1]] + PLUS):
            chain.append(at)
    said = np.where(votes.heard, votes.standard, votes.standard[:, :1])
    return tuple(votes.labels[at].rpartition(PLUS)[2] for at in chain), said[:, chain]

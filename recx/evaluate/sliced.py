"""Every entrant on every slice, and how the two that lead differ there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool
from recx.data import Rankings
from recx.evaluate.estimates import Runs, Statistics, compare, estimates, statistics_of
from recx.evaluate.result import FEWEST_USERS, Comparison, SliceResult
from recx.evaluate.slices import Slice
from recx.metrics import RATING
from recx.metrics.families import benjamini_hochberg, holm
from recx.metrics.measure import Measured, hold_against
from recx.metrics.question import Question
from recx.metrics.ratings import Errors

SLICED = ("ndcg", "recall", "hit", "rmse")
"""Metrics of a slice, at every cut-off of the protocol where they have one."""


@dataclass(frozen=True, eq=False)
class Narrowed:
    """A question about one slice: fewer targets and users, the same candidates."""

    question: Question
    rows: npt.NDArray[np.intp]  # its users among those of the whole question
    rated: Bool  # which target rows belong to it

    @staticmethod
    def of(whole: Question, part: Slice, metrics: Sequence[str]) -> Narrowed:
        """``whole`` about ``part``, by ``metrics``."""
        targets = whole.targets
        in_slice = part.members[targets.items if part.kind == "items" else targets.users[targets.rows]]
        question = whole.to(targets.only(in_slice)).measuring(metrics)
        rows = np.searchsorted(targets.users, question.targets.users)
        return Narrowed(question, rows, part.marks(whole.fold.target))

    def cut(self, measured: Measured) -> Measured:
        """The same lists and errors, held against what the slice holds."""
        items = measured.items[self.rows]
        rankings = Rankings(self.question.targets.users, items, np.zeros(items.shape, np.float32))
        errors = measured.errors
        if errors is not None:
            errors = Errors(errors.users[self.rated], errors.values[self.rated], errors.span)
        return hold_against(
            rankings, self.question, errors=errors if errors is not None and len(errors) else None
        )


@dataclass(frozen=True)
class Sliced:
    """The numbers of all entrants, cut to one slice after the other."""

    question: Question
    entrants: Mapping[str, Sequence[Measured]]
    """Of every entrant each run."""
    headline: str
    leaders: Sequence[str]
    """The two entrants that lead on the headline; fewer where fewer were measured."""
    seed: int

    def measure(self, parts: Sequence[Slice]) -> list[SliceResult]:
        """A result for each slice; p-values are adjusted for all slices in which the leaders meet."""
        found = [self._measure(part) for part in parts]
        p = [part.leaders.p_t for part in found if part.leaders]
        adjusted = iter(zip(holm(p), benjamini_hochberg(p), strict=True))
        return [
            replace(part, leaders=_adjusted(part.leaders, *next(adjusted))) if part.leaders else part
            for part in found
        ]

    def _measure(self, part: Slice) -> SliceResult:
        narrow = Narrowed.of(self.question, part, SLICED)
        if self.headline in RATING:
            rated = self.question.fold.target.users[narrow.rated]
            n_users, n_targets = len(np.unique(rated)), len(rated)
        else:
            n_users, n_targets = len(narrow.question.targets), len(narrow.question.targets.items)
        numbers: dict[str, Runs] = {}
        if n_users >= FEWEST_USERS:
            numbers = {
                label: Runs([[self._numbers(each, narrow) for each in runs]])
                for label, runs in self.entrants.items()
            }
        return SliceResult(
            part.group,
            part.name,
            part.meaning,
            n_users,
            n_targets,
            {label: estimates(runs.statistics) for label, runs in numbers.items() if runs.statistics},
            self._compared(numbers),
        )

    def _numbers(self, measured: Measured, narrow: Narrowed) -> Statistics:
        return statistics_of(narrow.cut(measured), self.seed, paired=False)

    def _compared(self, numbers: Mapping[str, Runs]) -> Comparison | None:
        """The first minus the second on the headline, p not adjusted yet; None where not both have it."""
        pair = {
            label: numbers[label]
            for label in self.leaders
            if label in numbers and self.headline in numbers[label].statistics
        }
        if len(pair) < 2:
            return None
        found = compare(pair, self.leaders[1])
        return next(each for each in found if each.metric == self.headline)


def _adjusted(compared: Comparison, p_holm: float, p_bh: float) -> Comparison:
    return replace(compared, p_holm=p_holm, p_bh=p_bh)

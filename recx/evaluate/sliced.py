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
        targets = self.question.targets
        in_slice = part.members[targets.items if part.kind == "items" else targets.users[targets.rows]]
        sliced = self.question.to(targets.only(in_slice)).measuring(SLICED)
        rated = part.marks(self.question.fold.target)
        if self.headline in RATING:
            n_users, n_targets = len(np.unique(self.question.fold.target.users[rated])), int(rated.sum())
        else:
            n_users, n_targets = len(sliced.targets), len(sliced.targets.items)
        numbers: dict[str, Runs] = {}
        if n_users >= FEWEST_USERS:
            rows = np.searchsorted(targets.users, sliced.targets.users)
            numbers = {
                label: Runs([[self._numbers(each, sliced, rows, rated) for each in runs]])
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

    def _numbers(
        self, measured: Measured, sliced: Question, rows: npt.NDArray[np.intp], rated: Bool
    ) -> Statistics:
        return statistics_of(self._cut(measured, sliced, rows, rated), self.seed, paired=False)

    def _cut(self, measured: Measured, sliced: Question, rows: npt.NDArray[np.intp], rated: Bool) -> Measured:
        """The same lists and errors, held against what the slice holds."""
        items = measured.items[rows]
        rankings = Rankings(sliced.targets.users, items, np.zeros(items.shape, np.float32))
        errors = measured.errors
        if errors is not None:
            errors = Errors(errors.users[rated], errors.values[rated], errors.span)
        return hold_against(rankings, sliced, errors=errors if errors is not None and len(errors) else None)

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

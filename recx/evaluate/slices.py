"""Parts of what was to be found: cold items, bestsellers, the long tail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool
from recx.data import Fold, Rankings
from recx.evaluate.estimates import estimates
from recx.evaluate.result import FEWEST_USERS, Estimate, SliceResult
from recx.metrics import ranking_metric
from recx.metrics.lists import Lists, Targets
from recx.metrics.measure import Measured
from recx.metrics.statistics import Statistic

SLICED = ("ndcg", "recall", "hit")
"""Metrics of a slice, at every cut-off of the protocol."""
COLD = "cold items"
THIRDS = {
    "head": "the bestsellers that make the first third of all interactions before test",
    "middle": "the items that make the second third of all interactions before test",
    "tail": "the many items that make the last third of all interactions before test",
}


@dataclass(frozen=True, eq=False)
class Slice:
    """Which of the relevant items count; users without one are left out, lists stay as they are."""

    name: str
    meaning: str
    counts: Bool  # (relevant,) aligned with Targets.items: a slice of items, of users, or of both


def slices_of(fold: Fold, targets: Targets) -> list[Slice]:
    """Items without an interaction in what may be learnt, then head, middle and tail of the others."""
    learnt = fold.fit.item_counts
    cold = "items that nobody had an interaction with before test"
    found = [Slice(COLD, cold, (learnt == 0)[targets.items])]
    order = np.argsort(-learnt, kind="stable")
    before = np.empty(len(order))
    before[order] = np.cumsum(learnt[order]) - learnt[order]  # interactions with more popular items
    third = np.where(learnt > 0, 3 * before // max(1, learnt.sum()), -1)
    for place, (name, meaning) in enumerate(THIRDS.items()):
        found.append(Slice(name, meaning, (third == place)[targets.items]))
    return found


def measure_slice(part: Slice, targets: Targets, entrants: Mapping[str, Measured]) -> SliceResult:
    """The lists of every entrant held against the targets of the slice."""
    sliced = targets.only(part.counts)
    numbers: dict[str, dict[str, Estimate]] = {}
    if len(sliced) >= FEWEST_USERS:
        rows = np.searchsorted(targets.users, sliced.users)
        numbers = {
            label: _numbers(measured, rows, sliced)
            for label, measured in entrants.items()
            if len(measured.users)
        }
    return SliceResult(part.name, part.meaning, len(sliced), len(sliced.items), numbers)


def _numbers(
    measured: Measured, rows: np.ndarray[tuple[int], np.dtype[np.intp]], sliced: Targets
) -> dict[str, Estimate]:
    items = measured.items[rows]
    lists = Lists.judge(Rankings(sliced.users, items, np.zeros(items.shape, np.float32)), sliced)
    return estimates(
        {f"{name}@{k}": Statistic.mean(ranking_metric(name)(lists, k)) for name in SLICED for k in measured.k}
    )

"""The question every entrant is asked: whom to recommend what, held against what, by which metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recx.arrays import Float64
from recx.data import Dataset, Fold, Rankings
from recx.metrics import METRICS, RANKING, SCORED, SHELF, ranking_metric, shelf_metric
from recx.metrics.lists import Lists, Targets
from recx.metrics.needs import out_of_reach
from recx.metrics.protocol import Protocol
from recx.metrics.shelf import Shelf
from recx.models.base import Allowed

BLOCK = 8192
"""Users whose lists are judged together: what is known of them stays in the cache."""


@dataclass(frozen=True, eq=False)
class Question:
    """One fold under one protocol, for the users with something to be found."""

    dataset: Dataset
    fold: Fold
    protocol: Protocol
    targets: Targets
    allowed: Allowed
    shelf: Shelf
    metrics: tuple[str, ...] = field(default=tuple(METRICS))
    """Names without cut-offs; what the data set does not allow is left out."""

    @staticmethod
    def of(
        dataset: Dataset,
        fold: Fold,
        protocol: Protocol,
        metrics: Sequence[str] = tuple(METRICS),
        targets: Targets | None = None,
    ) -> Question:
        """Of ``fold``; ``targets`` instead of all that is relevant in it."""
        allowed = protocol.allowed(dataset, fold)
        return Question(
            dataset,
            fold,
            protocol,
            protocol.relevant(dataset, fold) if targets is None else targets,
            allowed,
            Shelf(dataset, fold, allowed),
            _allowed(dataset, metrics),
        )

    def to(self, targets: Targets) -> Question:
        """The same question about other users or items."""
        return replace(self, targets=targets)

    def measuring(self, metrics: Sequence[str]) -> Question:
        """The same question by other metrics."""
        return replace(self, metrics=_allowed(self.dataset, metrics))

    @property
    def scored(self) -> tuple[str, ...]:
        """Metrics that need the scores of all candidates."""
        return tuple(name for name in self.metrics if name in SCORED)

    def per_user(self, rankings: Rankings) -> dict[str, Float64]:
        """Every metric that is a mean over users and that finished lists tell: "ndcg@10" -> (n,).

        Users are judged in blocks; a user's numbers do not depend on who else is in it.
        """
        names = [name for name in self.metrics if name in RANKING or name in SHELF]
        found = {f"{name}@{k}": np.zeros(len(rankings)) for name in names for k in self.protocol.k}
        for start, lists in self._judged(rankings):
            for name in names:
                for k in self.protocol.k:
                    found[f"{name}@{k}"][start : start + len(lists)] = self._metric(name, lists, k)
        return found

    def _metric(self, name: str, lists: Lists, k: int) -> Float64:
        if name in SHELF:
            return shelf_metric(name)(lists, self.shelf, k)
        return ranking_metric(name)(lists, k)

    def _judged(self, rankings: Rankings) -> Iterator[tuple[int, Lists]]:
        rankings = rankings.top(self.protocol.depth)
        for start in range(0, len(rankings), BLOCK):
            end = start + BLOCK
            yield start, Lists.judge(rankings.block(start, end), self.targets.block(start, end))


def _allowed(dataset: Dataset, metrics: Sequence[str]) -> tuple[str, ...]:
    missing = out_of_reach(dataset)
    return tuple(name for name in METRICS if name in metrics and name not in missing)

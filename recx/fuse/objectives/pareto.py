"""What relevance costs: the front of a fusion's metric against what else its lists are to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from recx.arrays import Float32, Int32
from recx.fuse.columns import aligned
from recx.fuse.front import front
from recx.fuse.judge import Contest
from recx.fuse.objectives.config import ObjectiveFloors, asked
from recx.fuse.objectives.items import Goods
from recx.fuse.objectives.rerank import Pool, Reranker, items_of, values

WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
FLOORS = tuple(round(0.1 * step, 1) for step in range(1, 11))
"""Tried for shares of the tail, where a floor reaches what no weight does."""


@dataclass(frozen=True)
class Point:
    """One setting of an objective, the others as they were asked for."""

    weight: float
    floor: float | None
    relevance: float  # the metric that decides, mean over the users
    value: float  # of the objective: mean over the lists; coverage: share of the items that any list holds
    best: bool  # no other is at least as good in both and better in one
    chosen: bool  # as it was asked for


@dataclass(frozen=True)
class Tradeoff:
    """Relevance against one objective, in the order of the objective."""

    objective: str
    metric: str
    users: int
    points: tuple[Point, ...]

    @property
    def chosen(self) -> Point:
        """As it was asked for."""
        return next(point for point in self.points if point.chosen)

    @property
    def free(self) -> Point:
        """With nothing asked of this objective."""
        return next(point for point in self.points if not point.weight and point.floor is None)

    def words(self) -> str:
        """What it costs, in a sentence."""
        free, chosen = self.free, self.chosen
        share = "" if not free.relevance else f" ({chosen.relevance / free.relevance - 1:+.1%})"
        return (
            f"{self.objective.replace('_', ' ')} {free.value:.3f} → {chosen.value:.3f}, "
            f"{self.metric} {free.relevance:.4f} → {chosen.relevance:.4f}{share}"
        )

    def lines(self) -> list[str]:
        """The points that nothing beats, and what was chosen, as text."""
        head = ("  " + self.objective, self.metric, "weight", "floor")
        rows = [head]
        for point in self.points:
            if point.best or point.chosen:
                floor = "–" if point.floor is None else f"{point.floor:g}"
                cells = (f"{point.relevance:.4f}", f"{point.weight:g}", floor)
                rows.append((("▸ " if point.chosen else "  ") + f"{point.value:.4f}", *cells))
        return aligned(rows)

    @staticmethod
    def read(plain: Mapping[str, Any]) -> Tradeoff:
        """The trade-off that a manifest describes."""
        return Tradeoff(**{**plain, "points": tuple(Point(**point) for point in plain["points"])})


@dataclass(frozen=True)
class Aims:
    """What was asked of lists and what it costs, on the window's held-out users."""

    length: int
    lists: int
    missed: dict[str, int]  # floor -> lists that stay below it: their candidates do not allow it
    tradeoffs: tuple[Tradeoff, ...]

    def lines(self) -> list[str]:
        """As text."""
        found = []
        for each in self.tradeoffs:
            found += [*each.lines(), each.words(), ""]
        return found[:-1] + self.floors()

    def floors(self) -> list[str]:
        """How many lists reach each floor, in sentences."""
        return [
            f"{self.lists - count:,} of {self.lists:,} lists reach the floor of {name}"
            + ("" if not count else f"; the candidates of {count:,} do not allow it")
            for name, count in self.missed.items()
        ]

    @staticmethod
    def read(plain: Mapping[str, Any]) -> Aims:
        """The aims that a manifest describes."""
        return Aims(**{**plain, "tradeoffs": tuple(map(Tradeoff.read, plain["tradeoffs"]))})


def pool_of(contest: Contest, scores: Float32) -> Pool:
    """The candidates of the users of ``contest``."""
    table = contest.table
    return Pool(table.bounds, table.items, scores, contest.judge.order[table.items])


def draw(reranker: Reranker, contest: Contest, pool: Pool, allowed: int) -> Aims:
    """What the asked objectives cost on the users of ``contest``, whose candidates are the ``pool``.

    ``allowed``: items that may be recommended, of which coverage is a share.
    """
    objectives = asked(reranker.weight, reranker.floor)
    missed = reranker.missed(pool, reranker.lists(pool))
    counts = {name: int(below.sum()) for name, below in missed.items()}
    found = tuple(_tradeoff(name, reranker, pool, contest, allowed) for name in objectives)
    return Aims(reranker.length, len(contest.table.sizes), counts, found)


def _tradeoff(name: str, reranker: Reranker, pool: Pool, contest: Contest, allowed: int) -> Tradeoff:
    weight, floor = getattr(reranker.weight, name), getattr(reranker.floor, name, None)
    grid: list[tuple[float, float | None]] = [(each, None) for each in WEIGHTS]
    if name == "tail_share":
        grid += [(0.0, each) for each in FLOORS]
    if (weight, floor) not in grid:
        grid.append((weight, floor))
    found = []
    for settings in grid:
        made = with_objective(reranker, name, *settings)
        relevance = contest.value(made.order(pool))
        listed = items_of(pool, made.lists(pool))
        found.append((relevance, _value(name, listed, made.goods, allowed)))
    best = front(found)
    points = [
        Point(*settings, *reached, bool(kept), settings == (weight, floor))
        for settings, reached, kept in zip(grid, found, best, strict=True)
    ]
    points.sort(key=lambda point: (point.value, -point.relevance))
    return Tradeoff(name, str(contest.judge.metric), len(contest.table.sizes), tuple(points))


def with_objective(reranker: Reranker, name: str, weight: float, floor: float | None) -> Reranker:
    """The same with another weight and floor of one objective."""
    made = replace(reranker, weight=replace(reranker.weight, **{name: weight}))
    if name in asdict(ObjectiveFloors()):
        made = replace(made, floor=replace(made.floor, **{name: floor}))
    return made


def _value(name: str, listed: Int32, goods: Goods, allowed: int) -> float:
    if name == "coverage":
        return len(np.unique(listed[listed >= 0])) / max(1, allowed)
    return float(values(name, listed, goods).mean())

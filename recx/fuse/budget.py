"""The cheapest bases whose fusion is nearly as good as any: `fuser.budget=0.01`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from recx.fuse.columns import aligned
from recx.fuse.front import front
from recx.metrics import Metric

FEW = 6
"""Bases up to which every set of them is tried: 63 sets."""
TINY = 1e-6
"""Costs below this count alike, so that something free is not infinitely cheap."""

Bases = tuple[str, ...]
"""Labels in the order in which they were named."""


@dataclass(frozen=True)
class Cost:
    """What a base costs."""

    seconds: float  # of the fit that answers
    milliseconds: float | None  # of scoring all items for one user; None: never measured

    def of(self, unit: str) -> float:
        """In seconds or milliseconds."""
        return self.seconds if unit == "seconds" else self.milliseconds or 0.0


@dataclass(frozen=True)
class Tried:
    """A set of bases, what all of them cost and what their fusion is worth."""

    bases: Bases
    seconds: float
    milliseconds: float | None
    value: float  # of the metric, mean over the users


@dataclass(frozen=True)
class Budget:
    """What was found: the best of every price."""

    metric: str
    judged: str  # on whom, in words
    unit: str
    margin: float
    tried: int  # sets
    every: bool  # whether these are all sets there are
    whole: Tried  # all bases
    sets: tuple[Tried, ...]  # no other is cheaper and better: cheapest first
    chosen: int
    others: Bases = ()  # bases that were no part of it: they predict no ratings where ratings decide

    @property
    def choice(self) -> Tried:
        """The cheapest that is good enough."""
        return self.sets[self.chosen]

    @property
    def left_out(self) -> Bases:
        """Bases that are not fused."""
        every = (*self.whole.bases, *self.others)
        return tuple(label for label in every if label not in self.choice.bases)

    def words(self) -> str:
        """What was chosen and given up, in a sentence."""
        choice, best, whole = self.choice, self.sets[-1], self.whole
        tried = f"{'all ' if self.every else ''}{self.tried} sets of bases were tried on {self.judged}"
        amount, what = _cost(choice, self.unit)
        verb = "reaches" if len(choice.bases) == 1 else "reach"
        spent = f"{amount} {what} instead of {_cost(whole, self.unit)[0]} for all {len(whole.bases)}"
        found = (
            f"{tried}: {', '.join(choice.bases)} {verb} {self.metric} {choice.value:.4f}, {spent} "
            f"with {whole.value:.4f}; the best reach {best.value:.4f}, and {self.margin:.1%} may be lost"
        )
        return found + (f"; left out: {', '.join(self.left_out)}" if self.left_out else "")

    def table(self) -> Iterator[tuple[str, str, str, str]]:
        """Bases, seconds, milliseconds and value of every set, the chosen one marked."""
        for at, each in enumerate(self.sets):
            ms = "–" if each.milliseconds is None else f"{each.milliseconds:.2f}"
            mark = "▸ " if at == self.chosen else "  "
            yield mark + " ".join(each.bases), f"{each.seconds:.1f}", ms, f"{each.value:.4f}"

    def lines(self) -> list[str]:
        """The table as text."""
        return aligned([("  bases", "seconds", "ms/user", self.metric), *self.table()])

    @staticmethod
    def read(plain: Mapping[str, Any]) -> Budget:
        """The budget that a manifest describes."""

        def tried(each: Mapping[str, Any]) -> Tried:
            return Tried(**{**each, "bases": tuple(each["bases"])})

        sets = tuple(tried(each) for each in plain["sets"])
        return Budget(
            **{**plain, "whole": tried(plain["whole"]), "sets": sets, "others": tuple(plain["others"])}
        )


def choose(
    costs: Mapping[str, Cost],
    value: Callable[[Bases], float],
    margin: float,
    unit: str,
    metric: Metric,
    judged: str,
) -> Budget:
    """The cheapest set whose ``value`` is within ``margin``, a share, of the best set's.

    Of up to FEW bases every set is tried. Of more the base that is missed least for what it costs is left out
    again and again; then what was chosen is held against itself without each of its bases, and with each of
    them exchanged for a cheaper one, until nothing cheaper is good enough.
    """
    labels, sign = tuple(costs), 1 if metric.higher_is_better else -1
    known: dict[Bases, Tried] = {}

    def ask(bases: Sequence[str]) -> Tried:
        key = tuple(label for label in labels if label in bases)
        if key not in known:
            ms = [costs[label].milliseconds for label in key]
            known[key] = Tried(
                key,
                sum(costs[label].seconds for label in key),
                None if None in ms else sum(each for each in ms if each is not None),
                value(key),
            )
        return known[key]

    def price(bases: Bases) -> float:
        return sum(costs[label].of(unit) for label in bases)

    def cheapest() -> Tried:
        best = max(sign * each.value for each in known.values())
        least = best - margin * abs(best)
        enough = [each for each in known.values() if sign * each.value >= least]
        return min(enough, key=lambda each: (price(each.bases), -sign * each.value, len(each.bases)))

    every = len(labels) <= FEW
    if every:
        for size in range(len(labels), 0, -1):
            for bases in combinations(labels, size):
                ask(bases)
    else:
        left = labels
        while len(left) > 1:
            now = sign * ask(left).value
            smaller = [tuple(label for label in left if label != out) for out in left]
            lost = {
                bases: (now - sign * ask(bases).value) / max(price(left) - price(bases), TINY)
                for bases in smaller
            }
            left = min(smaller, key=lambda bases: lost[bases])
        before = None
        while (found := cheapest()) != before:
            before = found
            for bases in _neighbours(found.bases, labels, price):
                ask(bases)
    tried = list(known.values())
    best_of = front([(-price(each.bases), sign * each.value) for each in tried])
    sets = sorted(
        {each for each, kept in zip(tried, best_of, strict=True) if kept},
        key=lambda each: (price(each.bases), sign * each.value, len(each.bases), each.bases),
    )
    choice = cheapest()
    whole, at = ask(labels), sets.index(choice)
    return Budget(str(metric), judged, unit, margin, len(tried), every, whole, tuple(sets), at)


def _neighbours(bases: Bases, labels: Bases, price: Callable[[Bases], float]) -> Iterator[Bases]:
    """Cheaper sets that differ by one base."""
    for out in bases:
        rest = tuple(label for label in bases if label != out)
        if rest:
            yield rest
        for new in labels:
            if new not in bases and price((new,)) < price((out,)):
                yield (*rest, new)


def _cost(tried: Tried, unit: str) -> tuple[str, str]:
    """The amount, and of what."""
    if unit == "seconds":
        return f"{tried.seconds:.1f} s", "of training"
    return f"{tried.milliseconds or 0:.2f} ms", "per user"

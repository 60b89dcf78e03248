"""Parts of users and items: by popularity, activity, newness or any column of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

import numpy as np

from recx.arrays import Bool, Float64, Int64
from recx.data import Dataset, Interactions
from recx.data.catalog import Column
from recx.errors import UsageError, did_you_mean
from recx.metrics.question import Question
from recx.metrics.shelf import columns_of_categories
from recx.prepare.features import PRICE

Kind = Literal["items", "users"]
COLD = "cold items"
THIRDS = {
    "head": "the bestsellers that make the first third of all interactions before test",
    "middle": "the items that make the second third of all interactions before test",
    "tail": "the many items that make the last third of all interactions before test",
}
MOST_VALUES = 8
"""Values of a category that get a slice of their own, those with the most targets; the others share one."""
BETWEEN = "|"
"""What stands between several values of one item, such as the genres of a film."""


@dataclass(frozen=True, eq=False)
class Slice:
    """Which items, or whose items, count as found; users without one are left out, lists stay as they are."""

    group: str  # what it is a part by: "popularity"
    name: str
    meaning: str
    kind: Kind
    members: Bool  # (n_items,) or (n_users,)

    def marks(self, rows: Interactions) -> Bool:
        """Which rows of a log belong to the slice: (len(rows),)."""
        return self.members[rows.items if self.kind == "items" else rows.users]


def slices_of(question: Question, asked: Sequence[str] = ()) -> list[Slice]:
    """The slices that are ``asked`` for; without a name all usual ones that the data set allows."""
    found: list[Slice] = []
    for name in asked or _usual(question):
        found += WAYS[name](question) if name in WAYS else by_column(question, name)
    return found


def check_slices(asked: Sequence[str], dataset: Dataset) -> None:
    """Raise UsageError for what is neither a way to slice nor a column of the catalogue."""
    known = [*WAYS, *dataset.catalog.items, *dataset.catalog.users]
    for name in asked:
        if name not in known:
            raise UsageError(f"slices=[{name}]: no such slices and no such column{did_you_mean(name, known)}")
        if name == NEWNESS and dataset.split.final.history.times is None:
            raise UsageError(f"slices=[{name}]: {dataset.name} has no dates")


def _usual(question: Question) -> list[str]:
    catalog = question.dataset.catalog
    names = [*WAYS, *columns_of_categories(catalog)[:1]]
    return names + ([PRICE] if PRICE in catalog.items else [])


def by_popularity(question: Question) -> list[Slice]:
    """Items without an interaction in what may be learnt, then head, middle and tail of the others."""
    learnt = question.fold.fit.item_counts
    cold = "items that nobody had an interaction with before test"
    found = [Slice(POPULARITY, COLD, cold, "items", learnt == 0)]
    order = np.argsort(-learnt, kind="stable")
    before = np.empty(len(order))
    before[order] = np.cumsum(learnt[order]) - learnt[order]  # interactions with more popular items
    third = np.where(learnt > 0, 3 * before // max(1, learnt.sum()), -1)
    for place, (name, meaning) in enumerate(THIRDS.items()):
        found.append(Slice(POPULARITY, name, meaning, "items", third == place))
    return found


def by_activity(question: Question) -> list[Slice]:
    """Users nothing is known of, where there are some, then thirds of the others by their events."""
    events = question.fold.history.histories().lengths
    asked, found = _asked(question), list[Slice]()
    if (asked & (events == 0)).any():
        found.append(Slice(ACTIVITY, "no events", "users without an event before test", "users", events == 0))
    words = ("{} events", "users with {} events before test")
    return found + _thirds(ACTIVITY, "users", events, events > 0, asked, words, lambda edge: f"{edge:.0f}")


def by_newness(question: Question) -> list[Slice]:
    """Thirds of the users by when they were first seen; none where the data set has no dates."""
    times = question.fold.history.times
    if times is None:
        return []
    histories = question.fold.history.histories()
    known = histories.lengths > 0
    first = np.zeros(len(known), dtype=np.int64)
    first[known] = np.minimum.reduceat(times, histories.indptr[:-1][known])
    words = ("first seen {}", "users whose first event is dated {}")
    return _thirds(NEWNESS, "users", first, known, _asked(question), words, _day, ("until {}", "after {}"))


def by_column(question: Question, name: str) -> list[Slice]:
    """Thirds of a column of numbers; of one of words the values with the most targets, and all others."""
    catalog = question.dataset.catalog
    kind: Kind = "items" if name in catalog.items else "users"
    column = catalog.items[name] if kind == "items" else catalog.users[name]
    if column.dtype.kind not in "fiub":
        return _values(question, name, kind, column)
    numbers = column.astype(np.float64)
    known = np.isfinite(numbers)
    population = question.allowed.items if kind == "items" else _asked(question)
    words = (name + " {}", kind + " whose " + name + " is {}")
    return _thirds(name, kind, numbers, known, population, words, lambda edge: f"{edge:.4g}")


POPULARITY, ACTIVITY, NEWNESS = "popularity", "activity", "newness"
WAYS: dict[str, Callable[[Question], list[Slice]]] = {
    POPULARITY: by_popularity,
    ACTIVITY: by_activity,
    NEWNESS: by_newness,
}
"""Ways to slice that need no column of the catalogue."""


def _asked(question: Question) -> Bool:
    """Users with something to be found: (n_users,)."""
    asked = np.zeros(question.dataset.n_users, dtype=np.bool_)
    asked[question.fold.target.active_users] = True
    return asked


def _thirds(
    group: str,
    kind: Kind,
    values: Float64 | Int64,
    known: Bool,
    population: Bool,
    words: tuple[str, str],  # name and meaning
    show: Callable[[float], str],
    ends: tuple[str, str] = ("up to {}", "above {}"),
) -> list[Slice]:
    """Those with a ``known`` value in bands that hold a third of the ``population`` each."""
    if not (known & population).any():
        return []
    edges = np.unique(np.quantile(values[known & population], [1 / 3, 2 / 3], method="lower"))
    band = np.where(known, np.searchsorted(edges, values, side="left"), -1)
    shown = [show(float(edge)) for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(shown)]
    spans = [ends[0].format(shown[0]), *between, ends[1].format(shown[-1])]
    found = [
        Slice(group, words[0].format(span), words[1].format(span), kind, band == place)
        for place, span in enumerate(spans)
    ]
    return [part for part in found if (part.members & population).any()]


def _values(question: Question, name: str, kind: Kind, column: Column) -> list[Slice]:
    target = question.fold.target
    met = np.bincount(
        target.items if kind == "items" else target.users, minlength=len(column)
    )  # targets of each item or user
    members: dict[str, list[int]] = {}
    for place, value in enumerate(column):
        for part in str(value).split(BETWEEN):
            if part:
                members.setdefault(part, []).append(place)
    ranked = sorted(members, key=lambda value: -int(met[members[value]].sum()))
    found, left = [], column != ""
    for value in ranked[:MOST_VALUES]:
        belongs = np.zeros(len(column), dtype=np.bool_)
        belongs[members[value]] = True
        left = left & ~belongs
        found.append(Slice(name, value, f"{kind} whose {name} is {value}", kind, belongs))
    if left.any():
        others = f"{kind} of the other {len(ranked) - MOST_VALUES:,} values of {name}"
        found.append(Slice(name, f"other {name}", others, kind, left))
    return found


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"

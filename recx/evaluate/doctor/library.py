"""What another library would report: its lists, its definitions, and where they were read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from recx.arrays import Bool, Float64
from recx.metrics.lists import Lists

METRICS = ("precision", "recall", "f1", "hit", "ndcg", "map", "mrr", "coverage")
"""What libraries are compared on."""
Policy = Literal["asked", "new", "sampled"]
"""asked: the lists as they were asked for. new: nothing the user had, and all of test is to be found.
sampled: the same, ranked among the targets and some drawn candidates only."""


@dataclass(frozen=True, eq=False)
class View:
    """What a library sees of a run: lists under its policy, and what else its definitions read."""

    lists: Lists
    n_items: int
    known: Bool  # (n_items,) items with an interaction that may be learnt
    threshold: float  # from which value a target is relevant; 1 on implicit feedback

    @cached_property
    def binary(self) -> Lists:
        """The lists, every relevant item counting the same."""
        return self.lists.graded(np.ones_like(self.lists.targets.grades))

    def distinct(self, k: int) -> int:
        """Different items among the first k of all lists."""
        listed = self.lists.items[:, :k]
        # what lies behind the id space stands for a candidate that was drawn twice
        return len(np.unique(listed[(listed >= 0) & (listed < self.n_items)]))


Value = Callable[[View, int], float]


@dataclass(frozen=True)
class Definition:
    """How a library computes one metric, and in which words it differs from recx; "" where it does not."""

    value: Value
    why: str = ""


@dataclass(frozen=True)
class Library:
    """One version of a library."""

    version: str
    read: str
    """The file, inside the package, that was read."""
    policy: Policy
    lists: str
    """What its lists are, in words."""
    definitions: Mapping[str, Definition]
    """Name of recx -> definition; what it has no metric for is left out."""
    verified: bool = True
    """benchmarks/metrics.py finds the same numbers in the installed package; False: known from its source."""


def mean(metric: Callable[[Lists, int], Float64]) -> Value:
    """The mean of a metric of recx over all users, relevance being binary."""
    return lambda view, k: float(np.mean(metric(view.binary, k)))


def share(view: View, k: int) -> float:
    """Distinct items / all items of the id space."""
    return view.distinct(k) / view.n_items

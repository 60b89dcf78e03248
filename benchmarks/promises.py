"""Shares that a simulation measures, each with what it has to lie between, and the table of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from recx.metrics.statistics import Statistic, interval

DRAWS = 1000


@dataclass(frozen=True)
class Line:
    """A share that was measured, and between what it has to lie."""

    what: str
    share: float
    promised: tuple[float, float]

    @property
    def kept(self) -> bool:
        return self.promised[0] <= self.share <= self.promised[1]


def holds(statistic: Statistic, truth: float) -> bool:
    """Whether the 95 % interval of ``statistic`` holds the ``truth``."""
    found = interval(statistic)
    return bool(found.low <= truth <= found.high)


def play(about: str | None, groups: Mapping[str, Callable[[], Iterator[Line]]]) -> None:
    """Print the lines of the groups that were asked for; exit code 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=list(groups), help=f"some of {', '.join(groups)}")
    words = parser.parse_args()
    print(f"| {DRAWS:,} draws each | measured | promised | kept |\n|---|---:|---:|---|")
    kept = True
    for name in words.groups:
        for line in groups[name]():
            kept = kept and line.kept
            low, high = line.promised
            says = "yes" if line.kept else "**no**"
            print(f"| {line.what} | {line.share:.1%} | {low:.1%} to {high:.1%} | {says} |", flush=True)
    sys.exit(0 if kept else 1)

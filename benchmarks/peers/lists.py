"""What every side of the comparison of metrics shares: the lists, the clock and the memory gauge.

Needs numpy alone, so that it runs in the environment of any peer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

METRICS = ("precision", "recall", "f1", "hit", "ndcg", "map", "mrr")
CUTS = (5, 10, 20)


@dataclass(frozen=True)
class Case:
    """Finished lists and what users took."""

    items: np.ndarray  # (n, depth) int32, -1 where a list is short
    indptr: np.ndarray  # (n + 1,)
    relevant: np.ndarray  # (indptr[-1],) int32 ascending within a user
    n_items: int

    @staticmethod
    def read(path: str) -> Case:
        """From a file that ``write`` made."""
        with np.load(path, allow_pickle=False) as held:
            return Case(held["items"], held["indptr"], held["relevant"], int(held["n_items"]))

    def write(self, path: Path) -> None:
        """For ``read``."""
        np.savez(path, items=self.items, indptr=self.indptr, relevant=self.relevant, n_items=self.n_items)

    def __len__(self) -> int:
        return len(self.items)

    def first(self, users: int) -> Case:
        """The first users."""
        indptr = self.indptr[: users + 1]
        return Case(self.items[:users], indptr, self.relevant[: indptr[-1]], self.n_items)

    def taken(self, user: int) -> np.ndarray:
        """What a user took."""
        return self.relevant[self.indptr[user] : self.indptr[user + 1]]

    def hits(self) -> np.ndarray:
        """Which ranks hold something taken: (n, depth)."""
        return np.array([np.isin(row, self.taken(user)) for user, row in enumerate(self.items)])

    def listed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """User, item and rank (from 1) of every entry that is no padding."""
        users, ranks = np.nonzero(self.items >= 0)
        return users, self.items[users, ranks], ranks + 1

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """User and item of everything taken."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr)), self.relevant


Values = Mapping[str, float]
Work = Callable[[], Values]
"""Computes every metric it has at CUTS: "ndcg@10" -> value."""


def main(prepare: Callable[[Case], Work]) -> None:
    """``script.py CASE OUT``: values, seconds and megabytes as JSON; ``prepare`` is not timed."""
    case = Case.read(sys.argv[1])
    prepare(case.first(min(len(case), 50)))()  # compiles, imports
    work = prepare(case)
    before = _forget_peak()
    started = time.perf_counter()
    values = work()
    seconds = time.perf_counter() - started
    told: dict[str, Any] = {"seconds": seconds, "grown": _status("VmHWM") - before, "values": dict(values)}
    Path(sys.argv[2]).write_text(json.dumps(told))


def _forget_peak() -> float:
    """Resident megabytes now; the peak counts from here."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024

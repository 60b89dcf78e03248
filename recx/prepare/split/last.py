"""Leave last out."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.errors import DataError
from recx.prepare.log import Log
from recx.prepare.split.base import FoldRoles, SplitMethod, fold, places
from recx.prepare.split.config import LastSplit


class LeaveLastOut(SplitMethod[LastSplit]):
    """Per user: the last row is test, the one before it valid, the one before that watch.

    windows=rolling asks for the rows before valid too, one step further back in each window, and watch lies
    before them all. A row is a target only where its user has a row before it, so short histories give fewer
    targets.
    """

    draws = False
    ways = ("holdout", "rolling")

    def check(self) -> None:
        pass  # it has no shares

    def test_rows(self, log: Log) -> Bool:
        if log.order == "none":
            raise DataError("split=last needs an order of rows and the data has none; use split=random")
        return _last(log, np.ones(len(log), dtype=np.bool_))

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        past, windows = ~test, list[FoldRoles]()
        for number in reversed(range(self.rolls)):
            target = _last(log, past)
            past = past & ~target
            windows.insert(0, fold(f"window-{number}", log, past, target))
        watch = _last(log, past)
        inner = fold("select", log, past & ~watch, watch)
        return [self.select(inner, windows), *windows, fold("final", log, ~test, test)]


def _last(log: Log, among: Bool) -> Bool:
    """The newest row of every user with two or more rows ``among``."""
    place, count = places(log, among)
    return np.asarray((count >= 2) & (place == count - 1))

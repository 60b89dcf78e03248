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

    A row is a target only where its user has a row before it, so short histories give fewer targets.
    """

    draws = False

    def check(self) -> None:
        pass  # it has no shares

    def test_rows(self, log: Log) -> Bool:
        if log.order == "none":
            raise DataError("split=last needs an order of rows and the data has none; use split=random")
        return _last(log, np.ones(len(log), dtype=np.bool_))

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        valid = _last(log, ~test)
        watch = _last(log, ~test & ~valid)
        windows = [fold("window-0", log, ~test & ~valid, valid)]
        inner = fold("select", log, ~test & ~valid & ~watch, watch)
        return [self.select(inner, windows), *windows, fold("final", log, ~test, test)]


def _last(log: Log, among: Bool) -> Bool:
    """The newest row of every user with two or more rows ``among``."""
    place, count = places(log, among)
    return np.asarray((count >= 2) & (place == count - 1))

"""Global cut-offs in time, at quantiles of the rows."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.data.split import TARGET
from recx.errors import DataError, UsageError
from recx.prepare.log import Log
from recx.prepare.split.base import LEARNT, FoldRoles, SplitMethod, check_shares
from recx.prepare.split.config import TimeSplit


class ByTime(SplitMethod[TimeSplit]):
    """Everybody's past against everybody's future, the split that a shop lives in.

    A cut is the time of the row at its quantile, counted over the cleaned rows before the k-core. Rows at the
    very second of a cut belong to the later part, so nothing learnt happened at or after known_at.
    """

    draws = False
    ways = ("holdout", "rolling")

    def check(self) -> None:
        config = self.config
        check_shares(valid=config.valid, test=config.test, watch_share=config.watch_share)
        if config.test + self.rolls * config.valid >= 1:
            raise UsageError(
                f"split.test={config.test:g} and {self.rolls} x split.valid={config.valid:g} leave no "
                "train; lower them"
            )

    def test_rows(self, log: Log) -> Bool:
        if log.times is None:
            raise DataError("split=time needs dates and the data has none; use split=last or split=random")
        times = np.sort(log.times)
        if times[0] == times[-1]:
            raise DataError("split=time needs dates and all rows have the same one; use split=random")
        config = self.config
        widths = config.valid * np.arange(self.rolls, -1, -1)
        cuts = [times[int(len(times) * share)] for share in 1 - config.test - widths]
        before = times[times < cuts[0]]
        if not len(before):
            raise DataError(
                "split=time leaves train empty; lower split.valid or windows.number, or use split=random"
            )
        self.cuts = [int(cut) for cut in (before[int(len(before) * (1 - config.watch_share))], *cuts)]
        return np.asarray(log.times >= self.cuts[-1])

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        assert log.times is not None
        ends = [*self.cuts[1:], int(log.times.max()) + 1]
        names = ["select", *(f"window-{number}" for number in range(self.rolls)), "final"]
        made = []
        for name, start, end in zip(names, self.cuts, ends, strict=True):
            roles = np.where(log.times < start, LEARNT, 0)
            roles[(log.times >= start) & (log.times < end)] = TARGET
            made.append(FoldRoles(name, roles.astype(np.uint8), start))
        return [self.select(made[0], made[1:-1]), *made[1:]]

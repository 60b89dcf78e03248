"""Global cut-offs in time, at quantiles of the rows."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.data.split import TARGET
from recx.errors import DataError, UsageError
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log
from recx.prepare.split.base import LEARNT, FoldRoles, SplitMethod, check_shares
from recx.prepare.split.config import TimeSplit


class ByTime(SplitMethod[TimeSplit]):
    """Everybody's past against everybody's future, the split that a shop lives in.

    A cut is the time of the row at its quantile, counted over the cleaned rows before the k-core. Rows at the
    very second of a cut belong to the later part, so nothing learnt happened at or after known_at.

    With split.windows the newest rows are as many test windows, and the log ends with the window that was
    chosen: k-core, prices and cut-offs know nothing of what came later.
    """

    draws = False
    rows = 0
    """Of the whole log, where ``until`` has left some of it out; shares are shares of that."""
    ways = ("holdout", "rolling")

    def check(self) -> None:
        config = self.config
        check_shares(valid=config.valid, test=config.test, watch_share=config.watch_share)
        if config.windows < 1:
            raise UsageError(f"split.windows={config.windows}: expected 1 or more")
        last = config.windows - 1
        if config.window is not None and not 0 <= config.window <= last:
            raise UsageError(f"split.window={config.window}: expected 0 to {last}, one of split.windows")
        if config.window is None and config.windows > 1:
            raise UsageError(
                f"split.windows={config.windows}: recx prepare and recx train take all of them; elsewhere "
                f"name one, split.window=0 to {last}"
            )
        several = f"{config.windows} x " if config.windows > 1 else ""
        if config.windows * config.test + self.rolls * config.valid >= 1:
            raise UsageError(
                f"{several}split.test={config.test:g} and {self.rolls} x split.valid={config.valid:g} leave "
                "no train; lower them"
            )

    @property
    def later(self) -> int:
        """Windows that come after this one."""
        return 0 if self.config.window is None else self.config.windows - 1 - self.config.window

    def until(self, log: Log, ledger: Ledger) -> Log:
        if log.times is None or not self.later:
            return log
        self.rows = len(log)
        end = np.sort(log.times)[self._place(len(log), 1 - self.config.test * self.later)]
        log = log.take(log.times < end)
        ledger.add(f"dated after window {self.config.window}", *log.counts)
        return log

    def _place(self, n: int, share: float) -> int:
        """Of the row at the quantile ``share``; what is short of a whole number by rounding alone is one."""
        return int(n * share + (1e-6 if self.config.windows > 1 else 0))

    def test_rows(self, log: Log) -> Bool:
        if log.times is None:
            raise DataError("split=time needs dates and the data has none; use split=last or split=random")
        times, n = np.sort(log.times), self.rows or len(log)
        if times[0] == times[-1]:
            raise DataError("split=time needs dates and all rows have the same one; use split=random")
        config = self.config
        widths = config.valid * np.arange(self.rolls, -1, -1)
        starts = [self._place(n, share) for share in 1 - config.test * (1 + self.later) - widths]
        if starts[-1] >= len(times):
            raise DataError(
                f"window {config.window} of split.windows={config.windows} holds no rows, too many share a "
                "second; lower split.windows or raise split.test"
            )
        cuts = [times[start] for start in starts]
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

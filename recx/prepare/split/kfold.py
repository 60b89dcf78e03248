"""Rows dealt into folds."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.errors import DataError, UsageError
from recx.prepare.log import Log
from recx.prepare.split.base import FoldRoles, SplitMethod, check_shares, deal, draw, fold
from recx.prepare.split.config import KFoldSplit, KFoldWindows


class KFold(SplitMethod[KFoldSplit]):
    """Fold ``split.fold`` is test, another one valid; windows=kfold deals all rows outside test anew.

    The deal depends on the seed and not on ``split.fold``, so split.fold=0 ... folds-1 is a cross-validation.
    Watch is drawn first and is a target of no window: what stopped a fit is never a label of a stacker.
    """

    ways = ("holdout", "kfold")

    def check(self) -> None:
        config = self.config
        check_shares(watch_share=config.watch_share)
        if config.folds < 2:
            raise UsageError(f"split.folds={config.folds}: expected 2 or more")
        if not 0 <= config.fold < config.folds:
            raise UsageError(f"split.fold={config.fold}: expected 0 to {config.folds - 1}")

    def test_rows(self, log: Log) -> Bool:
        if len(log) < self.config.folds:
            raise DataError(f"{len(log)} rows cannot be dealt into split.folds={self.config.folds}")
        every = np.ones(len(log), dtype=np.bool_)
        dealt = deal(log, every, self.config.folds, self.rng, per_user=False)
        return np.asarray(dealt == self.config.fold)

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        config = self.config
        watch = draw(log, ~test, config.watch_share, self.rng, per_user=False)
        final = fold("final", log, ~test, test)
        if isinstance(self.windows, KFoldWindows):
            return [*self.in_folds(log, ~test, watch, self.windows.folds, per_user=False), final]
        others = max(2, config.folds - 1)
        valid = (deal(log, ~test, others, self.rng, per_user=False) == 0) & ~watch
        windows = [fold("window-0", log, ~test & ~valid, valid)]
        inner = fold("select", log, ~test & ~watch, watch)
        return [self.select(inner, windows), *windows, final]

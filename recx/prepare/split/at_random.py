"""Rows at random."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.errors import UsageError
from recx.prepare.log import Log
from recx.prepare.split.base import FoldRoles, SplitMethod, check_shares, draw, fold
from recx.prepare.split.config import KFoldWindows, RandomSplit


class AtRandom(SplitMethod[RandomSplit]):
    """Shares of every user's rows, or of all rows, drawn without regard to time: past knows future."""

    ways = ("holdout", "kfold")

    def check(self) -> None:
        config = self.config
        check_shares(valid=config.valid, test=config.test, watch_share=config.watch_share)
        if config.valid + config.test >= 1:
            raise UsageError(
                f"split.test={config.test:g} and split.valid={config.valid:g} leave no train; lower them"
            )

    def test_rows(self, log: Log) -> Bool:
        every = np.ones(len(log), dtype=np.bool_)
        return draw(log, every, self.config.test, self.rng, self.config.per_user)

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        config = self.config
        final = fold("final", log, ~test, test)
        if isinstance(self.windows, KFoldWindows):
            watch = draw(log, ~test, config.watch_share, self.rng, config.per_user)
            return [*self.in_folds(log, ~test, watch, self.windows.folds, config.per_user), final]
        valid = draw(log, ~test, config.valid / (1 - config.test), self.rng, config.per_user)
        train = ~test & ~valid
        watch = draw(log, train, config.watch_share, self.rng, config.per_user)
        windows = [fold("window-0", log, train, valid)]
        inner = fold("select", log, train & ~watch, watch)
        return [self.select(inner, windows), *windows, final]

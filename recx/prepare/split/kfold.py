"""Rows dealt into folds."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool, Int64
from recx.errors import DataError, UsageError
from recx.prepare.log import Log
from recx.prepare.split.base import FoldRoles, SplitMethod, check_shares, draw, fold
from recx.prepare.split.config import KFoldSplit


class KFold(SplitMethod[KFoldSplit]):
    """Fold ``split.fold`` is test; folds of the rest are windows, each predicted by a fit that never saw it.

    The deal depends on the seed and not on ``split.fold``, so split.fold=0 ... folds-1 is a cross-validation.
    Watch is drawn first and is a target of no window: what stopped a fit is never a label of a stacker.
    """

    def check(self) -> None:
        config = self.config
        check_shares(watch_share=config.watch_share)
        if config.folds < 2:
            raise UsageError(f"split.folds={config.folds}: expected 2 or more")
        if not 0 <= config.fold < config.folds:
            raise UsageError(f"split.fold={config.fold}: expected 0 to {config.folds - 1}")
        if not 1 <= config.windows <= config.folds - 1:
            raise UsageError(f"split.windows={config.windows}: expected 1 to {config.folds - 1}")

    def test_rows(self, log: Log) -> Bool:
        if len(log) < self.config.folds:
            raise DataError(f"{len(log)} rows cannot be dealt into split.folds={self.config.folds}")
        return np.asarray(_deal(len(log), self.config.folds, self.rng) == self.config.fold)

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        config = self.config
        watch = draw(log, ~test, config.watch_share, self.rng, per_user=False)
        dealt = np.full(len(log), -1, dtype=np.int64)
        dealt[~test] = _deal(int(np.count_nonzero(~test)), max(2, config.folds - 1), self.rng)
        windows = [
            fold(f"window-{number}", log, ~test & (dealt != number), (dealt == number) & ~watch)
            for number in range(config.windows)
        ]
        inner = fold("select", log, ~test & ~watch, watch)
        return [self.select(inner, windows), *windows, fold("final", log, ~test, test)]


def _deal(rows: int, folds: int, rng: np.random.Generator) -> Int64:
    """The fold of each row, sizes differing by one at most."""
    dealt = np.empty(rows, dtype=np.int64)
    dealt[rng.permutation(rows)] = np.arange(rows) % folds
    return dealt

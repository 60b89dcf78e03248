"""Data that comes divided into files."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.data.split import FIT, HISTORY, TARGET
from recx.errors import DataError, UsageError, did_you_mean
from recx.prepare.log import GIVEN, TEST, TRAIN, VALID, Log
from recx.prepare.split.base import (
    LEARNT,
    FoldRoles,
    SplitMethod,
    after,
    check_shares,
    draw,
    draw_users,
    places,
)
from recx.prepare.split.config import FilesSplit, KFoldWindows

DRAW = ("auto", "user", "rows", "users")


class GivenFiles(SplitMethod[FilesSplit]):
    """Test is what its file says; valid too, or a share of train; watch is a share of the rest of train.

    windows=kfold deals the rows of train and of valid together.
    """

    ways = ("holdout", "kfold")

    def check(self) -> None:
        check_shares(valid=self.config.valid, watch_share=self.config.watch_share)
        if self.config.draw not in DRAW:
            raise UsageError(f"split.draw={self.config.draw}{did_you_mean(self.config.draw, DRAW)}")

    def test_rows(self, log: Log) -> Bool:
        if log.parts is None or not np.any(log.parts == TEST):
            raise DataError(
                "split=files needs a test file; name it with dataset.test_file=..., or use another split"
            )
        if not np.any(log.parts == TRAIN):
            raise DataError("split=files has nothing to learn from; name a file with dataset.train_file=...")
        return np.asarray(log.parts == TEST)

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        assert log.parts is not None
        train, valid, given = log.parts == TRAIN, log.parts == VALID, log.parts == GIVEN
        past = train | valid
        held: Bool = np.zeros(len(log), dtype=np.bool_)  # input of valid's users, not learnt
        how = self._draw(log, train, test)
        final = _fold("final", log, past, given, test)
        if isinstance(self.windows, KFoldWindows):
            if how == "users":
                raise UsageError(
                    "windows=kfold deals rows, and here whole users are asked about (split.draw=users); "
                    "use windows=holdout"
                )
            watch, _ = self._take(log, past, self.config.watch_share, how)
            return [*self.in_folds(log, past, watch, self.windows.folds, how == "user"), final]
        if not valid.any():
            valid, held = self._take(log, train, self.config.valid, how)
            train = train & ~valid & ~held
        watch, input_ = self._take(log, train, self.config.watch_share, how)
        windows = [_fold("window-0", log, train, held, valid)]
        inner = _fold("select", log, train & ~watch & ~input_, input_, watch)
        return [self.select(inner, windows), *windows, final]

    def _draw(self, log: Log, train: Bool, test: Bool) -> str:
        """auto, resolved: newcomers in test ask for newcomers in valid."""
        if self.config.draw != "auto":
            return self.config.draw
        return "user" if np.isin(log.users[test], log.users[train]).any() else "users"

    def _take(self, log: Log, among: Bool, share: float, how: str) -> tuple[Bool, Bool]:
        """Targets and, where whole users are drawn, what is given of them."""
        if how != "users":
            return draw(log, among, share, self.rng, how == "user"), np.zeros(len(log), dtype=np.bool_)
        chosen = draw_users(log, among, share, self.rng)
        place, count = places(log, chosen)
        target = np.asarray(chosen & (place == count - 1))
        return target, chosen & ~target


def _fold(name: str, log: Log, learnt: Bool, given: Bool, target: Bool) -> FoldRoles:
    roles = np.where(learnt, LEARNT, 0)
    roles[given] = HISTORY
    roles[target] = TARGET
    if given.any():
        # the input of a question is what its session shows, never what the same user did in train
        asked = np.isin(log.users, log.users[given])
        roles[learnt & asked] = FIT
    return FoldRoles(name, roles.astype(np.uint8), after(log, learnt | given))

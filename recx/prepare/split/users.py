"""Whole users held out and folded in."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.data.split import HISTORY, TARGET
from recx.errors import UsageError
from recx.prepare.log import Log
from recx.prepare.split.base import (
    LEARNT,
    FoldRoles,
    SplitMethod,
    after,
    check_shares,
    draw_users,
    places,
)
from recx.prepare.split.config import UsersSplit


class HeldOutUsers(SplitMethod[UsersSplit]):
    """A held-out user's first rows are input and its last ones targets; none of them is learnt."""

    def check(self) -> None:
        config = self.config
        shares = {name: getattr(config, name) for name in ("valid", "test", "watch_share", "given")}
        check_shares(**shares)
        if config.valid + config.test >= 1:
            raise UsageError(
                f"split.test={config.test:g} and split.valid={config.valid:g} leave no train; lower them"
            )

    def test_rows(self, log: Log) -> Bool:
        every = np.ones(len(log), dtype=np.bool_)
        chosen = draw_users(log, every, self.config.test, self.rng)
        return self._targets(log, chosen)

    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        config = self.config
        asked = np.zeros(len(log.user_ids), dtype=np.bool_)
        asked[log.users[test]] = True
        tested = asked[log.users]
        valid = draw_users(log, ~tested, config.valid / (1 - config.test), self.rng)
        train = ~tested & ~valid
        watch = draw_users(log, train, config.watch_share, self.rng)
        windows = [self._fold("window-0", log, train, valid, self._targets(log, valid))]
        inner = self._fold("select", log, train & ~watch, watch, self._targets(log, watch))
        return [self.select(inner, windows), *windows, self._fold("final", log, ~tested, tested, test)]

    def _targets(self, log: Log, chosen: Bool) -> Bool:
        """Of each chosen user, what is not given."""
        place, count = places(log, chosen)
        if log.order == "none":
            # without an order any rows are as good as the last ones: deal the places inside each user anew
            rows = np.flatnonzero(chosen)
            place[rows[np.lexsort((self.rng.random(len(rows)), log.users[rows]))]] = place[rows]
        given = np.clip(np.ceil(self.config.given * count), 1, np.maximum(count - 1, 1))
        return np.asarray(chosen & (place >= given))

    @staticmethod
    def _fold(name: str, log: Log, learnt: Bool, chosen: Bool, target: Bool) -> FoldRoles:
        roles = np.where(learnt, LEARNT, 0)
        roles[chosen & ~target] = HISTORY
        roles[chosen & target] = TARGET
        return FoldRoles(name, roles.astype(np.uint8), after(log, learnt | (chosen & ~target)))

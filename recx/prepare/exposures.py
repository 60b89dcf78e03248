"""Rows that say with what chance they were shown: set aside whole, for what nobody took is never learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Int32
from recx.data import Exposures
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log


@dataclass(frozen=True, eq=False)
class Shown:
    """The rows with a propensity, in the id space of the log they come from."""

    log: Log
    test: Bool  # (n,)

    @staticmethod
    def of(log: Log, test: Bool) -> Shown | None:
        """Those of ``log``; None where it holds no propensities."""
        if log.propensities is None:
            return None
        drawn = ~np.isnan(log.propensities)
        return Shown(log.take(drawn), test[drawn])

    def among(self, kept: Log) -> Exposures:
        """The same rows in the id space of ``kept``; users and items that it does not know are -1."""
        log = self.log
        assert log.propensities is not None
        _, people = np.unique(log.users, return_inverse=True)
        return Exposures(
            people.astype(np.int32),
            _numbers(log.user_ids, kept.user_ids)[log.users],
            _numbers(log.item_ids, kept.item_ids)[log.items],
            log.values,
            log.propensities,
            self.test,
            log.columns,
        )


def without_refused(log: Log, test: Bool, ledger: Ledger) -> tuple[Log, Bool]:
    """The log without what was shown and not taken, and which of the rows left are test; counted."""
    taken = log.values > 0
    left = log.take(taken)
    ledger.add("shown and not taken (value 0), kept for offline=ips", *left.counts)
    return left, test[taken]


def _numbers(names: Sequence[str], known: Sequence[str]) -> Int32:
    """The number of each of ``names`` among ``known``, -1 where it is not there."""
    numbers = {name: number for number, name in enumerate(known)}
    return np.fromiter((numbers.get(name, -1) for name in names), np.int32, len(names))

"""The test log as an offline test reads it: who met which item, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recx.arrays import Float64, Int32
from recx.data import Dataset
from recx.errors import DataError, UsageError, did_you_mean
from recx.evaluate.offline.config import VALUE


@dataclass(frozen=True, eq=False)
class Logged:
    """Events of the test period, parallel arrays."""

    users: Int32  # (n,)
    items: Int32  # (n,)
    rewards: Float64  # (n,)

    @staticmethod
    def of(dataset: Dataset, reward: str) -> Logged:
        """The test events of ``dataset``; ``reward`` is "value" or a further column of the log.

        Raises UsageError where the log has no such column, DataError where an event has no number in it.
        """
        target = dataset.split.final.target
        if reward != VALUE and reward not in target.columns:
            known = [VALUE, *target.columns]
            raise UsageError(
                f"offline.reward={reward}: no such column of the log{did_you_mean(reward, known)}"
            )
        column = target.values if reward == VALUE else target.columns[reward]
        rewards = np.asarray(column, dtype=np.float64)
        if holes := int(np.count_nonzero(~np.isfinite(rewards))):
            raise DataError(
                f"offline.reward={reward}: {holes:,} of {len(rewards):,} test events have no number there"
            )
        return Logged(target.users, target.items, rewards)

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def people(self) -> Int32:
        """Who is there, ascending: (people,)."""
        return np.unique(self.users)

    @cached_property
    def rows(self) -> npt.NDArray[np.intp]:
        """The place of each event's user in ``people``: (n,)."""
        return np.searchsorted(self.people, self.users)

    def by_person(self, values: Float64) -> Float64:
        """Sums of ``values`` (n,) over each one's events: (people,)."""
        return np.bincount(self.rows, values, len(self.people)).astype(np.float64)

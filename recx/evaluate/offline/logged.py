"""The test log as an offline test reads it: who met which item, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Float64, Int32
from recx.data import Dataset
from recx.errors import DataError, UsageError, did_you_mean
from recx.evaluate.offline.config import VALUE


@dataclass(frozen=True, eq=False)
class Logged:
    """Events of one period, parallel arrays."""

    users: Int32  # (n,) -1 for those outside the data set
    items: Int32  # (n,) -1 for those outside the data set
    rewards: Float64  # (n,)
    propensities: Float64 | None = None  # (n,) chance with which the item was shown, where the log says so
    persons: Int32 | None = None  # (n,) who they are, where ``users`` does not tell all of them apart

    @staticmethod
    def of(dataset: Dataset, reward: str, test: bool = True) -> Logged:
        """The events of ``dataset`` in test: all that was shown where the log says that, else what was taken.

        ``reward`` is "value" or a further column of the log; not ``test``: what was shown before. Raises
        UsageError where the log has no such column, DataError where an event has no number in it.
        """
        shown = dataset.exposures
        if shown is None:
            target = dataset.split.final.target
            return Logged(target.users, target.items, _rewards(reward, target.values, target.columns))
        rows = shown.test == test
        columns = {name: column[rows] for name, column in shown.columns.items()}
        values = shown.values[rows]
        # a column such as the price is earned where the item was taken
        columns = {name: np.where(values > 0, column, 0) for name, column in columns.items()}
        return Logged(
            shown.users[rows],
            shown.items[rows],
            _rewards(reward, values, columns),
            shown.propensities[rows].astype(np.float64),
            shown.people[rows],
        )

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def asked(self) -> Int32:
        """Users who need a list, ascending, -1 first for all that are outside the data set: (asked,)."""
        return np.unique(self.users)

    @cached_property
    def asked_rows(self) -> npt.NDArray[np.intp]:
        """The place of each event's user in ``asked``: (n,)."""
        return np.searchsorted(self.asked, self.users)

    @cached_property
    def people(self) -> Int32:
        """The place of each event's person among all of them: (n,)."""
        everybody = self.users if self.persons is None else self.persons
        return np.unique(everybody, return_inverse=True)[1].astype(np.int32)

    def by_person(self, values: Float64) -> Float64:
        """Sums of ``values`` (n,) over each one's events: (people,)."""
        return np.bincount(self.people, values).astype(np.float64)


def _rewards(reward: str, values: Float32, columns: Mapping[str, npt.NDArray[np.generic]]) -> Float64:
    if reward != VALUE and reward not in columns:
        meant = did_you_mean(reward, [VALUE, *columns])
        raise UsageError(f"offline.reward={reward}: no such column of the log{meant}")
    rewards = np.asarray(values if reward == VALUE else columns[reward], dtype=np.float64)
    if holes := int(np.count_nonzero(~np.isfinite(rewards))):
        raise DataError(
            f"offline.reward={reward}: {holes:,} of {len(rewards):,} logged events have no number there"
        )
    return rewards

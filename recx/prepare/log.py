"""The log on its way from raw files to a data set: rows of numbers, and what users and items are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Int8, Int32, Int64
from recx.data.catalog import Column
from recx.data.interactions import Order
from recx.data.split import Roles

Part = Literal[0, 1, 2, 3]
TRAIN, VALID, TEST, GIVEN = 0, 1, 2, 3
"""What a row is by the files it came in: GIVEN is the input of a test question and never learnt."""

Index = Bool | npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Log:
    """Rows in the order of the source until ``sorted``, then by user, oldest first."""

    user_ids: list[str]
    item_ids: list[str]
    users: Int32  # (n,) into user_ids
    items: Int32  # (n,) into item_ids
    values: Float32  # (n,)
    times: Int64 | None = None  # (n,) unix seconds
    events: Int8 | None = None  # (n,) into event_names
    event_names: tuple[str, ...] = ()
    order: Order = "none"
    columns: Mapping[str, Float32] = field(default_factory=dict)  # extra columns, (n,) each
    propensities: Float32 | None = None  # (n,) chance with which the item was shown, NaN where nobody drew
    parts: Roles | None = None  # (n,) TRAIN, VALID, TEST or GIVEN where the files say so
    user_features: Mapping[str, Column] = field(default_factory=dict)  # (n_users,) each
    item_features: Mapping[str, Column] = field(default_factory=dict)  # (n_items,) each
    available_from: Int64 | None = None  # (n_items,) unix seconds
    keep_items: Bool | None = None  # (n_items,) items that stay in the id space without a row

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Index) -> Log:
        """The rows of a mask or of indices, in the same id space."""
        return replace(
            self,
            users=self.users[rows],
            items=self.items[rows],
            values=self.values[rows],
            times=None if self.times is None else self.times[rows],
            events=None if self.events is None else self.events[rows],
            columns={name: column[rows] for name, column in self.columns.items()},
            propensities=None if self.propensities is None else self.propensities[rows],
            parts=None if self.parts is None else self.parts[rows],
        )

    def sorted(self) -> Log:
        """Rows grouped by user, oldest first where there are times; ties as the source had them."""
        keys = (self.users,) if self.times is None else (self.times, self.users)
        return self.take(np.lexsort(keys))

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows, distinct users, distinct items."""
        users = np.bincount(self.users, minlength=1)
        items = np.bincount(self.items, minlength=1)
        return len(self), int(np.count_nonzero(users)), int(np.count_nonzero(items))

    def compact(self) -> Log:
        """The same rows in an id space of what occurs in them and of ``keep_items``, in the same order."""
        users = np.bincount(self.users, minlength=len(self.user_ids)) > 0
        items = np.bincount(self.items, minlength=len(self.item_ids)) > 0
        if self.keep_items is not None:
            items |= self.keep_items
        user_rows, item_rows = np.flatnonzero(users), np.flatnonzero(items)
        return replace(
            self,
            user_ids=[self.user_ids[row] for row in user_rows],
            item_ids=[self.item_ids[row] for row in item_rows],
            users=(np.cumsum(users) - 1).astype(np.int32)[self.users],
            items=(np.cumsum(items) - 1).astype(np.int32)[self.items],
            user_features={name: column[user_rows] for name, column in self.user_features.items()},
            item_features={name: column[item_rows] for name, column in self.item_features.items()},
            available_from=None if self.available_from is None else self.available_from[item_rows],
            keep_items=None if self.keep_items is None else self.keep_items[item_rows],
        )

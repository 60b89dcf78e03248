"""What a stacker learns from: pairs of user and item with their features and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Float32, Int32, Int64
from recx.fuse.surroundings import Feature


@dataclass(frozen=True, eq=False)
class Table:
    """Rows with features and labels, grouped by user."""

    features: tuple[Feature, ...]
    values: Float32  # (rows, features)
    items: Int32  # (rows,)
    labels: Float32  # (rows,) grade of a relevant item, 0 of others; or the rating
    sizes: Int64  # (groups,) rows of every user
    users: Int32  # (groups,)
    start: Float32 | None = None  # (rows,) ratings: the mean of the bases, from which the stacker goes on

    def __len__(self) -> int:
        return len(self.values)

    @property
    def bounds(self) -> Int64:
        """Where every user's rows begin, and where the last one's end: (groups + 1,)."""
        return np.append(0, np.cumsum(self.sizes))

    def take(self, groups: Bool) -> Table:
        """The rows of some users: (groups,)."""
        return self.keep(np.repeat(groups, self.sizes))

    def keep(self, rows: Bool) -> Table:
        """Some of the rows: (rows,). Users who are left with none are gone."""
        sizes = np.diff(np.append(0, np.cumsum(rows))[self.bounds])
        some = sizes > 0
        return Table(
            self.features,
            self.values[rows],
            self.items[rows],
            self.labels[rows],
            sizes[some],
            self.users[some],
            None if self.start is None else self.start[rows],
        )

    def taught(self) -> Table:
        """The users with something relevant among their rows: a ranking learns nothing from the others."""
        hits = np.append(0, np.cumsum(self.labels > 0))[self.bounds]
        return self.take(np.diff(hits) > 0)

    @staticmethod
    def concatenate(parts: Sequence[Table]) -> Table:
        """One table of several with the same features."""
        starts = [part.start for part in parts if part.start is not None]
        return Table(
            parts[0].features,
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.items for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.sizes for part in parts]),
            np.concatenate([part.users for part in parts]),
            np.concatenate(starts) if starts else None,
        )

"""What a model is asked: these users with these histories at this moment, perhaps about some items only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recx.arrays import Int32, Int64
from recx.data.interactions import Histories, Interactions


@dataclass(frozen=True, eq=False)
class UserBatch:
    """Whom to score, what they had done by then, and when "then" is."""

    users: Int32  # (n,) may lie outside the fitted id space: -1 is a user never seen
    histories: Histories  # n rows, aligned with users
    at: Int64 | None = None  # (n,) unix seconds

    def __post_init__(self) -> None:
        if len(self.users) != len(self.histories):
            raise ValueError(f"{len(self.users)} users with {len(self.histories)} histories")

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Row of the batch and item, ragged: row is ascending."""

    row: Int32  # (n,)
    item: Int32  # (n,)
    at: Int64 | None = None  # (n,) unix seconds of the event to be predicted, where known

    def __len__(self) -> int:
        return len(self.row)

    @staticmethod
    def of_all(n_rows: int, n_items: int) -> Pairs:
        """Every item for every row: n_rows * n_items."""
        rows = np.repeat(np.arange(n_rows, dtype=np.int32), n_items)
        return Pairs(rows, np.tile(np.arange(n_items, dtype=np.int32), n_rows))


def user_batches(
    users: Int32, history: Interactions, known_at: int | None, size: int = 512
) -> Iterator[UserBatch]:
    """Yield the users in blocks of ``size``, each with its history and the moment it is scored at."""
    histories = history.histories()
    for start in range(0, len(users), size):
        block = users[start : start + size]
        at = None if known_at is None else np.full(len(block), known_at, dtype=np.int64)
        yield UserBatch(block, histories.take(block), at)

"""Lists held against what users really took: all that a ranking metric needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.data import Rankings


@dataclass(frozen=True, eq=False)
class Targets:
    """Per user the distinct relevant items, and how relevant each is. Only users with at least one."""

    users: Int32  # (n,) ascending
    indptr: Int64  # (n + 1,)
    items: Int32  # (relevant,) ascending within a user
    grades: Float32  # (relevant,) above 0; 1 on implicit feedback, the rating on explicit

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def counts(self) -> Int64:
        """R, the relevant items of each user: (n,)."""
        return np.diff(self.indptr)

    @cached_property
    def rows(self) -> Int32:
        """The row each relevant item belongs to: (relevant,)."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.counts)

    @cached_property
    def best_first(self) -> Float32:
        """Grades in the order of an ideal list, user by user: (relevant,)."""
        return np.ascontiguousarray(self.grades[np.lexsort((-self.grades, self.rows))])

    def take(self, rows: npt.NDArray[np.integer]) -> Targets:
        """The targets of ``rows``, in that order."""
        counts = self.counts[rows]
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(counts, out=indptr[1:])
        index = np.arange(indptr[-1]) + np.repeat(self.indptr[:-1][rows] - indptr[:-1], counts)
        return Targets(self.users[rows], indptr, self.items[index], self.grades[index])

    def only(self, counts: Bool) -> Targets:
        """The relevant items that ``counts`` marks (relevant,), of the users who have one."""
        left = np.bincount(self.rows[counts], minlength=len(self))
        some = left > 0
        indptr = np.append(0, np.cumsum(left[some])).astype(np.int64)
        return Targets(self.users[some], indptr, self.items[counts], self.grades[counts])

    def sample(self, most: int, seed: int) -> Targets:
        """At most ``most`` users, drawn with ``seed``; all of them where there are no more."""
        if len(self) <= most:
            return self
        rows = np.random.default_rng(seed).choice(len(self), most, replace=False)
        return self.take(np.sort(rows))


@dataclass(frozen=True, eq=False)
class Lists:
    """What stands at each rank of each user's list."""

    grades: Float64  # (n, depth) relevance of the item at each rank, 0 for a miss
    ideal: Float64  # (n, depth) the same of the best possible list
    relevant: Int64  # (n,) R, candidates or not
    returned: Int64  # (n,) items in the list

    @staticmethod
    def judge(rankings: Rankings, targets: Targets) -> Lists:
        """Hold rankings against the targets of the same users.

        Raises ValueError where a list names an item twice, or the users are not the same.
        """
        from recx.kernels.metrics import judge

        if not np.array_equal(rankings.users, targets.users):
            raise ValueError("rankings and targets are not of the same users")
        items = np.ascontiguousarray(rankings.items)
        grades, ideal, returned, twice = judge(
            items, targets.indptr, targets.items, targets.grades, targets.best_first
        )
        if twice.any():
            row = int(np.argmax(twice))
            raise ValueError(
                f"the list of user {rankings.users[row]} names an item twice: {items[row].tolist()}"
            )
        return Lists(grades, ideal, targets.counts, returned)

    def __len__(self) -> int:
        return len(self.relevant)

    @cached_property
    def hit(self) -> npt.NDArray[np.bool_]:
        """Which ranks hold a relevant item: (n, depth)."""
        return self.grades > 0

    def hits(self, k: int) -> Int64:
        """Relevant items among the first k: (n,)."""
        return np.asarray(np.count_nonzero(self.hit[:, :k], axis=1), dtype=np.int64)

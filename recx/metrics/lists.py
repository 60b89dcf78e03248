"""Lists held against what users really took: all that a ranking metric needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.data import Rankings

Number = TypeVar("Number", np.int32, np.float64)


@dataclass(frozen=True, eq=False)
class Targets:
    """Per user the distinct relevant items, and how relevant each is. Only users with at least one."""

    users: Int32  # (n,) ascending
    indptr: Int64  # (n + 1,)
    items: Int32  # (relevant,) ascending within a user
    grades: Float32  # (relevant,) above 0; 1 on implicit feedback, the rating on explicit
    worth: Float32 | None = None  # (relevant,) price x quantity of the purchase, where prices are known

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
        if not len(self.grades) or self.grades.min() == self.grades.max():
            return self.grades
        return np.ascontiguousarray(self.grades[np.lexsort((-self.grades, self.rows))])

    def graded(self, grades: Float32) -> Targets:
        """The same items with other grades (relevant,)."""
        return replace(self, grades=grades)

    def take(self, rows: npt.NDArray[np.integer]) -> Targets:
        """The targets of ``rows``, in that order."""
        counts = self.counts[rows]
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(counts, out=indptr[1:])
        index = np.arange(indptr[-1]) + np.repeat(self.indptr[:-1][rows] - indptr[:-1], counts)
        return self._of(self.users[rows], indptr, index)

    def block(self, start: int, end: int) -> Targets:
        """The targets of the rows ``start`` to ``end``, or as many of them as there are."""
        indptr = self.indptr[start : end + 1]
        return self._of(self.users[start:end], indptr - indptr[0], slice(indptr[0], indptr[-1]))

    def only(self, counts: Bool) -> Targets:
        """The relevant items that ``counts`` marks (relevant,), of the users who have one."""
        left = np.bincount(self.rows[counts], minlength=len(self))
        some = left > 0
        indptr = np.append(0, np.cumsum(left[some])).astype(np.int64)
        return self._of(self.users[some], indptr, counts)

    @staticmethod
    def concatenate(parts: Sequence[Targets]) -> Targets:
        """Those of several blocks of users, one below the other."""
        counts = np.concatenate([part.counts for part in parts])
        worth = [part.worth for part in parts if part.worth is not None]
        return Targets(
            np.concatenate([part.users for part in parts]),
            np.append(0, np.cumsum(counts)),
            np.concatenate([part.items for part in parts]),
            np.concatenate([part.grades for part in parts]),
            np.concatenate(worth) if len(worth) == len(parts) else None,
        )

    def sample(self, most: int, seed: int) -> Targets:
        """At most ``most`` users, drawn with ``seed``; all of them where there are no more."""
        if len(self) <= most:
            return self
        rows = np.random.default_rng(seed).choice(len(self), most, replace=False)
        return self.take(np.sort(rows))

    def _of(self, users: Int32, indptr: Int64, index: Bool | npt.NDArray[np.integer] | slice) -> Targets:
        worth = None if self.worth is None else self.worth[index]
        return Targets(users, indptr, self.items[index], self.grades[index], worth)


@dataclass(frozen=True, eq=False)
class Lists:
    """What stands at each rank of each user's list, and running sums down the ranks.

    Every sum is made once for all cut-offs: a metric at k reads its column k - 1.
    """

    targets: Targets  # of the same users
    items: Int32  # (n, depth) -1 where a list is short
    place: Int32  # (n, depth) which of the user's relevant items stands there, -1 for a miss
    found: Int32  # (n, depth) hits among the first 1, 2, ...
    returned: Int32  # (n,) items in the list

    @staticmethod
    def judge(rankings: Rankings, targets: Targets) -> Lists:
        """Hold rankings against the targets of the same users.

        Raises ValueError where a list names an item twice, or the users are not the same.
        """
        from recx.kernels.metrics import judge

        if not np.array_equal(rankings.users, targets.users):
            raise ValueError("rankings and targets are not of the same users")
        items = np.ascontiguousarray(rankings.items)
        place, found, returned, twice = judge(items, targets.indptr, targets.items)
        if twice.any():
            row = int(np.argmax(twice))
            raise ValueError(
                f"the list of user {rankings.users[row]} names an item twice: {items[row].tolist()}"
            )
        return Lists(targets, items, place, found, returned)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def depth(self) -> int:
        """Ranks that are known."""
        return int(self.items.shape[1])

    @property
    def relevant(self) -> Int64:
        """R, candidates or not: (n,)."""
        return self.targets.counts

    @property
    def hit(self) -> Bool:
        """Which ranks hold a relevant item: (n, depth)."""
        return self.place >= 0

    def hits(self, k: int) -> Int32:
        """Relevant items among the first k: (n,)."""
        return at(self.found, k)

    def shown(self, k: int) -> Int32:
        """Items among the first k, padding left out: (n,)."""
        return np.minimum(k, self.returned)

    def sums(self, values: Float64, k: int) -> Float64:
        """Sum over the first k of what ``values`` (n_items,) says of each item: (n,)."""
        from recx.kernels.metrics import sums_over

        return sums_over(self.items, values, k)

    @cached_property
    def gains(self) -> Float64:
        """Discounted gain of the first 1, 2, ...: (n, depth)."""
        from recx.kernels.metrics import running_gains

        return running_gains(self.place, self.targets.indptr, self.targets.grades, self._discounts)

    @cached_property
    def ideal_gains(self) -> Float64:
        """Discounted gain of the best possible list, were its items candidates or not: (n, depth)."""
        from recx.kernels.metrics import running_ideal

        return running_ideal(self.targets.indptr, self.targets.best_first, self._discounts)

    @cached_property
    def precisions(self) -> Float64:
        """Sum of the precision at each hit's rank over the first 1, 2, ...: (n, depth)."""
        from recx.kernels.metrics import running_precisions

        return running_precisions(self.place)

    @cached_property
    def first_hit(self) -> Int32:
        """Rank of the first hit, from 1; 0 without one: (n,)."""
        from recx.kernels.metrics import first_hits

        return first_hits(self.place)

    @cached_property
    def exponential(self) -> Lists:
        """The same lists with grades 2^grade - 1."""
        return self.graded(np.exp2(self.targets.grades) - 1)

    def graded(self, grades: Float32) -> Lists:
        """The same lists with other grades of the relevant items (relevant,)."""
        return replace(self, targets=self.targets.graded(grades))

    @cached_property
    def _discounts(self) -> Float64:
        """1 / log2(rank + 1): (depth,)."""
        return 1 / np.log2(np.arange(2, self.depth + 2))


def at(running: npt.NDArray[Number], k: int) -> npt.NDArray[Number]:
    """The column of running sums (n, depth) at k; behind the last rank nothing is added."""
    return running[:, min(k, running.shape[1]) - 1]

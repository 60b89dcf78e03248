"""What a fuser looks at and learns from: pairs of user and item, what is said of them, what came of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.fuse.surroundings import TINY, Feature
from recx.metrics.lists import Targets


@dataclass(frozen=True, eq=False)
class Votes:
    """What every base says of some pairs: (rows, bases)."""

    labels: tuple[str, ...]
    knows: Bool  # False: the fallback (popularity, or the mean rating) answered for the base
    standard: Float32  # score in the user's standard deviations; where the bases rate, the rating
    scaled: Float32  # score in [0, 1] over what the user may be recommended; or the rating
    ranks: Int32 | None  # from 1, 0: not in the base's top list; None where the bases rate

    @property
    def heard(self) -> Bool:
        """``knows``, and every base where none knows the user: the fallback is all there is."""
        return self.knows | ~self.knows.any(axis=1, keepdims=True)

    @property
    def listed(self) -> Bool:
        """In the top list of a base that is heard; whatever is to be rated."""
        return self.heard if self.ranks is None else self.heard & (self.ranks > 0)

    def keep(self, rows: Bool) -> Votes:
        """Those on some of the rows."""
        ranks = None if self.ranks is None else self.ranks[rows]
        return Votes(self.labels, self.knows[rows], self.standard[rows], self.scaled[rows], ranks)

    def of(self, chosen: Sequence[str]) -> Votes:
        """Those of some of the bases."""
        at = [self.labels.index(label) for label in chosen]
        ranks = None if self.ranks is None else self.ranks[:, at]
        return Votes(tuple(chosen), self.knows[:, at], self.standard[:, at], self.scaled[:, at], ranks)

    @staticmethod
    def concatenate(parts: Sequence[Votes]) -> Votes:
        """Those of the same bases on several tables."""
        ranks = [part.ranks for part in parts if part.ranks is not None]
        return Votes(
            parts[0].labels,
            np.concatenate([part.knows for part in parts]),
            np.concatenate([part.standard for part in parts]),
            np.concatenate([part.scaled for part in parts]),
            np.concatenate(ranks) if ranks else None,
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """Pairs to be scored, grouped by user."""

    features: tuple[Feature, ...]
    values: Float32  # (rows, features)
    items: Int32  # (rows,)
    sizes: Int64  # (groups,) rows of every user, 0 for one without
    users: Int32  # (groups,)
    votes: Votes

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def bounds(self) -> Int64:
        """Where every user's rows begin, and where the last one's end: (groups + 1,)."""
        return np.append(0, np.cumsum(self.sizes))

    @cached_property
    def groups(self) -> Int64:
        """The group each row belongs to: (rows,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def start(self) -> Float32 | None:
        """What ratings are corrected from, the mean of all bases; None where the bases rank: (rows,)."""
        return self.votes.standard.mean(axis=1) if self.votes.ranks is None else None

    def moments(self, scores: Float32) -> tuple[Float64, Float64]:
        """Mean and standard deviation of the user's scores, of every row; 0 and 1 for ratings."""
        if self.votes.ranks is None:
            return np.zeros(len(self)), np.ones(len(self))
        n, count = len(self.sizes), np.maximum(self.sizes, 1)
        mean = np.bincount(self.groups, scores, minlength=n) / count
        square = np.bincount(self.groups, (scores - mean[self.groups]) ** 2, minlength=n) / count
        return mean[self.groups], np.maximum(np.sqrt(square), TINY)[self.groups]

    def keep(self, rows: Bool) -> Self:
        """Some of the rows: (rows,). Users who are left with none stay."""
        return replace(
            self,
            values=self.values[rows],
            items=self.items[rows],
            sizes=np.diff(np.append(0, np.cumsum(rows))[self.bounds]),
            votes=self.votes.keep(rows),
        )

    def take(self, groups: Bool) -> Self:
        """The rows of some users: (groups,)."""
        kept = self.keep(np.repeat(groups, self.sizes))
        return replace(kept, sizes=kept.sizes[groups], users=kept.users[groups])

    def said_by(self, bases: Collection[str]) -> Self:
        """The same with the votes of some of the bases."""
        labels = [label for label in self.votes.labels if label in bases]
        return self if len(labels) == len(self.votes.labels) else replace(self, votes=self.votes.of(labels))

    def columns(self, chosen: Sequence[int]) -> Self:
        """The same with some of the features."""
        return replace(
            self, features=tuple(self.features[at] for at in chosen), values=self.values[:, list(chosen)]
        )


@dataclass(frozen=True, eq=False)
class Table(Rows):
    """Rows whose outcome is known."""

    labels: Float32  # (rows,) grade of a relevant item, 0 of others; or the rating
    targets: Targets | None  # all that was to be found, group by group, among the rows or not; None: ratings

    @staticmethod
    def of(rows: Rows, labels: Float32, targets: Targets | None) -> Table:
        """``rows`` with what came of them."""
        return Table(
            rows.features, rows.values, rows.items, rows.sizes, rows.users, rows.votes, labels, targets
        )

    def keep(self, rows: Bool) -> Self:
        return replace(super().keep(rows), labels=self.labels[rows])

    def take(self, groups: Bool) -> Self:
        targets = None if self.targets is None else self.targets.take(np.flatnonzero(groups))
        return replace(super().take(groups), targets=targets)

    def taught(self) -> Self:
        """The users with something relevant among their rows: a ranking learns nothing from the others."""
        hits = np.append(0, np.cumsum(self.labels > 0))[self.bounds]
        return self.take(np.diff(hits) > 0)

    @staticmethod
    def concatenate(parts: Sequence[Table]) -> Table:
        """One table of several with the same features."""
        targets = [part.targets for part in parts if part.targets is not None]
        return Table(
            parts[0].features,
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.items for part in parts]),
            np.concatenate([part.sizes for part in parts]),
            np.concatenate([part.users for part in parts]),
            Votes.concatenate([part.votes for part in parts]),
            np.concatenate([part.labels for part in parts]),
            Targets.concatenate(targets) if targets else None,
        )

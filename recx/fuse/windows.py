"""A window: users of the past whose choices are known, asked as test users will be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recx.arrays import Bool, Int32
from recx.data import Fold, Pairs, Rankings, UserBatch, user_batches
from recx.errors import DataError
from recx.fuse.bases import Ratings, Said
from recx.fuse.candidates import Candidates
from recx.fuse.features import Block, ranking_features, rating_features
from recx.fuse.heard import Heard
from recx.fuse.known import ItemFacts
from recx.fuse.table import Rows, Table
from recx.metrics.lists import Targets
from recx.metrics.measure import rating_questions
from recx.models.base import Allowed, block_size


@dataclass(frozen=True)
class Breadth:
    """How many candidates there are and what is known of them."""

    top: int  # candidates each base brings per user
    union: int  # most candidates per user
    groups: tuple[str, ...]  # feature groups


@dataclass(frozen=True, eq=False)
class Asked:
    """A block of users: what the bases said, among what is chosen, what a stacker sees of it."""

    batch: UserBatch
    said: Said
    block: Block

    @staticmethod
    def of(batch: UserBatch, said: Said, facts: ItemFacts, groups: Sequence[str]) -> Asked:
        """Build the features of the candidates."""
        return Asked(batch, said, ranking_features(batch, said, facts, groups))

    @property
    def candidates(self) -> Candidates:
        """Among what is chosen."""
        return self.said.candidates

    @cached_property
    def rows(self) -> Rows:
        """The candidates as a fuser sees them."""
        block, candidates = self.block, self.candidates
        sizes = np.diff(candidates.indptr)
        return Rows(block.features, block.values, candidates.items, sizes, self.batch.users, block.votes)

    def table(self, targets: Targets) -> Table:
        """The candidates with their grades; row i of the block is row i of ``targets``."""
        return Table.of(self.rows, self.candidates.grades(targets), targets)


@dataclass(frozen=True, eq=False)
class Window:
    """A fold whose target is known, with the bases fitted before it."""

    fold: Fold
    bases: Heard
    facts: ItemFacts

    def ask(self, targets: Targets, allowed: Allowed, breadth: Breadth) -> Iterator[tuple[Asked, Targets]]:
        """The users of ``targets``, in their order, block by block."""
        start = 0
        # every base's scores of a block are held at once
        size = max(16, block_size(len(allowed.items)) // 2)
        for batch in user_batches(targets.users, self.fold.history, self.fold.known_at, size):
            said = self.bases.said(batch, allowed, breadth.top, breadth.union)
            rows = np.arange(start, start + len(batch))
            yield Asked.of(batch, said, self.facts, breadth.groups), targets.take(rows)
            start += len(batch)

    def rankings(
        self, targets: Targets, allowed: Allowed, breadth: Breadth, most: int, rng: np.random.Generator
    ) -> list[Table]:
        """Tables of users in random order, until ``most`` rows are there."""
        parts: list[Table] = []
        for asked, wanted in self.ask(targets.take(rng.permutation(len(targets))), allowed, breadth):
            parts.append(asked.table(wanted).taught())
            if sum(map(len, parts)) >= most:
                break
        return parts

    def ratings(self, groups: Sequence[str]) -> Table:
        """All rated pairs of the target."""
        parts = []
        for batch, pairs, rows in rating_questions(self.fold.target, self.fold):
            asked = Rated.of(batch, pairs, self.bases.rated(batch, pairs), self.facts, groups)
            parts.append(Table.of(asked.rows, rows.values, None))
        if not parts:
            raise DataError(f"{self.fold.name} has no ratings to learn from")
        return Table.concatenate(parts)


@dataclass(frozen=True, eq=False)
class Rated:
    """Pairs to be rated: what the bases said, what a fuser sees of it."""

    batch: UserBatch
    pairs: Pairs
    ratings: Ratings
    block: Block

    @staticmethod
    def of(
        batch: UserBatch, pairs: Pairs, ratings: Ratings, facts: ItemFacts, groups: Sequence[str]
    ) -> Rated:
        """Build the features of what the bases rated."""
        return Rated(batch, pairs, ratings, rating_features(batch, ratings, pairs, facts, groups))

    @cached_property
    def rows(self) -> Rows:
        """The pairs as a fuser sees them."""
        block = self.block
        sizes = np.bincount(self.pairs.row, minlength=len(self.batch))
        return Rows(block.features, block.values, self.pairs.item, sizes, self.batch.users, block.votes)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The window's users that the fuser does not learn from, and the bases' own lists for them."""

    targets: Targets
    table: Table
    ranked: Mapping[str, Rankings]  # base -> lists

    @property
    def recall(self) -> float:
        """Share of the users' relevant items that are candidates at all: the fuser's ceiling."""
        return float((self.table.labels > 0).sum() / max(1, len(self.targets.items)))


def hold_out(window: Window, targets: Targets, allowed: Allowed, breadth: Breadth, k: int) -> HeldOut:
    """Ask the held-out users; lists of length ``k``."""
    tables: list[Table] = []
    ranked: dict[str, list[Rankings]] = {}
    for asked, wanted in window.ask(targets, allowed, breadth):
        tables.append(asked.table(wanted))
        for at, label in enumerate(asked.said.labels):
            ranked.setdefault(label, []).append(_listed(asked.batch.users, asked.said.tops[:, at, :k]))
    return HeldOut(
        targets,
        Table.concatenate(tables),
        {label: Rankings.concatenate(parts) for label, parts in ranked.items()},
    )


def _listed(users: Int32, items: Int32) -> Rankings:
    scores = np.where(items >= 0, -np.arange(items.shape[1], dtype=np.float32), np.float32(-np.inf))
    return Rankings(users, np.ascontiguousarray(items), scores)


def split_users(users: Int32, share: float, seed: int) -> Bool:
    """Which users are held out: a share of them, at least one, by their number alone: (n,)."""
    chance = np.random.default_rng([seed, 11]).random(int(users.max(initial=-1)) + 1)[users]
    held = chance < share
    if not held.any() and len(users):
        held[int(np.argmin(chance))] = True
    return held

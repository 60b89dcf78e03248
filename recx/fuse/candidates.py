"""Whom a fuser chooses among: the union of every base's top list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recx.arrays import Float32, Int32, Int64
from recx.data import Rankings
from recx.metrics.lists import Targets


@dataclass(frozen=True, eq=False)
class Candidates:
    """Items per user, ragged, ascending within a user."""

    indptr: Int64  # (n + 1,)
    items: Int32  # (pairs,)
    ranks: Int32  # (pairs, bases) from 1; 0: not in that base's top list

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def rows(self) -> Int32:
        """The row each candidate belongs to: (pairs,)."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int32), np.diff(self.indptr))

    def of(self, scores: Float32) -> Float32:
        """The candidates' entries of a block of scores (n, n_items): (pairs,)."""
        return scores[self.rows, self.items]

    @staticmethod
    def concatenate(parts: Sequence[Candidates]) -> Candidates:
        """Those of several blocks, one below the other."""
        lengths = np.concatenate([np.diff(part.indptr) for part in parts])
        indptr = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=indptr[1:])
        items = np.concatenate([part.items for part in parts])
        return Candidates(indptr, items, np.concatenate([part.ranks for part in parts]))

    def grades(self, targets: Targets) -> Float32:
        """How relevant each candidate is, 0 where it is no target: (pairs,).

        Row i of the candidates is row i of ``targets``.
        """
        found = np.zeros(len(self), dtype=np.float32)
        if not len(targets.items) or not len(self):
            return found
        width = int(max(self.items.max(), targets.items.max())) + 1
        # rows and items ascend in both, so a binary search finds every pair
        wanted = targets.rows.astype(np.int64) * width + targets.items
        asked = self.rows.astype(np.int64) * width + self.items
        at = np.minimum(np.searchsorted(wanted, asked), len(wanted) - 1)
        there = wanted[at] == asked
        found[there] = targets.grades[at[there]]
        return found

    def best(
        self, scores: Float32, order: Int32, k: int, users: Int32, shown: Float32 | None = None
    ) -> Rankings:
        """The ``k`` best candidates of every row by ``scores`` (pairs,), ties broken by ``order``.

        Their scores are those that are ``shown``, if others.
        """
        by_rank = np.lexsort((order[self.items], -scores.astype(np.float64), self.rows))
        place = np.arange(len(self)) - np.repeat(self.indptr[:-1], np.diff(self.indptr))
        kept = place < k
        rows, columns, chosen = self.rows[kept], place[kept], by_rank[kept]
        items = np.full((len(users), k), -1, dtype=np.int32)
        best = np.full((len(users), k), -np.inf, dtype=np.float32)
        items[rows, columns] = self.items[chosen]
        best[rows, columns] = (scores if shown is None else shown)[chosen]
        return Rankings(users, items, best)

    def spread(self, scores: Float32, behind: Float32) -> Float32:
        """The order of ``scores`` (pairs,) laid over everything: (n, n_items).

        The largest values of each row of ``behind`` (n, n_items) go to the candidates, best first; other
        items keep theirs where it is smaller, and come right below the candidates where it is not. So the
        fuser decides who stands where, while scores stay on a scale that tells interest from none.
        """
        from recx.kernels.candidates import lay_over

        return lay_over(self.indptr, self.items, scores, behind)


def unite(tops: Int32, most: int, n_items: int) -> Candidates:
    """The union of top lists (n, bases, top), cut to the ``most`` items with the largest sum of 1 / rank.

    What a base says of a user it does not know is popularity, and brings candidates too.
    """
    from recx.kernels.candidates import unite as united

    items, ranks = united(tops, min(most, tops.shape[1] * tops.shape[2]), n_items)
    filled = items >= 0
    indptr = np.zeros(len(items) + 1, dtype=np.int64)
    np.cumsum(filled.sum(axis=1), out=indptr[1:])
    return Candidates(indptr, items[filled], ranks[filled])

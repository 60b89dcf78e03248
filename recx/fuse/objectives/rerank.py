"""Lists that are relevant and what else they are to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.fuse.objectives.config import ObjectiveFloors, ObjectiveWeights
from recx.fuse.objectives.items import Goods

TINY = 1e-9
FIRST = 1 / 16
"""The first push of a list that misses a floor, in standard deviations; it doubles until the floor is met."""
PUSHES = 14
HALVINGS = 6
"""Times that the gap between the last push that was too weak and the first that was not is halved."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Candidates of some users and their fused scores."""

    bounds: Int64  # (n + 1,) where each user's rows begin
    items: Int32  # (rows,)
    scores: Float32  # (rows,) higher is better
    ties: Int32  # (rows,) of equal ones that with the smaller is first

    @property
    def groups(self) -> Int64:
        """The user of each row: (rows,)."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))

    @property
    def relevance(self) -> Float64:
        """The scores in standard deviations of the user's: (rows,)."""
        groups, n = self.groups, len(self.bounds) - 1
        count = np.maximum(np.diff(self.bounds), 1)
        mean = np.bincount(groups, self.scores, minlength=n) / count
        apart = self.scores - mean[groups]
        deviation = np.sqrt(np.bincount(groups, apart**2, minlength=n) / count)
        return np.asarray(apart / np.maximum(deviation, TINY)[groups])


@dataclass(frozen=True, eq=False)
class Reranker:
    """Puts the first ``length`` of each list together; what comes behind keeps the order of its scores."""

    weight: ObjectiveWeights
    floor: ObjectiveFloors
    length: int
    goods: Goods

    def lists(self, pool: Pool) -> Int64:
        """Rows of every user's list, best first, -1 where there are fewer: (n, length).

        An item's gain is its relevance and what it earns by the weights. Of all lists with enough of the tail
        that with the largest sum of gains is taken, exactly, unless diversity counts: then the next is always
        the one that adds most. A list below the floor of diversity or margin is pushed towards it, no
        further than it must.
        """
        weight, floor, goods = self.weight, self.floor, self.goods
        n = len(pool.bounds) - 1
        gains = pool.relevance + weight.tail_share * goods.tail[pool.items]
        gains += weight.coverage * goods.rare[pool.items]
        first = self._lists(pool, gains, np.zeros(n))
        if floor.diversity is None and floor.margin is None:
            return first
        weak, strong, found = np.zeros(n), np.full(n, np.inf), first
        push = np.full(n, FIRST)
        strong[self._pushed(pool, first)] = 0
        for step in range(PUSHES + HALVINGS):
            open_ = np.isinf(strong) if step < PUSHES else (strong > 0) & np.isfinite(strong)
            if not open_.any():
                continue
            tried = self._lists(pool, gains, np.where(open_, push, strong))
            met = self._pushed(pool, tried)
            # of lists that never get there the one that was pushed hardest is kept
            take = open_ & (met | np.isinf(strong))
            found = np.where(take[:, None], tried, found)
            strong = np.where(open_ & met, push, strong)
            weak = np.where(open_ & ~met, push, weak)
            push = np.where(np.isinf(strong), 2 * push, (weak + strong) / 2)
        return found

    def order(self, pool: Pool) -> Float32:
        """Minus the place of every row in its user's order, from 0: (rows,)."""
        lists = self.lists(pool)
        behind = np.full(len(pool.items), self.length)
        rows, places = np.nonzero(lists >= 0)
        behind[lists[rows, places]] = places
        order = np.lexsort((pool.ties, -pool.scores, behind, pool.groups))
        found = np.empty(len(order), dtype=np.float32)
        found[order] = -(np.arange(len(order)) - pool.bounds[:-1][pool.groups])
        return found

    def missed(self, pool: Pool, lists: Int64) -> dict[str, Bool]:
        """Which lists are below each floor: (n,)."""
        listed = items_of(pool, lists)
        found: dict[str, Bool] = {}
        for name in ("tail_share", "diversity", "margin"):
            least = getattr(self.floor, name)
            if least is not None:
                found[name] = values(name, listed, self.goods) < least - TINY
        return found

    def _pushed(self, pool: Pool, lists: Int64) -> Bool:
        """Whether the floors of diversity and margin are met; an empty list needs no push: (n,)."""
        missed = self.missed(pool, lists)
        missed.pop("tail_share", None)
        return np.asarray(~np.any(list(missed.values()), axis=0) | (lists[:, 0] < 0))

    def _lists(self, pool: Pool, gains: Float64, push: Float64) -> Int64:
        from recx.kernels.rerank import put_together

        goods, floor, weight = self.goods, self.floor, self.weight
        margin = np.full(len(push), weight.margin) + (0.0 if floor.margin is None else push)
        pull = np.full(len(push), weight.diversity) + (0.0 if floor.diversity is None else push)
        gains = gains + margin[pool.groups] * goods.worth[pool.items]
        size = np.minimum(np.diff(pool.bounds), self.length)
        need = np.ceil((floor.tail_share or 0.0) * size - TINY).astype(np.int64)
        terms = goods.terms
        return put_together(
            pool.bounds, pool.items, gains, pool.ties, goods.tail[pool.items], need, pull, self.length,
            terms.indptr, terms.indices, terms.data, goods.jaccard,
        )  # fmt: skip


def items_of(pool: Pool, lists: Int64) -> Int32:
    """The items of rows, -1 where there are none: (n, length)."""
    if not len(pool.items):
        return np.full(lists.shape, -1, dtype=np.int32)
    return np.where(lists >= 0, pool.items[lists], -1).astype(np.int32)


def values(name: str, listed: Int32, goods: Goods) -> Float64:
    """What each list (n, length) reaches of any objective but coverage; 0 for an empty one: (n,)."""
    from recx.kernels.metrics import similarity_within

    there = listed >= 0
    count = there.sum(axis=1).astype(np.float64)
    if name == "diversity":
        terms = goods.terms
        alike = similarity_within(
            listed, listed.shape[1], terms.indptr, terms.indices, terms.data, goods.jaccard
        )
        pairs = count * (count - 1) / 2
        return np.where(pairs > 0, 1 - alike / np.maximum(pairs, 1), 0.0)
    of_items = goods.tail if name == "tail_share" else goods.margin
    total = np.where(there, of_items[listed], 0).sum(axis=1, dtype=np.float64)
    return np.asarray(total / np.maximum(count, 1))

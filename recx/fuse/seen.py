"""What a user has done with one thing: how often, when last, at which rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.data import Histories, UserBatch
from recx.fuse.known import DAY


@dataclass(frozen=True, eq=False)
class Seen:
    """Events of a block's histories, added up per row and group, where a group is an item or a category."""

    keys: Int64  # (m,) row x n_groups + group, ascending
    n_groups: int
    count: Float64  # (m,) events
    total: Float64  # (m,) sum of their values
    passed: Float64  # (m,) events of the row after the last of them
    days: Float64 | None  # (m,) from the last of them to the question
    interval: Float64 | None  # (m,) mean days between two moments of theirs; NaN where there is one

    @staticmethod
    def of(batch: UserBatch, groups: Int32, n_groups: int) -> Seen:
        """Add up the events of ``batch``; ``groups`` (events,) says what each is about, -1 drops it."""
        histories = batch.histories
        kept = np.flatnonzero(groups >= 0)
        key = histories.rows[kept].astype(np.int64) * n_groups + groups[kept]
        # stable: events of a key stay in the order of the history
        order = kept[np.argsort(key, kind="stable")]
        key = np.sort(key)
        first = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.zeros(0, np.int64)
        last = np.append(first[1:], len(key)) - 1 if len(key) else first
        count = np.diff(np.append(first, len(key))).astype(np.float64)
        total = np.add.reduceat(histories.values[order].astype(np.float64), first) if len(key) else count
        days, interval = _rhythm(batch, key, order, first, last)
        return Seen(
            key[first], n_groups, count, total, histories.ages[order[last]].astype(np.float64), days, interval
        )

    def find(self, rows: Int32, groups: Int32) -> tuple[Int64, Bool]:
        """Where the pairs stand, and which are there at all: (pairs,) each."""
        asked = rows.astype(np.int64) * self.n_groups + groups
        at = np.minimum(np.searchsorted(self.keys, asked), max(len(self.keys) - 1, 0))
        there = (
            (self.keys[at] == asked) & (groups >= 0)
            if len(self.keys)
            else np.zeros(len(asked), dtype=np.bool_)
        )
        return at, there


def pick(column: Float64, at: Int64, there: Bool, missing: float = np.nan) -> Float32:
    """Entries of ``column`` that ``Seen.find`` found: (pairs,)."""
    found = np.full(len(at), missing, dtype=np.float32)
    found[there] = column[at[there]]
    return found


def days_since(batch: UserBatch, times: Int64, rows: npt.NDArray[np.integer]) -> Float64:
    """Days from ``times`` to the moment row ``rows`` is asked about."""
    return np.asarray(np.maximum(asked_at(batch)[rows] - times, 0) / DAY)


def asked_at(batch: UserBatch) -> Int64:
    """The moment of the question, or of the row's newest event where no moment is given: (n,)."""
    if batch.at is not None:
        return batch.at
    return newest(batch.histories)


def newest(histories: Histories) -> Int64:
    """Time of every row's last event, 0 where it has none: (n,)."""
    found = np.zeros(len(histories), dtype=np.int64)
    filled = histories.lengths > 0
    if histories.times is not None and filled.any():
        found[filled] = np.maximum.reduceat(histories.times, histories.indptr[:-1][filled])
    return found


def _rhythm(
    batch: UserBatch, key: Int64, order: Int64, first: Int64, last: Int64
) -> tuple[Float64 | None, Float64 | None]:
    times = batch.histories.times
    if times is None:
        return None, None
    when = times[order]
    rows = batch.histories.rows[order[last]]
    # lines of one basket have one time: they are one moment
    new = np.append(True, (key[1:] != key[:-1]) | (when[1:] != when[:-1])) if len(key) else np.zeros(0, bool)
    moments = np.add.reduceat(new.astype(np.float64), first) if len(key) else np.zeros(0)
    span = (when[last] - when[first]) / DAY
    interval = np.divide(span, moments - 1, out=np.full(len(first), np.nan), where=moments > 1)
    return days_since(batch, when[last], rows), interval

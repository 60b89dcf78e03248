"""What was known of user, item and pair when the question was put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recx.arrays import Float32, Float64, Int32, Int64
from recx.data import Pairs, UserBatch
from recx.fuse.known import DAY, ItemFacts
from recx.fuse.seen import Seen, asked_at, days_since, newest, pick

TINY = 1e-6
MOST_CODES = 64
"""A category with more values than this is no column of its own: trees would learn single items by heart."""


@dataclass(frozen=True)
class Feature:
    """A column of the stacker's table."""

    name: str  # "als.rank", "pair.count"
    group: str  # a base's label, agreement, user, item or pair
    categorical: bool = False


Column = tuple[Feature, Float32 | Float64]


def surroundings(batch: UserBatch, pairs: Pairs, facts: ItemFacts, groups: Sequence[str]) -> Iterator[Column]:
    """Columns of user, item and pair, those of ``groups``."""
    if "user" in groups:
        for name, values in _user(batch, facts):
            yield Feature(f"user.{name}", "user"), values[pairs.row].astype(np.float32)
    if "item" in groups:
        for name, numbers in facts.numbers.items():
            yield Feature(f"item.{name}", "item"), numbers[pairs.item]
        for name, codes in facts.categories.items():
            if codes.max(initial=-1) < MOST_CODES:
                column = np.where(codes >= 0, codes, np.nan).astype(np.float32)
                yield Feature(f"item.{name}", "item", categorical=True), column[pairs.item]
    if "pair" in groups:
        for name, found in _pair(batch, pairs, facts):
            yield Feature(f"pair.{name}", "pair"), found.astype(np.float32)


def _user(batch: UserBatch, facts: ItemFacts) -> Iterator[tuple[str, Float64]]:
    histories = batch.histories
    n = len(batch)
    events = histories.lengths.astype(np.float64)
    yield "events", events
    items = np.unique(histories.rows.astype(np.int64) * facts.n_items + histories.items)
    distinct = np.bincount(items // facts.n_items, minlength=n).astype(np.float64)
    yield "items", distinct
    yield "repeats", 1 - distinct / np.maximum(events, 1)
    for name, codes in facts.categories.items():
        width = int(codes.max(initial=0)) + 2
        kinds = np.unique(histories.rows.astype(np.int64) * width + codes[histories.items] + 1)
        yield f"{name}s", np.bincount(kinds // width, minlength=n).astype(np.float64)
    if histories.times is not None:
        last = newest(histories)
        yield "days", np.where(events > 0, (asked_at(batch) - last) / DAY, np.nan)
        moments = _moments(batch)
        span = days_since(batch, _oldest(batch), np.arange(n))
        yield "interval", np.where(moments > 0, span / np.maximum(moments, 1), np.nan)
    usual = _usual_price(batch, facts)
    if usual is not None:
        yield "price", usual
    if facts.rated:
        yield "rating", _row_average(batch, histories.values.astype(np.float64))


def _pair(batch: UserBatch, pairs: Pairs, facts: ItemFacts) -> Iterator[tuple[str, Float64 | Float32]]:
    histories = batch.histories
    lengths = np.maximum(histories.lengths, 1)[pairs.row]
    own = Seen.of(batch, histories.items, facts.n_items)
    at, there = own.find(pairs.row, pairs.item)
    count = pick(own.count, at, there, 0.0)
    yield "count", count
    yield "share", count / lengths
    yield "events_since", pick(own.passed, at, there)
    if own.days is not None and own.interval is not None:
        days, interval = pick(own.days, at, there), pick(own.interval, at, there)
        yield "days", days
        yield "interval", interval
        yield "due", days / np.maximum(interval, 0.5)
    for name, codes in facts.categories.items():
        yield from _category(batch, pairs, name, codes, count, lengths, facts.rated)
    for name, labels in facts.labels.items():
        yield from _likeness(batch, pairs, name, labels)
    usual = _usual_price(batch, facts)
    if usual is not None and facts.price is not None:
        yield "price", np.log(np.maximum(facts.price[pairs.item], TINY) / np.maximum(usual[pairs.row], TINY))


def _category(
    batch: UserBatch, pairs: Pairs, name: str, codes: Int32, count: Float32, lengths: Float64, rated: bool
) -> Iterator[tuple[str, Float64 | Float32]]:
    """The user and the item's category: its share, when last, and how much of it is this item."""
    seen = Seen.of(batch, codes[batch.histories.items], int(codes.max(initial=0)) + 1)
    at, there = seen.find(pairs.row, codes[pairs.item])
    events = pick(seen.count, at, there, 0.0)
    yield f"{name}_share", events / lengths
    yield f"{name}_loyalty", np.where(there, count / np.maximum(events, 1), np.nan)
    if seen.days is not None:
        yield f"{name}_days", pick(seen.days, at, there)
    if rated:
        yield f"{name}_rating", pick(seen.total / seen.count, at, there)


def _likeness(
    batch: UserBatch, pairs: Pairs, name: str, labels: csr_array
) -> Iterator[tuple[str, Float64 | Float32]]:
    """Cosine of the item's labels with those of the whole history, and with those of its newest event."""
    histories, n_items = batch.histories, labels.shape[0]
    ones = np.ones(len(histories.items), dtype=np.float32)
    item = labels[pairs.item]
    yield name, _cosine(histories.matrix(n_items, ones) @ labels, item, pairs.row)
    newest_only = (histories.ages == 0).astype(np.float32)
    yield f"{name}_last", _cosine(histories.matrix(n_items, newest_only) @ labels, item, pairs.row)


def _cosine(profiles: csr_array, item: csr_array, rows: Int32) -> Float64:
    """Of each pair's item with its row's profile: (pairs,). ``item`` has rows of length 1."""
    lengths = np.sqrt(np.asarray((profiles * profiles).sum(axis=1)))
    products = np.asarray((profiles[rows] * item).sum(axis=1), dtype=np.float64)
    return np.asarray(products / np.maximum(lengths[rows], TINY))


def _usual_price(batch: UserBatch, facts: ItemFacts) -> Float64 | None:
    """Mean price of what the user takes: (n,)."""
    if facts.price is None:
        return None
    return _row_average(batch, facts.price[batch.histories.items].astype(np.float64))


def _row_average(batch: UserBatch, values: Float64) -> Float64:
    """Mean of the known ``values`` (events,) of every row, NaN where it has none: (n,)."""
    known = np.isfinite(values)
    rows, n = batch.histories.rows[known], len(batch)
    total, count = np.bincount(rows, values[known], minlength=n), np.bincount(rows, minlength=n)
    return np.asarray(np.divide(total, count, out=np.full(n, np.nan), where=count > 0))


def _moments(batch: UserBatch) -> Float64:
    """Different times in every row: baskets, visits, (n,)."""
    histories = batch.histories
    assert histories.times is not None
    if not len(histories.times):
        return np.zeros(len(batch))
    new = np.append(True, np.diff(histories.times) != 0)
    new[histories.indptr[:-1][histories.lengths > 0]] = True
    return np.asarray(np.bincount(histories.rows, new, minlength=len(batch)), dtype=np.float64)


def _oldest(batch: UserBatch) -> Int64:
    histories = batch.histories
    found = asked_at(batch).copy()
    filled = histories.lengths > 0
    if histories.times is not None and filled.any():
        found[filled] = np.minimum.reduceat(histories.times, histories.indptr[:-1][filled])
    return found

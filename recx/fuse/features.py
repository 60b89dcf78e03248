"""What a stacker looks at: the bases' scores, and what was known of user, item and pair at the cut-off.

Everything comes from the fold's ``fit`` (ItemFacts) and from the histories that travel with the users;
targets are not handed in. A rank says all that its reciprocal and "is listed" could: trees cut at thresholds,
so of functions that rise and fall together one is enough. A raw score has no lasting scale: its base is
fitted anew before the stacker is applied, so scores enter in the user's own standard deviations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32
from recx.data import Pairs, UserBatch
from recx.fuse.bases import Answers, Ratings
from recx.fuse.blends import rrf
from recx.fuse.candidates import Candidates
from recx.fuse.known import ItemFacts
from recx.fuse.seen import Seen, asked_at, days_since, newest, pick

GROUPS = ("base", "user", "item", "pair")
TINY = 1e-6


@dataclass(frozen=True)
class Feature:
    """A column of the stacker's table."""

    name: str  # "als.rank", "pair.count"
    group: str  # a base's label, or user, item, pair
    categorical: bool = False


Column = tuple[Feature, Float32 | Float64]


@dataclass(frozen=True, eq=False)
class Block:
    """Features of some pairs, and what the blends need beside them."""

    features: tuple[Feature, ...]
    values: Float32  # (pairs, features)
    standard: Float32  # (pairs, bases) scores in the user's standard deviations
    scaled: Float32  # (pairs, bases) scores in [0, 1] over the user's candidates
    knows: Bool  # (pairs, bases)


def ranking_features(
    batch: UserBatch, answers: Answers, candidates: Candidates, facts: ItemFacts, groups: Sequence[str]
) -> Block:
    """The table of a block of users with their candidates."""
    rows = candidates.rows
    knows = answers.knows[rows]
    standard, scaled = _scales(answers, candidates)
    columns: list[Column] = []
    if "base" in groups:
        ranks = np.where(candidates.ranks > 0, candidates.ranks, np.nan).astype(np.float32)
        for at, label in enumerate(answers.labels):
            for name, values in (("standard", standard), ("rank", ranks)):
                column = np.where(knows[:, at], values[:, at], np.float32(np.nan))
                columns.append((Feature(f"{label}.{name}", label), column))
        columns += _agreement(candidates.ranks, standard, knows)
    pairs = Pairs(rows, candidates.items)
    columns += _surroundings(batch, pairs, facts, groups)
    return Block(*_joined(columns), standard, scaled, knows)


def rating_features(
    batch: UserBatch, ratings: Ratings, pairs: Pairs, facts: ItemFacts, groups: Sequence[str]
) -> Block:
    """The table of pairs to be rated: each base's rating and how far it lies from the bases' mean."""
    columns: list[Column] = []
    voices = np.where(ratings.knows, ratings.values, np.nan)
    middle = _row_mean(voices)
    if "base" in groups:
        for at, label in enumerate(ratings.labels):
            columns.append((Feature(f"{label}.rating", label), voices[:, at]))
            columns.append((Feature(f"{label}.apart", label), voices[:, at] - middle))
    columns += _surroundings(batch, pairs, facts, groups)
    return Block(*_joined(columns), ratings.values, ratings.values, ratings.knows)


def _scales(answers: Answers, candidates: Candidates) -> tuple[Float32, Float32]:
    """Standardised and scaled scores of the candidates: (pairs, bases) each.

    Mean, deviation, least and greatest are over everything the policy allows the user, listed or not.
    """
    from recx.kernels.candidates import moments

    standard, scaled = [], []
    for scores in answers.scores.values():
        mean, deviation, low, high = moments(scores)[candidates.rows].T
        score = candidates.of(scores)
        standard.append((score - mean) / np.maximum(deviation, TINY))
        scaled.append((score - low) / np.maximum(high - low, TINY))
    return np.stack(standard, axis=1), np.stack(scaled, axis=1)


def _agreement(ranks: Int32, standard: Float32, knows: Bool) -> Iterator[Column]:
    """How far the bases agree; attributed to none of them."""
    yield Feature("agreement.listed", "agreement"), ((ranks > 0) & knows).sum(axis=1).astype(np.float32)
    yield Feature("agreement.rrf", "agreement"), rrf(ranks, knows)
    yield (
        Feature("agreement.mean", "agreement"),
        _row_mean(np.where(knows, standard, np.nan)).astype(np.float32),
    )


def _surroundings(
    batch: UserBatch, pairs: Pairs, facts: ItemFacts, groups: Sequence[str]
) -> Iterator[Column]:
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


MOST_CODES = 64
"""A category with more values than this is no column of its own: trees would learn single items by heart."""


def _user(batch: UserBatch, facts: ItemFacts) -> Iterator[tuple[str, Float64]]:
    histories = batch.histories
    n = len(batch)
    events = histories.lengths.astype(np.float64)
    yield "events", events
    items = np.unique(histories.rows.astype(np.int64) * len(_any(facts)) + histories.items)
    distinct = np.bincount(items // len(_any(facts)), minlength=n).astype(np.float64)
    yield "items", distinct
    yield "repeats", 1 - distinct / np.maximum(events, 1)
    for name, codes in facts.categories.items():
        width = int(codes.max(initial=0)) + 2
        kinds = np.unique(histories.rows.astype(np.int64) * width + codes[histories.items] + 1)
        yield f"{name}s", np.bincount(kinds // width, minlength=n).astype(np.float64)
    if histories.times is not None:
        last = newest(histories)
        yield "days", np.where(events > 0, (asked_at(batch) - last) / 86_400.0, np.nan)
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
    own = Seen.of(batch, histories.items, len(_any(facts)))
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


def _oldest(batch: UserBatch) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    histories = batch.histories
    found = asked_at(batch).copy()
    filled = histories.lengths > 0
    if histories.times is not None and filled.any():
        found[filled] = np.minimum.reduceat(histories.times, histories.indptr[:-1][filled])
    return found


def _any(facts: ItemFacts) -> Float32:
    return facts.numbers["popularity"]


def _row_mean(values: Float32 | Float64) -> Float64:
    """Mean of the known entries of every row; NaN where there is none."""
    known = ~np.isnan(values)
    total, count = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0))


def _joined(columns: Sequence[Column]) -> tuple[tuple[Feature, ...], Float32]:
    features = tuple(feature for feature, _ in columns)
    if not columns:
        return features, np.zeros((0, 0), dtype=np.float32)
    return features, np.ascontiguousarray(
        np.stack([values for _, values in columns], axis=1), dtype=np.float32
    )

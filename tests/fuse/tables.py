"""Tables spelled out row by row, or planted, without a data set behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.fuse.features import base_columns, joined
from recx.fuse.fusers.base import Lesson
from recx.fuse.judge import Judge
from recx.fuse.surroundings import Feature
from recx.fuse.table import Rows, Table, Votes
from recx.metrics import parse
from recx.metrics.lists import Targets


def ranked(ranks: npt.ArrayLike, sizes: Sequence[int] | None = None, knows: Bool | None = None) -> Rows:
    """Candidates by their ranks in every base's list (rows, bases), 0: not listed; one user by default.

    Scores fall with the rank: 1 / rank, 0 where not listed.
    """
    table = np.asarray(ranks, dtype=np.int32)
    scores = np.where(table > 0, 1 / np.maximum(table, 1), 0).astype(np.float32)
    return _rows(scores, scores, table, sizes, knows)


def scored(scores: npt.ArrayLike, sizes: Sequence[int] | None = None, knows: Bool | None = None) -> Rows:
    """Candidates by what every base says of them (rows, bases), all of them listed."""
    table = np.asarray(scores, dtype=np.float32)
    return _rows(table, table, np.ones(table.shape, dtype=np.int32), sizes, knows)


def rated(ratings: npt.ArrayLike, knows: Bool | None = None) -> Rows:
    """Pairs of one user by the rating each base predicts (rows, bases)."""
    table = np.asarray(ratings, dtype=np.float32)
    return _rows(table, table, None, None, knows)


def _rows(
    standard: Float32,
    scaled: Float32,
    ranks: npt.NDArray[np.int32] | None,
    sizes: Sequence[int] | None,
    knows: Bool | None,
) -> Rows:
    n, bases = standard.shape
    labels = tuple("abcdefghij"[:bases])
    votes = Votes(labels, np.ones((n, bases), np.bool_) if knows is None else knows, standard, scaled, ranks)
    counts = np.asarray([n] if sizes is None else sizes, dtype=np.int64)
    items = np.concatenate([np.arange(size, dtype=np.int32) for size in counts])
    return Rows(
        *joined(list(base_columns(votes)), n), items, counts, np.arange(len(counts), dtype=np.int32), votes
    )


def lesson(seed: int = 0, metric: str = "ndcg@10", n_items: int = 1000) -> Lesson:
    """How to learn from such tables."""
    scale = (1.0, 5.0) if metric == "rmse" else None
    return Lesson(Judge(parse(metric), np.arange(n_items, dtype=np.int32), scale), seed, 1)


def with_labels(rows: Rows, labels: npt.ArrayLike) -> Table:
    """Rows with the grade of each, all that was to be found among them."""
    grades = np.asarray(labels, dtype=np.float32)
    hits = grades > 0
    counts = np.bincount(rows.groups[hits], minlength=len(rows.sizes))
    targets = Targets(rows.users, np.append(0, np.cumsum(counts)), rows.items[hits], grades[hits])
    return Table.of(rows, grades, targets)


def planted(
    rng: np.random.Generator,
    strengths: Sequence[float],
    users: int = 300,
    each: int = 30,
    extra: int = 2,
) -> Table:
    """Users with candidates, a tenth of them taken, which base b lifts by ``strengths[b]`` over its noise.

    ``extra`` features of items are noise, and group "item".
    """
    rows = users * each
    labels = (rng.random(rows) < 0.1).astype(np.float32)
    labels[np.arange(users) * each] = 1  # everyone has something to be found
    said = rng.normal(size=(rows, len(strengths))) + labels[:, None] * np.asarray(strengths)
    ranks = np.empty(said.shape, dtype=np.int32)
    for user in range(users):
        part = slice(user * each, (user + 1) * each)
        ranks[part] = (-said[part]).argsort(axis=0).argsort(axis=0) + 1
    low, high = said.min(axis=0), said.max(axis=0)
    standard, scaled = said.astype(np.float32), ((said - low) / (high - low)).astype(np.float32)
    found = _rows(standard, scaled, ranks, [each] * users, None)
    noise = rng.normal(size=(rows, extra)).astype(np.float32)
    features = tuple(Feature(f"item.noise{at}", "item") for at in range(extra))
    rows_of = Rows(
        (*found.features, *features), np.column_stack([found.values, noise]), found.items, found.sizes,
        found.users, found.votes,
    )  # fmt: skip
    return with_labels(rows_of, labels)


def planted_ratings(
    rng: np.random.Generator, errors: Sequence[float], bias: Sequence[float], users: int = 150, each: int = 20
) -> Table:
    """Users with ratings of 1 to 5, and bases that miss them by ``errors`` at random and by ``bias``."""
    rows = users * each
    truth = rng.uniform(1, 5, rows)
    said = truth[:, None] + rng.normal(size=(rows, len(errors))) * np.asarray(errors) + np.asarray(bias)
    found = rated(said)
    sizes, numbers = np.full(users, each), np.arange(users, dtype=np.int32)
    items = np.tile(np.arange(each, dtype=np.int32), users)
    rows_of = Rows(found.features, found.values, items, sizes, numbers, found.votes)
    return Table.of(rows_of, truth.astype(np.float32), None)

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
from recx.fuse.surroundings import TINY, Column, Feature, surroundings

GROUPS = ("base", "user", "item", "pair")


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
    columns += surroundings(batch, pairs, facts, groups)
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
    columns += surroundings(batch, pairs, facts, groups)
    return Block(*_joined(columns), ratings.values, ratings.values, ratings.knows)


def _scales(answers: Answers, candidates: Candidates) -> tuple[Float32, Float32]:
    """Standardised and scaled scores of the candidates: (pairs, bases) each.

    Mean, deviation, least and greatest are over everything the policy allows the user, listed or not.
    """
    standard, scaled = [], []
    for label, scores in answers.scores.items():
        mean, deviation, low, high = answers.scales[label][candidates.rows].T
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

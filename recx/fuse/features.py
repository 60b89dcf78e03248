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

from recx.arrays import Float32, Float64
from recx.data import Pairs, UserBatch
from recx.fuse import vectors
from recx.fuse.bases import Ratings, Said
from recx.fuse.fusers.config import RRFConfig
from recx.fuse.fusers.rrf import reciprocal_ranks
from recx.fuse.known import ItemFacts
from recx.fuse.surroundings import TINY, Column, Feature, surroundings
from recx.fuse.table import Votes
from recx.fuse.vectors import Described

AGREEMENT = "agreement"
"""Group of the columns that know every base."""


@dataclass(frozen=True, eq=False)
class Block:
    """What is known of some pairs, as numbers, and what the bases say of them."""

    features: tuple[Feature, ...]
    values: Float32  # (pairs, features)
    votes: Votes


def ranking_features(batch: UserBatch, said: Said, facts: ItemFacts, groups: Sequence[str]) -> Block:
    """The table of a block of users with their candidates."""
    candidates = said.candidates
    standard, scaled = _scales(said)
    votes = Votes(said.labels, said.knows[candidates.rows], standard, scaled, candidates.ranks)
    return _block(batch, Pairs(candidates.rows, candidates.items), votes, facts, groups, said.described)


def rating_features(
    batch: UserBatch, ratings: Ratings, pairs: Pairs, facts: ItemFacts, groups: Sequence[str]
) -> Block:
    """The table of pairs to be rated."""
    votes = Votes(ratings.labels, ratings.knows, ratings.values, ratings.values, None)
    return _block(batch, pairs, votes, facts, groups, ratings.described)


def base_columns(votes: Votes) -> Iterator[Column]:
    """What each base says, NaN where it does not know the user, and how far they agree.

    Of rankings score and rank, of ratings the rating and how far it lies from the bases' mean.
    """
    said = np.where(votes.knows, votes.standard, np.float32(np.nan))
    if votes.ranks is None:
        middle = _row_mean(said)
        for at, label in enumerate(votes.labels):
            yield Feature(f"{label}.rating", label), said[:, at]
            yield Feature(f"{label}.apart", label), said[:, at] - middle
        return
    listed = votes.knows & (votes.ranks > 0)
    ranks = np.where(listed, votes.ranks, np.nan).astype(np.float32)
    for at, label in enumerate(votes.labels):
        yield Feature(f"{label}.standard", label), said[:, at]
        yield Feature(f"{label}.rank", label), ranks[:, at]
    # attributed to none of them
    yield Feature("agreement.listed", AGREEMENT), listed.sum(axis=1).astype(np.float32)
    reciprocal = reciprocal_ranks(votes.ranks, listed, RRFConfig.k).sum(axis=1)
    yield Feature("agreement.rrf", AGREEMENT), reciprocal.astype(np.float32)
    yield Feature("agreement.mean", AGREEMENT), _row_mean(said).astype(np.float32)


def joined(columns: Sequence[Column], rows: int) -> tuple[tuple[Feature, ...], Float32]:
    """Columns side by side: (rows, columns)."""
    features = tuple(feature for feature, _ in columns)
    if not columns:
        return features, np.zeros((rows, 0), dtype=np.float32)
    return features, np.ascontiguousarray(
        np.stack([values for _, values in columns], axis=1), dtype=np.float32
    )


def _block(
    batch: UserBatch,
    pairs: Pairs,
    votes: Votes,
    facts: ItemFacts,
    groups: Sequence[str],
    described: tuple[Described, ...],
) -> Block:
    columns: list[Column] = list(base_columns(votes)) if "base" in groups else []
    columns += surroundings(batch, pairs, facts, groups)
    columns += vectors.columns(described, pairs)
    return Block(*joined(columns, len(pairs)), votes)


def _scales(said: Said) -> tuple[Float32, Float32]:
    """Standardised and scaled scores of the candidates: (pairs, bases) each.

    Mean, deviation, least and greatest are over everything the policy allows the user, listed or not.
    """
    mean, deviation, low, high = np.moveaxis(said.scales, 2, 0)
    rows, tiny = said.candidates.rows, np.float32(TINY)
    standard = (said.scores - mean[rows]) / np.maximum(deviation, tiny)[rows]
    return standard, (said.scores - low[rows]) / np.maximum(high - low, tiny)[rows]


def _row_mean(values: Float32 | Float64) -> Float64:
    """Mean of the known entries of every row; NaN where there is none."""
    known = ~np.isnan(values)
    total, count = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0))

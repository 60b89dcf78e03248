"""Fusion without learning: what a stack has to beat. Pure functions of the bases' ranks and scores.

Each returns one number per candidate, higher is better; a base that does not know the user has no vote.
"""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool, Float32, Int32

RRF_K = 60
"""Cormack, Clarke and Büttcher (2009): how slowly a vote fades with its rank."""


def rrf(ranks: Int32, knows: Bool) -> Float32:
    """Reciprocal rank fusion: sum over the bases that list the item of 1 / (60 + rank).

    ``ranks`` (pairs, bases) count from 1, 0 where a base does not list the item; ``knows`` (pairs, bases).
    """
    votes = np.where((ranks > 0) & knows, 1.0 / (RRF_K + ranks), 0.0)
    return np.asarray(votes.sum(axis=1), dtype=np.float32)


def combsum(scaled: Float32, knows: Bool) -> Float32:
    """CombSUM (Fox and Shaw 1994): sum of scores scaled to [0, 1] over each base's candidates of the user.

    ``scaled`` (pairs, bases).
    """
    return np.asarray(np.where(knows, scaled, 0.0).sum(axis=1), dtype=np.float32)


def mean(standard: Float32, knows: Bool) -> Float32:
    """Mean over the bases that know the user of the score in standard deviations of the user's scores; 0
    where none does.

    ``standard`` (pairs, bases). Ratings are averaged by the same rule, in their own scale.
    """
    voices = knows.sum(axis=1)
    total = np.where(knows, standard, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(voices, 1), dtype=np.float32)


RANKING = ("rrf", "combsum", "mean")
"""Blends that rank."""
RATING = ("mean",)
"""Blends that rate."""


def blend(name: str, ranks: Int32, scaled: Float32, standard: Float32, knows: Bool) -> Float32:
    """The blend called ``name``, of everything that one may need."""
    if name == "rrf":
        return rrf(ranks, knows)
    return combsum(scaled, knows) if name == "combsum" else mean(standard, knows)

"""Weights of bases: what weighted and greedy learn, and how their scores are made of them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Float64
from recx.errors import DataError
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import RRFConfig, WeightsConfig
from recx.fuse.fusers.rrf import reciprocal_ranks
from recx.fuse.judge import Contest
from recx.fuse.table import Rows, Votes

TINY = 1e-6

W = TypeVar("W", bound=WeightsConfig)


class Weights(Fuser[W]):
    """score = sum over b of w_b x_b / sum over b of w_b, over the bases that know the user.

    x is the base's score as ``norm`` says, or its rating; weights are 0 or more and sum to 1. Where none of
    the bases with a weight knows the user, all that know it weigh alike. A subclass says how the weights are
    found.
    """

    learns = True
    rates = True
    weights: Float64  # (bases,)

    def score(self, rows: Rows) -> Float32:
        """The weighted mean: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """w_b x_b over the sum of the weights, of every base."""
        votes = rows.votes
        if len(votes.labels) != len(self.weights):
            raise DataError(f"{len(self.weights)} weights for {len(votes.labels)} bases; fuse again")
        heard = votes.heard
        shares = np.where(heard, self.weights, 0.0)
        unheard = shares.sum(axis=1) <= 0
        shares[unheard] = heard[unheard]
        shares /= shares.sum(axis=1, keepdims=True)
        return Parts.of_bases(votes.labels, shares * normalised(votes, self.config.norm))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"weights": self.weights}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.weights = arrays["weights"].astype(np.float64)


class Mixture:
    """A weighted mean in the making: what one more base would do to it is asked without adding it."""

    def __init__(self, contest: Contest, norm: str) -> None:
        self.contest = contest
        votes = contest.table.votes
        self.heard: Bool = votes.heard
        self.said = np.where(self.heard, normalised(votes, norm), np.float32(0))
        self.bases = self.said.shape[1]
        # what nobody with a weight has said yet stands at the mean of all
        self.default = _float32(self.said.sum(axis=1) / self.heard.sum(axis=1))
        self.take(np.zeros(self.bases))

    def take(self, weights: Float64) -> None:
        """Begin with these weights."""
        self.weights = weights
        self.total = _float32(self.said @ weights)
        self.mass = _float32(self.heard @ weights)

    def value(self, base: int | None = None, share: float = 0.0) -> float:
        """How good it is, the larger the better; with ``share`` of ``base`` mixed in if one is given."""
        total, mass = self.total, self.mass
        if base is not None:
            one, rest = np.float32(share), np.float32(1 - share)
            total = _float32(rest * total + one * self.said[:, base])
            mass = _float32(rest * mass + one * self.heard[:, base])
        scores = np.where(mass > TINY, total / np.maximum(mass, TINY), self.default)
        return self.contest.judge.sign * self.contest.value(scores)

    def mix(self, base: int, share: float) -> None:
        """Mix a ``share`` of ``base`` in; below 0 some of it is taken out."""
        weights = (1 - share) * self.weights
        weights[base] = max(weights[base] + share, 0.0)
        self.take(weights)


def _float32(values: npt.NDArray[np.floating[Any]]) -> Float32:
    return values.astype(np.float32, copy=False)


def normalised(votes: Votes, norm: str) -> Float32:
    """The bases' scores on a common scale, ratings as they are: (rows, bases)."""
    if votes.ranks is None or norm == "zscore":
        return votes.standard
    if norm == "minmax":
        return votes.scaled
    return reciprocal_ranks(votes.ranks, votes.ranks > 0, RRFConfig.k).astype(np.float32)

"""rrf: reciprocal rank fusion."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import RRFConfig
from recx.fuse.table import Rows


class RRF(Fuser[RRFConfig]):
    """Cormack, Clarke & Büttcher (2009): score = sum over the bases that list the item of 1 / (k + rank)."""

    def score(self, rows: Rows) -> Float32:
        """The sum: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """1 / (k + rank) of every base, 0 where it does not list the item or does not know the user."""
        votes = rows.votes
        assert votes.ranks is not None
        return Parts.of_bases(votes.labels, reciprocal_ranks(votes.ranks, votes.listed, self.config.k))


def reciprocal_ranks(ranks: Int32, listed: Bool, k: float) -> Float64:
    """1 / (k + rank) where ``listed``, else 0: (rows, bases)."""
    return np.where(listed, 1.0 / (k + np.maximum(ranks, 1)), 0.0)

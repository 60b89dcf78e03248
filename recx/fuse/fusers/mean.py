"""mean: the mean of the bases' scores, each in the user's standard deviations, or of their ratings."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import MeanConfig
from recx.fuse.table import Rows


class Mean(Fuser[MeanConfig]):
    """score = 1 / |B| sum over b in B of z_b, B the bases that know the user; ratings are not standardised.

    As good as any weights where the bases' errors are alike (Dawes 1979).
    """

    rates = True

    def score(self, rows: Rows) -> Float32:
        """The mean: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """z_b / |B| of every base."""
        votes, heard = rows.votes, rows.votes.heard
        shares = np.where(heard, votes.standard, 0.0) / heard.sum(axis=1, keepdims=True)
        return Parts.of_bases(votes.labels, shares)

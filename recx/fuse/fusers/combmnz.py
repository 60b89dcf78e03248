"""combmnz: the sum of the bases' scaled scores, times how many of them list the item."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import CombMNZConfig
from recx.fuse.table import Rows


class CombMNZ(Fuser[CombMNZConfig]):
    """CombMNZ (Fox & Shaw 1994): score = m x sum over bases of (s - min) / (max - min), m those that list it.

    What nobody lists scores 0.
    """

    def score(self, rows: Rows) -> Float32:
        """M times the sum: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """M times the scaled score of every base."""
        votes = rows.votes
        listing = votes.listed.sum(axis=1, keepdims=True)
        return Parts.of_bases(votes.labels, np.where(votes.heard, votes.scaled, 0.0) * listing)

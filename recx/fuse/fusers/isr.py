"""isr: inverse square rank."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import ISRConfig
from recx.fuse.table import Rows


class ISR(Fuser[ISRConfig]):
    """Mourao, Martins & Magalhaes (2014): score = m x sum over the m bases that list the item of 1 / rank^2.

    Steeper than rrf: the first places of every list decide.
    """

    def score(self, rows: Rows) -> Float32:
        """M times the sum: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """M / rank^2 of every base, 0 where it does not list the item."""
        votes = rows.votes
        assert votes.ranks is not None
        listed = votes.listed
        squares = np.where(listed, 1.0 / np.maximum(votes.ranks, 1) ** 2.0, 0.0)
        return Parts.of_bases(votes.labels, squares * listed.sum(axis=1, keepdims=True))

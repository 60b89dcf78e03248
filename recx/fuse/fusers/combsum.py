"""combsum: the sum of the bases' scores, each scaled to [0, 1] for the user."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import CombSUMConfig
from recx.fuse.table import Rows


class CombSUM(Fuser[CombSUMConfig]):
    """CombSUM (Fox & Shaw 1994): score = sum over the bases that know the user of (s - min) / (max - min).

    Least and greatest are over everything the user may be recommended, and a base has a say on what it does
    not list, too.
    """

    def score(self, rows: Rows) -> Float32:
        """The sum: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """The scaled score of every base."""
        votes = rows.votes
        return Parts.of_bases(votes.labels, np.where(votes.heard, votes.scaled, 0.0))

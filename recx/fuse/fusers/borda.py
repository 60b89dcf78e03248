"""borda: every list is a ballot that gives its items points by place."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import BordaConfig
from recx.fuse.table import Rows


class Borda(Fuser[BordaConfig]):
    """Borda count (1781) as Aslam & Montague (2001) use it: of c candidates the first gets c points, the next
    c - 1, and so on; what a list leaves out shares the points that are left.

    Places are those among the user's candidates. Equal places get equal points.
    """

    def score(self, rows: Rows) -> Float32:
        """The points of all bases: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """The points of every base, 0 of one that does not know the user."""
        votes = rows.votes
        assert votes.ranks is not None
        points = np.zeros(votes.ranks.shape)
        for base in range(len(votes.labels)):
            points[:, base] = _points(rows, votes.ranks[:, base], votes.listed[:, base])
        return Parts.of_bases(votes.labels, np.where(votes.heard, points, 0.0))


def _points(rows: Rows, ranks: Int32, listed: Bool) -> Float64:
    """What one ballot gives every row."""
    candidates = rows.sizes[rows.groups].astype(np.float64)
    held = np.bincount(rows.groups[listed], minlength=len(rows.sizes))
    left_out = candidates - held[rows.groups]
    points = (left_out + 1) / 2
    chosen = np.flatnonzero(listed)
    order = chosen[np.lexsort((ranks[chosen], rows.groups[chosen]))]
    before = np.append(0, np.cumsum(held))[:-1]
    points[order] = candidates[order] - (np.arange(len(order)) - before[rows.groups[order]])
    return points

"""condorcet: who beats whom by a majority of the lists."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser
from recx.fuse.fusers.config import CondorcetConfig
from recx.fuse.table import Rows


class Condorcet(Fuser[CondorcetConfig]):
    """Majority of lists, pair by pair (Montague & Aslam 2002): item i beats j where more bases put i first.

    What differs: majorities may go round in circles, so items are not sorted by them but by Copeland's (1951)
    score, pairs won minus pairs lost, and items equal in that by their majorities added up. The items of a
    circle then stand side by side. A base puts what it lists before what it does not.
    """

    def score(self, rows: Rows) -> Float32:
        """Pairs won minus pairs lost, plus less than one half for the size of the majorities: (rows,)."""
        from recx.kernels.ranked import copeland

        votes = rows.votes
        assert votes.ranks is not None
        return copeland(rows.bounds, np.where(votes.listed, votes.ranks, 0).astype(np.int32))

"""vote: how many lists have the item near the top."""

from __future__ import annotations

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser, Parts
from recx.fuse.fusers.config import RRFConfig, VoteConfig
from recx.fuse.fusers.rrf import reciprocal_ranks
from recx.fuse.table import Rows


class Vote(Fuser[VoteConfig]):
    """Approval voting (Brams & Fishburn 1978): every base approves of its first ``depth`` items.

    Items with as many votes are ordered by reciprocal ranks, which together count less than one vote.
    """

    def score(self, rows: Rows) -> Float32:
        """The votes and the part that breaks ties: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """1 of every base that approves, and 1 / (k + rank) over the number of bases of all that list it."""
        votes = rows.votes
        assert votes.ranks is not None
        approved = votes.listed & (votes.ranks <= self.config.depth)
        ties = reciprocal_ranks(votes.ranks, votes.listed, RRFConfig.k) / len(votes.labels)
        return Parts.of_bases(votes.labels, approved + ties)

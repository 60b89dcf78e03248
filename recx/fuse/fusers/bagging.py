"""bagging: bootstrap refits of one base, averaged."""

from __future__ import annotations

from collections.abc import Sequence

from recx.arrays import Float32, Float64
from recx.errors import UsageError
from recx.fuse.fusers.base import Fuser, Helper, Parts
from recx.fuse.fusers.config import BaggingConfig
from recx.fuse.table import Rows

COPY = "-copy"
"""Stands between a base and the number of its copy."""


class Bagging(Fuser[BaggingConfig]):
    """The mean of ``copies`` of one base, each fitted on a bootstrap sample of the rows (Breiman 1996) and
    with a seed of its own.

    Of rankings the mean of the scores in each user's standard deviations, of ratings that of the ratings; a
    copy that does not know the user has no vote. Rows are drawn, not users (recx.train.resampled). It helps
    bases that change much with their rows, and costs stable ones the third of the rows that a sample leaves
    out. The base fitted on all rows stands beside it, as the one to beat.
    """

    rates = True
    pointwise = True
    divisible = False

    @classmethod
    def check_bases(cls, config: BaggingConfig, bases: Sequence[str]) -> None:
        """UsageError for more than one."""
        if len(bases) != 1:
            raise UsageError(f"bagging refits one base, not {len(bases)}; give one, such as bases=[svd]")

    @classmethod
    def helpers(cls, config: BaggingConfig, bases: Sequence[str]) -> list[Helper]:
        """The copies."""
        return [
            Helper(f"{bases[0]}{COPY}{number}", bases[0], bootstrap=number)
            for number in range(1, config.copies + 1)
        ]

    def score(self, rows: Rows) -> Float32:
        """The copies' mean: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """What each copy adds."""
        votes = rows.votes.of([label for label in rows.votes.labels if COPY in label])
        shares: Float64 = votes.heard / votes.heard.sum(axis=1, keepdims=True)
        return Parts.of_bases(votes.labels, shares * votes.standard)

"""median: the median of the bases' standardised scores, or of their ratings."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float32
from recx.fuse.fusers.base import Fuser
from recx.fuse.fusers.config import MedianConfig
from recx.fuse.table import Rows


class Median(Fuser[MedianConfig]):
    """CombMED (Fox & Shaw 1994) of scores in the user's standard deviations: one wild base moves nothing.

    Of the bases that know the user; of an even number of them the mean of the two in the middle.
    """

    rates = True

    def score(self, rows: Rows) -> Float32:
        """The median: (rows,)."""
        heard = rows.votes.heard
        # what is not heard is sorted behind everything
        ordered = np.sort(np.where(heard, rows.votes.standard, np.inf), axis=1)
        count, at = heard.sum(axis=1), np.arange(len(rows))
        middle = ordered[at, (count - 1) // 2] + ordered[at, count // 2]
        return np.asarray(middle / 2, dtype=np.float32)

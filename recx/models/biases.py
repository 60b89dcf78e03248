"""mu + b_u + b_i: the part of a rating that says nothing about taste."""

from dataclasses import dataclass

import numpy as np

from recx.arrays import Float32, Float64, Int32
from recx.data import Histories, Interactions

SWEEPS = 10


@dataclass(frozen=True, eq=False)
class Biases:
    """Mean of all ratings and how far every item lies from it, ridge-regularised.

    Minimises sum (r - mu - b_u - b_i)^2 + reg_user sum b_u^2 + reg_item sum b_i^2 by alternating between the
    two (Koren 2010, "Factor in the Neighbors"). The user's part is not kept: it follows from the history.
    """

    mean: float
    items: Float32  # (n_items,)
    reg_user: float

    @staticmethod
    def of(log: Interactions, reg_user: float = 15.0, reg_item: float = 10.0) -> "Biases":
        """The biases of a log, after ten sweeps, which end with the users'."""
        mean = float(log.values.mean(dtype=np.float64))
        left = log.values.astype(np.float64) - mean
        of_user, of_item = np.zeros(log.n_users), np.zeros(log.n_items)
        for _ in range(SWEEPS):
            of_item = _ridge(log.items, left - of_user[log.users], log.n_items, reg_item)
            of_user = _ridge(log.users, left - of_item[log.items], log.n_users, reg_user)
        return Biases(mean, of_item.astype(np.float32), reg_user)

    def of_users(self, histories: Histories) -> Float32:
        """The bias of the user of every row, 0 for an empty history: (len(histories),)."""
        left = histories.values.astype(np.float64) - self.mean - self.items[histories.items]
        return _ridge(histories.rows, left, len(histories), self.reg_user).astype(np.float32)

    def residuals(self, histories: Histories) -> Float32:
        """What is left of every rating: (events,)."""
        expected = self.mean + self.of_users(histories)[histories.rows] + self.items[histories.items]
        return (histories.values - expected).astype(np.float32)


def _ridge(groups: Int32, values: Float64, n: int, reg: float) -> Float64:
    counts = np.bincount(groups, minlength=n)
    return np.asarray(np.bincount(groups, values, minlength=n) / np.maximum(counts + reg, 1e-9))

"""Errors of predicted ratings, in the data's own scale and clipped to it, or of calibrated interest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recx.arrays import Float64, Int32, Int64


@dataclass(frozen=True, eq=False)
class Errors:
    """Prediction minus truth, one per rating, grouped by user."""

    users: Int32  # (n,) ascending
    values: Float64  # (n,)
    span: float | None = None  # from the lowest to the highest rating there could be, where that is known

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def _groups(
        self,
    ) -> tuple[Int32, Int64]:  # distinct users, and the place of each rating's user among them
        users, rows = np.unique(self.users, return_inverse=True)
        return users.astype(np.int32), rows

    @property
    def distinct_users(self) -> Int32:
        """Users with a rating, ascending: (m,)."""
        return self._groups[0]

    @cached_property
    def counts(self) -> Int64:
        """Ratings of each of them: (m,)."""
        return np.bincount(self._groups[1])

    def sums(self, of: Float64) -> Float64:
        """Sum of ``of`` (n,) over the ratings of each distinct user: (m,)."""
        return np.asarray(np.bincount(self._groups[1], weights=of), dtype=np.float64)


def mse(errors: Errors) -> float:
    """Mean squared error per rating, in the data's own scale.

    On implicit feedback: of calibrated interest in [0, 1], over the target items that are candidates and as
    many candidates without a target event (the Brier score).
    """
    return float(np.mean(errors.values**2))


def mse_norm(errors: Errors) -> float:
    """Mean squared error per rating with the scale mapped to [0, 1]: mse / (highest - lowest rating)^2."""
    if errors.span is None:
        raise ValueError("the scale of the ratings is unknown")
    return mse(errors) / errors.span**2


def rmse(errors: Errors) -> float:
    """Root of the mean squared error per rating."""
    return float(np.sqrt(mse(errors)))


def mae(errors: Errors) -> float:
    """Mean absolute error per rating."""
    return float(np.mean(np.abs(errors.values)))


def rmse_user(errors: Errors) -> float:
    """Mean over users of each user's own rmse."""
    return float(np.mean(user_rmse(errors)))


def log_loss(errors: Errors) -> float:
    """Mean of -log of the probability given to what happened, on the pairs of the interest mse, in nats."""
    return float(np.mean(surprises(errors)))


def surprises(errors: Errors) -> Float64:
    """-log(1 - |error|) of each pair, finite even where a certainty was wrong: (n,)."""
    return np.asarray(-np.log(np.maximum(1 - np.abs(errors.values), np.finfo(np.float64).eps)))


def user_rmse(errors: Errors) -> Float64:
    """Each user's own rmse: (m,)."""
    return np.sqrt(errors.sums(errors.values**2) / errors.counts)

"""Which part of the past may be learnt, which is given as input, and which is to be found."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recx.arrays import Int32
from recx.data.interactions import Interactions

Roles = npt.NDArray[np.uint8]
FIT, HISTORY, TARGET = 1, 2, 4
"""Bits of a role: a row may be learnt from, given as input, and be a target, in any combination."""


@dataclass(frozen=True, eq=False)
class Fold:
    """One question put to a model. Its target is never handed to the model."""

    name: str
    """``select`` (target: watch), ``window-0`` … (target: valid) or ``final`` (target: test)."""
    fit: Interactions
    """What may be learnt."""
    history: Interactions
    """What is given as input when the users of the target are scored."""
    target: Interactions
    """What is to be found."""
    known_at: int | None
    """Unix seconds: nothing in fit and history happened at or after it. None where the data has no time."""

    @staticmethod
    def of(name: str, rows: Interactions, roles: Roles, known_at: int | None) -> "Fold":
        """The fold that ``roles``, one per row, describes."""
        fit, history, target = ((roles & bit) > 0 for bit in (FIT, HISTORY, TARGET))
        learnt = rows.take(fit)
        given = learnt if np.array_equal(fit, history) else rows.take(history)
        return Fold(name, learnt, given, rows.take(target), known_at)

    @property
    def users(self) -> Int32:
        """Users with a target, ascending."""
        return self.target.active_users

    @cached_property
    def fingerprint(self) -> str:
        """Of what may be learnt: fits on equal rows have equal fingerprints. 16 hex digits."""
        digest = hashlib.sha256(
            f"{self.fit.n_users} {self.fit.n_items} {self.known_at} {self.fit.order}".encode()
        )
        for column in (self.fit.users, self.fit.items, self.fit.values, self.fit.times, self.fit.events):
            digest.update(b"-" if column is None else np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Split:
    """The three uses of the past, in one id space.

    select: fit on train without watch, target watch. windows: fit on what lies before each, target its
    labels; the last one is valid. final: fit on train and valid, target test; only ``evaluate`` reads that
    target.
    """

    method: str
    select: Fold
    windows: tuple[Fold, ...]
    final: Fold

    @property
    def valid(self) -> Fold:
        """The window next to test."""
        return self.windows[-1]

    @property
    def folds(self) -> tuple[Fold, ...]:
        """All of them, in the order they are fitted."""
        return (self.select, *self.windows, self.final)

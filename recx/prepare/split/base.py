"""What a split method answers: which rows are test, and what every row may be used for in each fold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from recx.arrays import Bool, Int64
from recx.data.split import FIT, HISTORY, TARGET, Roles
from recx.errors import UsageError, did_you_mean
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log
from recx.prepare.split import METHODS
from recx.prepare.split.config import KFoldWindows, RollingWindows, SplitConfig, WindowsConfig, of_its_class

S = TypeVar("S", bound=SplitConfig)
WATCH = ("inner", "valid")
LEARNT = FIT | HISTORY
"""A row of the past: learnt, and input when its user is asked about."""


@dataclass(frozen=True, eq=False)
class FoldRoles:
    """One fold, as a role per row."""

    name: str  # select, window-0 ... or final
    roles: Roles  # (n,)
    known_at: int | None  # unix seconds


class SplitMethod(ABC, Generic[S]):
    """Divides a sorted log: ``test_rows``, then the log is filtered by what lies before, then ``folds``."""

    draws: ClassVar[bool] = True
    """Whether the seed has a say."""
    ways: ClassVar[tuple[str, ...]] = ("holdout",)
    """Ways to cut windows that make sense here."""

    def __init__(self, config: S, windows: WindowsConfig, seed: int) -> None:
        self.config = config
        self.windows = windows
        self.rng = np.random.default_rng(seed)
        if config.watch not in WATCH:
            raise UsageError(f"split.watch={config.watch}{did_you_mean(config.watch, WATCH)}")
        if windows.method not in self.ways:
            known = " or ".join(f"windows={way}" for way in self.ways)
            raise UsageError(f"windows={windows.method}: split={config.method} takes {known}")
        if isinstance(windows, RollingWindows) and windows.number < 1:
            raise UsageError(f"windows.number={windows.number}: expected 1 or more")
        if isinstance(windows, KFoldWindows) and windows.folds < 2:
            raise UsageError(f"windows.folds={windows.folds}: expected 2 or more")
        self.check()

    @abstractmethod
    def check(self) -> None:
        """UsageError for settings outside their range."""

    def until(self, log: Log, ledger: Ledger) -> Log:
        """What there is to be divided: a window of a cross-validation in time leaves out what comes later."""
        return log

    @abstractmethod
    def test_rows(self, log: Log) -> Bool:
        """The rows that only ``evaluate`` may see; DataError where the log cannot be divided so."""  # (n,)

    @abstractmethod
    def folds(self, log: Log, test: Bool) -> list[FoldRoles]:
        """select, the windows in order, final."""

    @property
    def rolls(self) -> int:
        """Windows that follow each other in time."""
        return self.windows.number if isinstance(self.windows, RollingWindows) else 1

    def select(self, inner: FoldRoles, windows: list[FoldRoles]) -> FoldRoles:
        """The select fold: ``inner``, or the last window again where watch=valid."""
        if self.config.watch == "inner":
            return inner
        return FoldRoles("select", windows[-1].roles, windows[-1].known_at)

    def in_folds(self, log: Log, past: Bool, watch: Bool, folds: int, per_user: bool) -> list[FoldRoles]:
        """The fold "select" and ``folds`` windows: the rows of ``past`` but those of ``watch``, dealt out.

        What stops a fit, or chooses its settings, is never a label of a stacker; every window learns from it.
        """
        dealt = deal(log, past & ~watch, folds, self.rng, per_user)
        windows = [
            fold(f"window-{at}", log, past & (dealt != at), dealt == at)  # watch is dealt to none: -1
            for at in range(folds)
        ]
        return [self.select(fold("select", log, past & ~watch, watch), windows), *windows]


def create_split(config: SplitConfig, windows: WindowsConfig, seed: int) -> SplitMethod[Any]:
    """The method that ``config`` names, ready to divide."""
    config = of_its_class(config)
    module, _, name = METHODS[config.method].partition(":")
    method: SplitMethod[Any] = getattr(import_module(module), name)(config, windows, seed)
    return method


def fold(name: str, log: Log, past: Bool, target: Bool) -> FoldRoles:
    """``past`` is learnt and given, ``target`` is to be found, known_at is a second after the past."""
    roles = np.where(past, LEARNT, 0).astype(np.uint8)
    roles[target] |= TARGET
    return FoldRoles(name, roles, after(log, past))


def after(log: Log, past: Bool) -> int | None:
    """The first second after everything in ``past``; None without times."""
    return None if log.times is None or not past.any() else int(log.times[past].max()) + 1


def check_shares(**shares: float) -> None:
    """UsageError unless every share lies in (0, 1)."""
    for name, share in shares.items():
        if not 0 < share < 1:
            raise UsageError(f"split.{name}={share:g}: expected a share above 0 and below 1")


def draw(log: Log, among: Bool, share: float, rng: np.random.Generator, per_user: bool) -> Bool:
    """A random ``share`` of the rows ``among``: of each user's, rounded, or of all together, one at least."""
    noise = rng.random(len(log))
    drawn = np.zeros(len(log), dtype=np.bool_)
    rows = np.flatnonzero(among)
    if not per_user:
        drawn[rows[np.argsort(noise[rows])[: max(1, round(share * len(rows)))]]] = True
        return drawn
    users = log.users[rows]
    rows = rows[np.lexsort((noise[rows], users))]
    counts = np.bincount(users, minlength=len(log.user_ids))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    drawn[rows[place < np.floor(share * counts + 0.5)[log.users[rows]]]] = True
    return drawn


def deal(log: Log, among: Bool, folds: int, rng: np.random.Generator, per_user: bool) -> Int64:
    """The fold of each row ``among``, -1 of others: (n,).

    Sizes differ by one at most, and so do each user's shares of them where ``per_user``.
    """
    rows = rng.permutation(np.flatnonzero(among))
    if per_user:
        rows = rows[np.argsort(log.users[rows], kind="stable")]
    dealt = np.full(len(log), -1, dtype=np.int64)
    dealt[rows] = np.arange(len(rows)) % folds
    return dealt


def draw_users(log: Log, among: Bool, share: float, rng: np.random.Generator) -> Bool:
    """All rows ``among`` of a random ``share`` of its users, one at least, none with a single row."""
    counts = np.bincount(log.users[among], minlength=len(log.user_ids))
    users = np.flatnonzero(counts >= 2)
    chosen = np.zeros(len(log.user_ids), dtype=np.bool_)
    chosen[rng.permutation(users)[: max(1, round(share * np.count_nonzero(counts)))]] = True
    return chosen[log.users] & among


def places(log: Log, among: Bool) -> tuple[np.ndarray[Any, np.dtype[np.int64]], ...]:
    """Place of each row ``among`` in its user's rows, oldest 0, and how many they are; -1 and 0 elsewhere."""
    place = np.full(len(log), -1, dtype=np.int64)
    count = np.zeros(len(log), dtype=np.int64)
    counts = np.bincount(log.users[among], minlength=len(log.user_ids))
    place[among] = np.arange(np.count_nonzero(among)) - np.repeat(np.cumsum(counts) - counts, counts)
    count[among] = counts[log.users[among]]
    return place, count

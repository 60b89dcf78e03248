"""Settings of the split methods and of the windows: what all take, and one class each."""

from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from typing import Any

from recx.errors import UsageError, did_you_mean

CONFIGS = {
    "time": "TimeSplit",
    "last": "LastSplit",
    "random": "RandomSplit",
    "kfold": "KFoldSplit",
    "users": "UsersSplit",
    "files": "FilesSplit",
}
"""Split method -> its settings class in this module."""


WINDOWS = {"holdout": "HoldoutWindows", "rolling": "RollingWindows", "kfold": "KFoldWindows"}
"""Way to cut windows -> its settings class in this module."""


@dataclass
class SplitConfig:
    """How the past is divided: settings every method has."""

    method: str = "time"
    """Which method: a key of recx.prepare.split.METHODS."""
    watch: str = "inner"
    """inner: an inner cut of train. valid: stop on valid, only to reproduce papers; fuse refuses that."""


@dataclass
class TimeSplit(SplitConfig):
    """Global cut-offs: everybody's rows before a moment against everybody's rows after it."""

    method: str = "time"
    valid: float = 0.1
    """Share of all rows that one window takes, the newest before test."""
    test: float = 0.1
    """Share of all rows that test takes, the newest."""
    watch_share: float = 0.1
    """Share of train's rows, its newest, that the inner cut takes."""
    windows: int = 1
    """Test windows of a cross-validation over time: split.test of all rows each, one behind the other, the
    last one the newest. Each is a data set of its own that ends with its window."""
    window: int | None = None
    """Which of them, from 0, the oldest; null: all of them, in prepare and train."""


@dataclass
class LastSplit(SplitConfig):
    """Leave last out: every user's last row is test, the one before valid, the one before that watch."""

    method: str = "last"


@dataclass
class RandomSplit(SplitConfig):
    """Rows at random."""

    method: str = "random"
    valid: float = 0.1
    """Share of all rows for valid; windows=kfold deals all rows outside test instead."""
    test: float = 0.1
    """Share of all rows for test."""
    watch_share: float = 0.1
    """Share of train's rows for watch."""
    per_user: bool = True
    """Draw each share from every user's rows instead of from all rows."""


@dataclass
class KFoldSplit(SplitConfig):
    """Rows dealt at random into folds of equal size; one is test, the others are windows."""

    method: str = "kfold"
    folds: int = 5
    """Number of folds."""
    fold: int = 0
    """Which of them is test, from 0."""
    watch_share: float = 0.1
    """Share of the rows outside test for watch; windows leave them out of their targets."""


@dataclass
class UsersSplit(SplitConfig):
    """Whole users are held out and folded in from their first rows: how are newcomers served."""

    method: str = "users"
    valid: float = 0.1
    """Share of users for valid."""
    test: float = 0.1
    """Share of users for test."""
    watch_share: float = 0.1
    """Share of the other users for watch."""
    given: float = 0.8
    """Share of a held-out user's rows, the oldest, that is given as input; one row at least, never all."""


@dataclass
class FilesSplit(SplitConfig):
    """The data comes divided: train_file, test_file and perhaps valid_file of the data set."""

    method: str = "files"
    valid: float = 0.1
    """Share of train for valid where no valid_file is given; windows=kfold deals all rows outside test."""
    watch_share: float = 0.1
    """Share of the rest of train for watch."""
    draw: str = "auto"
    """What is drawn: user (of every user's rows), rows (of all rows), users (whole users: the last row is the
    target, those before it are given), or auto: users where test users have no train rows, else user."""


@dataclass
class WindowsConfig:
    """Where the labels come from that a stacker learns from: settings every way has."""

    method: str = "holdout"
    """Which way: holdout, rolling or kfold."""


@dataclass
class HoldoutWindows(WindowsConfig):
    """One window: bases learn from train, labels are valid."""


@dataclass
class RollingWindows(WindowsConfig):
    """Steps back in time: each window's bases learn from what lies before it. split=time and split=last."""

    method: str = "rolling"
    number: int = 3
    """Windows, one behind the other, the last one next to test: shares of split.valid, or a row per user."""


@dataclass
class KFoldWindows(WindowsConfig):
    """All that is known outside test, dealt into folds: every row but those of watch is predicted once, by
    bases that have not seen it. split=random, split=kfold and split=files.
    """

    method: str = "kfold"
    folds: int = 5
    """Number of folds."""


@cache
def split_config_class(method: str) -> type[SplitConfig]:
    """The settings class of a split method; UsageError where there is no such method."""
    if method not in CONFIGS:
        raise UsageError(f"split.method={method}: no such split{did_you_mean(method, CONFIGS)}")
    found: type[SplitConfig] = getattr(import_module(__name__), CONFIGS[method])
    return found


def of_its_class(config: SplitConfig) -> SplitConfig:
    """``config`` as the settings class of its method: a plain SplitConfig("last") becomes a LastSplit."""
    schema = split_config_class(config.method)
    return config if isinstance(config, schema) else schema(**asdict(config))


def told(config: SplitConfig) -> dict[str, Any]:
    """The settings that shape a split; those of windows only where there are several."""
    settings = asdict(config)
    if settings.get("windows") == 1:
        del settings["windows"], settings["window"]
    return settings


@cache
def windows_config_class(method: str) -> type[WindowsConfig]:
    """The settings class of a way to cut windows; UsageError where there is no such way."""
    if method not in WINDOWS:
        raise UsageError(f"windows.method={method}: no such windows{did_you_mean(method, WINDOWS)}")
    found: type[WindowsConfig] = getattr(import_module(__name__), WINDOWS[method])
    return found

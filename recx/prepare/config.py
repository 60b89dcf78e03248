"""Settings of `prepare`: which data, how it is cleaned, how it is split.

What one source or one split method takes besides stands in the config.py of sources and of split.
"""

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from recx.prepare.split.config import HoldoutWindows, SplitConfig, TimeSplit, WindowsConfig


@dataclass
class CleanConfig:
    """What is thrown away, rule by rule, each counted; statistics come from before the test period only."""

    duplicates: str = "keep"
    """Rows equal in user, item, time and event: keep, or drop all but the first."""
    before: str | None = None
    """Rows dated at or after this day (2026-01-31, UTC) are dropped; null: dates in the future are errors."""
    min_value: float | None = None
    """Rows with a smaller value are dropped."""
    outliers: float | None = None
    """Users with more rows than this many times the users' 99th percentile are dropped (robots)."""
    min_user: int = 1
    """Users keep at least this many distinct items (users and items are cut in turn until both hold)."""
    min_item: int = 1
    """Items keep at least this many distinct users; at 1, items first sold in test stay too, without any."""
    fill_missing: bool = True
    """Fill missing numbers among the features with their median; no: NaN. Missing words are always ""."""


@dataclass
class DatasetConfig:
    """Settings every source has; each source adds its own in recx.prepare.sources.config."""

    name: str = ""
    """What the data set is called in folders and reports."""
    source: str = ""
    """Which reader it takes: a key of recx.prepare.sources.SOURCES."""
    path: str | None = None
    """File or folder of the raw data; null: $RECX_DATA_HOME/<name>, else a package or download."""
    feedback: str = "implicit"
    """explicit (the values are ratings) or implicit."""
    value_range: list[float] | None = None
    """The ends of the rating scale, rows outside are dropped; explicit feedback only."""
    relevant_from: float | None = None
    """Explicit feedback: from which rating on a test item counts as relevant for the ranking metrics."""
    repeats: bool = False
    """Whether users come back to the same item, so that repeat=auto means allow."""
    event_weights: dict[str, float] = field(default_factory=dict)
    """Event type -> value of one event, such as {view:1,cart:3,purchase:5}; 0 drops it, {}: all alike."""
    notes: list[str] = field(default_factory=list)
    """What a reader of results must know about the data; printed beside every number."""
    clean: CleanConfig = field(default_factory=CleanConfig)


Prepares = TypeVar("Prepares", bound="PrepareConfig")


@dataclass
class PrepareConfig:
    """Everything `recx prepare` takes."""

    dataset: Any = field(default_factory=DatasetConfig)
    """Settings of the chosen source: a DatasetConfig or a class derived from it."""
    split: SplitConfig = field(default_factory=TimeSplit)
    """Settings of the chosen split method."""
    seed: int = 0
    """Every random choice: splits, models, ties."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    windows: WindowsConfig = field(default_factory=HoldoutWindows)
    """Settings of the windows, whose labels a stacker learns from."""


def each_window(config: Prepares) -> list[Prepares]:
    """One configuration for every test window, where split.windows asks for several and none was chosen."""
    split = config.split
    if not isinstance(split, TimeSplit) or split.windows <= 1 or split.window is not None:
        return [config]
    return [replace(config, split=replace(split, window=at)) for at in range(split.windows)]

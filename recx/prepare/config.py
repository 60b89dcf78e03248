"""Settings of `prepare`: which data, how it is cleaned, how it is split."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class CleanConfig:
    """What is thrown away, rule by rule, each counted; statistics come from before the test period only."""

    duplicates: str = "keep"
    """Rows equal in user, item and time: keep, or drop all but the first."""
    min_value: float | None = None
    """Rows with a smaller value are dropped."""
    outliers: float | None = None
    """Users with more rows than this many times the 99th percentile of users are dropped (robots, resellers)."""
    min_user: int = 1
    """Users keep at least this many rows (users x items are cut in turn until both hold)."""
    min_item: int = 1
    """Items keep at least this many distinct users."""
    fill_missing: bool = True
    """Fill missing features: categories with "", numbers with the column's median."""


@dataclass
class DatasetConfig:
    """Settings every source has; each source adds its own in recx.prepare.sources.config."""

    name: str = ""
    """What the data set is called in folders and reports."""
    source: str = ""
    """Which reader it takes: a key of recx.prepare.sources.SOURCES."""
    path: str | None = None
    """File or folder of the raw data; null: looked for under $RECX_DATA_HOME/<name>, then downloaded where allowed."""
    feedback: str = "implicit"
    """explicit (the values are ratings) or implicit."""
    value_range: list[float] | None = None
    """The ends of the rating scale; explicit feedback only."""
    relevant_from: float | None = None
    """Explicit feedback: from which rating on a test item counts as relevant for the ranking metrics."""
    repeats: bool = False
    """Whether users come back to the same item, so that repeat=auto means allow."""
    event_weights: dict[str, float] = field(default_factory=dict)
    """Event type -> value of one event, such as view: 1, cart: 3, purchase: 5; 0 drops the type."""
    clean: CleanConfig = field(default_factory=CleanConfig)


@dataclass
class SplitConfig:
    """How the past is divided. One class for all methods; a method ignores no setting that its yaml names."""

    method: str = "time"
    """time, last, random, kfold, users or files: a key of recx.prepare.split.METHODS."""
    valid: float = 0.1
    """time: quantile width; random, files, users: share of rows (users: of users) for valid."""
    test: float = 0.1
    """time: quantile width; random, users: share for test."""
    watch: str = "inner"
    """inner: an inner cut at the end of train. valid: stop on valid, only to reproduce papers; fuse refuses it."""
    watch_share: float = 0.1
    """Share of train that the inner cut takes (last: each user's last train row)."""
    windows: int = 1
    """Windows whose labels a stacker may learn from (time: consecutive; kfold: at most folds - 1)."""
    folds: int = 5
    """kfold: number of folds."""
    fold: int = 0
    """kfold: which of them is test."""
    given: float = 0.8
    """users: share of a held-out user's rows, the oldest, that is given as input."""
    per_user: bool = True
    """random, files: draw the share from each user's rows instead of from all rows."""


@dataclass
class PrepareConfig:
    """Everything `recx prepare` takes."""

    dataset: Any = field(default_factory=DatasetConfig)
    """Settings of the chosen source: a DatasetConfig or a class derived from it."""
    split: SplitConfig = field(default_factory=SplitConfig)
    seed: int = 0
    """Every random choice: splits, models, ties."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    dry_run: bool = False
    """Report the rows lost per rule and write nothing."""

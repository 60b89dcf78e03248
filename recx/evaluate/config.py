"""Settings of `evaluate`."""

from dataclasses import dataclass, field
from typing import Any

from recx.evaluate.gate.config import GateConfig
from recx.evaluate.offline.config import OfflineConfig
from recx.metrics.config import ProtocolConfig


@dataclass
class EvaluateConfig(ProtocolConfig):
    """Everything `recx evaluate` takes."""

    runs: list[str] = field(default_factory=list)
    """Finished train and fuse runs (folders) of one data set and split; a fuse run brings its bases along."""
    run: str = ""
    """The same for a single one."""
    baseline: str = ""
    """A file of --save-baseline that the run is held against: exit code 3 where it is worse by more than the
    gate's margins, 4 where there are too few users to tell."""
    gate: Any = field(default_factory=GateConfig)
    """Settings of the gate: a GateConfig of its own class."""
    offline: Any = field(default_factory=OfflineConfig)
    """Settings of an offline A/B test: an OfflineConfig of its own class."""
    metrics: list[str] = field(default_factory=list)
    """Which metrics to report, such as [recall,mrr], beside the one that decides; empty: every one that the
    data set allows. recx metrics lists them."""
    slices: list[str] = field(default_factory=list)
    """By what parts of users and items are looked at: popularity, activity, newness, or any column of the
    catalogue, such as [activity,brand]; empty: popularity, activity, newness, the first column of categories
    and the price, as far as the data set has them."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    results: str = "results"
    """Where the report goes, into evaluate/."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Ties, bootstrap and the negatives of interest mse."""

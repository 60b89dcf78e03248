"""Settings of `evaluate`."""

from dataclasses import dataclass, field

from recx.metrics.config import ProtocolConfig


@dataclass
class EvaluateConfig(ProtocolConfig):
    """Everything `recx evaluate` takes."""

    runs: list[str] = field(default_factory=list)
    """Finished train and fuse runs (folders) of one data set and split; a fuse run brings its bases along."""
    metrics: list[str] = field(default_factory=list)
    """Which metrics to report, such as [recall,mrr], beside the one that decides; empty: every one that the
    data set allows. recx metrics lists them."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    results: str = "results"
    """Where the report goes, into evaluate/."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Ties, bootstrap and the negatives of interest mse."""

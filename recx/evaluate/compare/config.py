"""Settings of `compare`."""

from dataclasses import dataclass, field

from recx.metrics.config import ProtocolConfig


@dataclass
class CompareConfig(ProtocolConfig):
    """Everything `recx compare` takes."""

    a: str = ""
    """A finished train or fuse run (folder): what is compared with."""
    b: str = ""
    """Another one, of the same data set and split: gains and losses are those of b."""
    entrant_a: str = ""
    """Which entrant of a fuse run, such as rrf or als; empty: the fusion."""
    entrant_b: str = ""
    """The same of b; a and b may be one fuse run."""
    most: int = 10
    """Users and items of a table."""
    metrics: list[str] = field(default_factory=list)
    """Which metrics to compare, such as [recall,mrr], beside the one that decides; empty: every one that the
    data set allows. recx metrics lists them."""
    slices: list[str] = field(default_factory=list)
    """By what parts of users and items are looked at, such as [activity,brand]; empty: as in `evaluate`."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    results: str = "results"
    """Where the comparison goes, into compare/."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Ties, bootstrap and the negatives of interest mse."""

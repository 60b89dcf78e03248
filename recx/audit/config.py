"""Settings of `audit`."""

from dataclasses import dataclass


@dataclass
class AuditConfig:
    """Everything `recx audit` takes."""

    data: str = ""
    """A prepared data set (folder)."""
    run: str = ""
    """A finished train, fuse, sweep or evaluate run (folder); so are its data set and its bases."""
    refit: str = "auto"
    """What is fitted again on what it should have learnt: auto (models that find labels as well as a fit does
    that has learnt them), all (every model, and the fuser), or no."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    results: str = "results"
    """Where the findings go, into audit/."""
    device: str = "auto"
    """Where neural models run that are fitted again: auto, cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Which users are asked."""

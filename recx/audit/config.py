"""Settings of `audit`."""

from dataclasses import dataclass


@dataclass
class AuditConfig:
    """Everything `recx audit` takes."""

    data: str = ""
    """A prepared data set (folder)."""
    run: str = ""
    """A finished train, fuse, sweep or evaluate run (folder); so are its data set and its bases."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    results: str = "results"
    """Where the findings go, into audit/."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Every random choice."""

"""Settings of `recommend`."""

from dataclasses import dataclass, field


@dataclass
class RecommendConfig:
    """Everything `recx recommend` takes."""

    run: str = ""
    """A finished train or fuse run (folder)."""
    users: list[str] = field(default_factory=list)
    """User ids of the log, or one file that names an id a line; []: every user of the data set."""
    k: int = 10
    """Items per user."""
    repeat: str = "auto"
    """allow, new (nothing from the user's history), or auto: what the run or its data set says."""
    candidates: str = "catalogue"
    """catalogue (every item available now, cold ones included) or train (items someone interacted with)."""
    known: str = "all"
    """What is given as input: all (the whole log, test included) or valid (what stood before test, as in
    `evaluate`)."""
    explain: int = 0
    """Reasons per item; 0: none."""
    out: str = "recommendations.csv"
    """File to write; its ending says how: .csv, .jsonl or .parquet."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Breaks ties."""

"""Settings of `recommend`."""

from dataclasses import dataclass, field


@dataclass
class RecommendConfig:
    """Everything `recx recommend` takes."""

    run: str = ""
    """A finished train or fuse run (folder)."""
    users: list[str] = field(default_factory=list)
    """User ids, of the log or new ones, or one file that names an id a line; []: every user of the data set,
    then every new one of ``history``."""
    history: str | None = None
    """Table of events that came later (csv, tsv, json lines or parquet, columns as in the log): they are laid
    over what the log says of the users, and are all there is of new ones."""
    k: int = 10
    """Items per user."""
    repeat: str = "auto"
    """allow, new (nothing from the user's history), or auto: what the run or its data set says."""
    candidates: str = "catalogue"
    """catalogue (every item available now, cold ones included) or train (items someone interacted with)."""
    known: str = "all"
    """What the log gives as input: all (test included) or valid (what stood before test, as in
    `evaluate`)."""
    explain: int = 0
    """Reasons per item: the largest parts of its score, and of each base among them the events behind it;
    what is left of the score stands as rest. 0: none."""
    out: str = "recommendations.csv"
    """File to write; its ending says how: .csv, .jsonl or .parquet."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Breaks ties."""

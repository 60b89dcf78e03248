"""Settings of `metrics doctor`."""

from dataclasses import dataclass


@dataclass
class DoctorConfig:
    """Everything `recx metrics doctor` takes."""

    run: str = ""
    """A finished train or fuse run (folder)."""
    entrant: str = ""
    """Which entrant of a fuse run, such as rrf or als; empty: the fusion."""
    k: int = 10
    """Cut-off."""
    repeat: str = "auto"
    """allow, new (items in the input are masked), or auto: what the run or its data set says."""
    candidates: str = "catalogue"
    """catalogue (every item available by the cut-off, cold ones included) or train (items someone interacted
    with)."""
    relevant_from: float | None = None
    """Explicit feedback: from which rating on a test item is relevant; null: what the data set says."""
    data_dir: str = "data/prepared"
    """Where prepared data sets live."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    seed: int = 0
    """Ties, and the candidates that some libraries draw."""

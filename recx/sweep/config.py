"""Settings of `sweep`."""

from dataclasses import dataclass, field

from recx.train.config import TrainConfig


@dataclass
class SweepConfig(TrainConfig):
    """Everything `recx sweep` takes: train's settings, some of them with several values."""

    sweep_name: str = "auto"
    """Folder under results/sweep; a sweep of the same name and settings continues. auto: model, data set and a hash."""
    search: str = "grid"
    """grid (every combination) or random (trials draws)."""
    trials: int = 20
    """Draws of a random search."""
    workers: int = 1
    """Trials in parallel processes; the CPU threads are shared among them."""
    space: dict[str, str] = field(default_factory=dict)
    """Setting -> its values as typed: 32,64, range(1,5), interval(.001,.1); filled from the command line."""

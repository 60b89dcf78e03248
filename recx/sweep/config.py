"""Settings of `sweep`."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recx.train.config import TrainConfig

MOST = 10_000
"""Trials of one sweep; beyond it nobody waits for the end."""


class Interval(NamedTuple):
    """Every number from ``low`` to ``high``, both included; for random search."""

    low: float
    high: float
    log: bool = False  # drawn evenly on a logarithmic scale
    whole: bool = False  # whole numbers only

    def __str__(self) -> str:
        """As it is typed on the command line."""
        text = f"interval({self.low:g},{self.high:g})"
        return f"tag(log,{text})" if self.log else text


@dataclass
class SweepConfig(TrainConfig):
    """Everything `recx sweep` takes: train's settings, some of them with several values."""

    sweep_name: str = "auto"
    """Folder under results/sweep; same name and settings continue it. auto: model, data set and hash."""
    search: str = "grid"
    """grid (every combination) or random (trials draws)."""
    trials: int = 20
    """Draws of a random search; raising it continues the same sweep."""
    workers: int = 1
    """Trials at a time, each in a process of its own; the CPU threads are shared among them."""
    retry_failed: bool = False
    """Run trials that failed once more, for instance with fewer workers after they ran out of memory."""
    space: dict[str, Any] = field(default_factory=dict)
    """Setting -> its values (model.factors=32,64 or range(8,65,8)) or an interval: interval(.1,.9),
    tag(log,interval(.001,.1)). Filled from the command line."""
    models: dict[str, Any] = field(default_factory=dict)
    """Name -> settings of each model that is tried (model=als,ease); empty: only model."""

"""Settings of `fuse`."""

from dataclasses import dataclass, field
from typing import Any

from recx.metrics.config import ProtocolConfig
from recx.prepare.config import PrepareConfig


@dataclass
class FuserConfig:
    """Settings every fuser has; stack adds its own."""

    name: str = ""
    """Which fuser: a key of recx.fuse.FUSERS."""


@dataclass
class StackConfig(FuserConfig):
    """LightGBM over the bases' scores and what is known of user, item and pair."""

    name: str = "stack"
    objective: str = "auto"
    """lambdarank, binary, regression, or auto: lambdarank for rankings, regression for ratings."""
    trees: int = 400
    """Most trees; fewer where the held-out users of the window stop gaining."""
    leaves: int = 31
    """Leaves of one tree."""
    lr: float = 0.05
    """Shrinkage of every tree."""
    min_leaf: int = 50
    """Fewest candidate pairs in a leaf."""
    subsample: float = 0.8
    """Share of users' pairs each tree sees."""
    colsample: float = 0.8
    """Share of features each tree sees."""
    reg: float = 1.0
    """L2 penalty on leaf values."""
    truncation: int = 20
    """lambdarank: ranks down to which swaps count."""
    holdout: float = 0.2
    """Share of the window's users kept from the stacker: they stop it and they decide the fallback."""
    features: list[str] = field(default_factory=lambda: ["base", "user", "item", "pair"])
    """Feature groups that are used."""


@dataclass
class FuseConfig(ProtocolConfig, PrepareConfig):
    """Everything `recx fuse` takes."""

    bases: dict[str, Any] = field(default_factory=dict)
    """Label -> settings of the base model (a ModelConfig); bases=[als,popular@recent] on the command line."""
    runs: list[str] = field(default_factory=list)
    """Finished train runs (folders) to fuse instead of bases."""
    fuser: Any = field(default_factory=StackConfig)
    """Settings of the chosen fuser."""
    top: int = 100
    """Candidates each base brings per user."""
    union: int = 300
    """Most candidates per user, by reciprocal rank over the bases."""
    metric: str = "auto"
    """What the sanity check compares: see `train`."""
    refit: bool = True
    """Apply the stacker to bases refitted on train + valid; no: to the window fits."""
    device: str = "auto"
    """Where neural models run: auto, cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    results: str = "results"
    """Where runs live."""

"""Settings of `fuse`."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from recx.errors import UsageError, did_you_mean
from recx.metrics.config import ProtocolConfig
from recx.prepare.config import PrepareConfig

CONFIGS = {"stack": "StackConfig"}
"""Fuser -> its settings class in this module."""


@dataclass
class FuserConfig:
    """Settings every fuser has; each adds its own."""

    name: str = ""
    """Which fuser: a key of recx.fuse.config.CONFIGS."""


@dataclass
class StackConfig(FuserConfig):
    """LightGBM over the bases' scores and what is known of user, item and pair."""

    name: str = "stack"
    """Which fuser these settings are for."""
    objective: str = "auto"
    """lambdarank, binary, regression, or auto: lambdarank for rankings, regression for ratings."""
    trees: int = 120
    """Most trees; as many are kept as serve the held-out users of the window best."""
    parts: int = 2
    """Parts the items are dealt into. As many boosters are averaged, each leaving one part out, so that what
    sold in the window is not learnt by heart; 1: a single one learns from all."""
    leaves: int = 7
    """Leaves of one tree."""
    lr: float = 0.1
    """Shrinkage of every tree."""
    min_leaf: int = 200
    """Fewest candidate pairs in a leaf; with little data a hundredth of them."""
    subsample: float = 0.8
    """Share of the pairs each tree sees."""
    colsample: float = 0.8
    """Share of the features each tree sees."""
    reg: float = 1.0
    """L2 penalty on leaf values."""
    truncation: int = 20
    """lambdarank: ranks down to which swaps count."""
    holdout: float = 0.2
    """Share of the window's users kept from the stacker: they stop it and they decide the fallback."""
    learn: int = 100
    """Candidates per user the stacker learns from, the best by reciprocal rank; it ranks all of them."""
    pairs: int = 2_000_000
    """Most candidate pairs the stacker learns from; users beyond them are left out at random."""
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
    """What stops the bases on watch: see `train`."""
    refit: bool = True
    """Apply the stacker to bases refitted on train + valid; no: to the window fits."""
    device: str = "auto"
    """Where neural models run: auto, cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    results: str = "results"
    """Where runs live."""


def fuser_config_class(name: str) -> type[FuserConfig]:
    """The settings class of a fuser; UsageError where there is no such fuser."""
    if name not in CONFIGS:
        raise UsageError(f"no fuser called '{name}'{did_you_mean(name, CONFIGS)}")
    found: type[FuserConfig] = getattr(import_module(__name__), CONFIGS[name])
    return found

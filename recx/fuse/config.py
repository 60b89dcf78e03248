"""Settings of `fuse`."""

from dataclasses import dataclass, field
from typing import Any

from recx.fuse.fusers.config import StackConfig
from recx.metrics.config import ProtocolConfig
from recx.prepare.config import PrepareConfig


@dataclass
class FuseConfig(ProtocolConfig, PrepareConfig):
    """Everything `recx fuse` takes."""

    bases: dict[str, Any] = field(default_factory=dict)
    """Label -> settings of the base model (a ModelConfig); bases=[als,popular@recent] on the command line."""
    runs: list[str] = field(default_factory=list)
    """Finished train runs (folders) to fuse instead of bases."""
    fuser: Any = field(default_factory=StackConfig)
    """Settings of the chosen fuser (a FuserConfig)."""
    top: int = 100
    """Candidates each base brings per user."""
    union: int = 300
    """Most candidates per user, by reciprocal rank over the bases."""
    metric: str = "auto"
    """What stops the bases on watch: see `train`."""
    refit: bool = True
    """Apply the fuser to bases refitted on train + valid; no: to the window fits."""
    audit: str = "auto"
    """Bases that are fitted again on what lies before a window, to see whether they know its labels: auto
    (runs=[…] that find them as a fit would that has learnt them), all, or no."""
    cache: float = 4.0
    """Gigabytes below <results>/scores for what bases say of a window's users, so that the next fusion of the
    same bases need not ask again; the longest unused goes first. 0: nothing is kept."""
    device: str = "auto"
    """Where neural models run: auto, cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    results: str = "results"
    """Where runs live."""

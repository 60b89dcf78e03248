"""Settings of `train`."""

from dataclasses import dataclass, field
from typing import Any

from recx.metrics.config import ProtocolConfig
from recx.models.base import ModelConfig
from recx.prepare.config import PrepareConfig


@dataclass
class TrainConfig(ProtocolConfig, PrepareConfig):
    """Everything `recx train` takes."""

    model: Any = field(default_factory=ModelConfig)
    """Settings of the chosen model: a ModelConfig of its own class."""
    metric: str = "auto"
    """What early stopping and sweep look at on watch: a metric such as ndcg@10 or rmse; auto: rmse for models
    that rate on explicit feedback, else ndcg@10."""
    refit: bool = True
    """Fit once more on train + valid before test; no: the window fit scores test with the valid events as
    input."""
    device: str = "auto"
    """Where neural models run: auto, cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    results: str = "results"
    """Where runs live."""

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
    after: str = ""
    """A finished run of ratings: the model learns what it leaves over and predicts the sum of both, one step
    of boosting (Friedman 2001). Of the same data set and split."""
    after_lr: float = 1.0
    """With after: share of what the model says that is added, above 0 up to 1."""
    bootstrap: int = 0
    """Number of a bootstrap sample that is learnt instead of the rows as they are: as many rows, drawn with
    replacement (Breiman 1996); 0: the rows as they are."""
    device: str = "auto"
    """Where neural models run: auto, cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all there are."""
    results: str = "results"
    """Where runs live."""

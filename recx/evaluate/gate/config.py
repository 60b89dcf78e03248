"""Settings of the gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVERYBODY = "everybody"
ALL = "all"


@dataclass
class GateConfig:
    """How a run is held against a baseline."""

    method: str = "none"
    """none, or margins: no metric may lose more than its margin."""


@dataclass
class MarginGate(GateConfig):
    """Non-inferiority: a loss up to the margin is tolerated, and no more."""

    method: str = "margins"
    """margins: no metric may lose more than its margin."""
    metrics: list[str] = field(default_factory=list)
    """What is checked, such as [ndcg@10,recall@20]; empty: the metric that decides, and recall at its cut-off
    (of ratings: rmse and mae)."""
    margin: float = 0.02
    """Largest tolerated loss over all users, as a share of the baseline's value."""
    slice_margin: float = 0.05
    """The same in each part of users and items."""
    margins: dict[str, float] = field(default_factory=dict)
    """Margins of single metrics, over all users, such as {recall@10:.01}."""
    slices: bool = True
    """Check the parts of users and items too, those that slices=[…] asks for."""
    inconclusive: str = "everybody"
    """Which checks that cannot tell end with exit code 4: everybody (those over all users; parts are shown)
    or all."""


def gate_config_class(settings: Mapping[str, Any]) -> type[GateConfig]:
    """The settings of a gate; where one of margins is set, such a gate is meant."""
    return MarginGate if settings.get("method") not in (None, "none") or len(settings) > 1 else GateConfig

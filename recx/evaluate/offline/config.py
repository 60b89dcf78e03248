"""Settings of the offline A/B tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recx.errors import UsageError, did_you_mean

VALUE = "value"
"""What an event was worth: its rating, or the weight of its event type."""


@dataclass
class OfflineConfig:
    """How runs are held against the test log, beside the metrics."""

    method: str = "none"
    """none, interleave or replay."""


@dataclass
class InterleaveConfig(OfflineConfig):
    """Team-draft interleaving of two runs: whose items do users take out of one list."""

    method: str = "interleave"
    """interleave: two runs draft one list in turns."""
    k: int = 10
    """Length of both lists and of the one that is made of them; no more than the largest cut-off."""
    draws: int = 10
    """Lists made for each user, an even number: every series of coins comes with its opposite, so that equal
    lists are a tie."""


@dataclass
class ReplayConfig(OfflineConfig):
    """Replay: the logged events whose item a run would have shown, and what they were worth."""

    method: str = "replay"
    """replay: events whose item the run would have shown."""
    k: int = 10
    """An event counts where its item is among the first k of the run's list."""
    reward: str = VALUE
    """What an event is worth: value (the rating, or the weight of its event type), or a further column of the
    log such as price."""
    least: int = 100
    """Smallest number of such events that a value may rest on; fewer are refused."""


CONFIGS: dict[str, type[OfflineConfig]] = {
    "none": OfflineConfig,
    "interleave": InterleaveConfig,
    "replay": ReplayConfig,
}


def offline_config_class(settings: Mapping[str, Any]) -> type[OfflineConfig]:
    """The settings class of a method; UsageError where there is no such method."""
    method = str(settings.get("method", "none"))
    if method not in CONFIGS:
        raise UsageError(f"offline.method={method}: no such test{did_you_mean(method, CONFIGS)}")
    return CONFIGS[method]

"""Settings of the offline A/B tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recx.errors import UsageError, did_you_mean

VALUE = "value"
"""What an event was worth: its rating, or the weight of its event type."""

TOP, UNIFORM, SOFTMAX = POLICIES = ("top", "uniform", "softmax")


@dataclass
class OfflineConfig:
    """How runs are held against the test log, beside the metrics."""

    method: str = "none"
    """none, interleave, replay or ips."""


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


@dataclass
class IpsConfig(OfflineConfig):
    """Values by inverse propensity: the log says with what chance each item was shown."""

    method: str = "ips"
    """ips: IPS, SNIPS and doubly robust values by the log's propensities."""
    policy: str = TOP
    """What a run shows: top (the first item of its list), uniform (any of the first k) or softmax (any of the
    first k, those with higher scores more often)."""
    k: int = 10
    """Of how many items uniform and softmax choose."""
    temperature: float = 1.0
    """Of the softmax, in standard deviations of the scores in each list; near 0 it is top."""
    clip: float = 0.0
    """Largest weight of an event, 1 or more: less spread, and a bias; 0: no limit."""
    reward: str = VALUE
    """What an event is worth: value (the rating, or the weight of its event type), or a further column, such
    as price, which is earned where the value is above 0."""
    least: int = 100
    """Smallest effective sample, of events and of users, that a value may rest on; less is refused."""


CONFIGS: dict[str, type[OfflineConfig]] = {
    "none": OfflineConfig,
    "interleave": InterleaveConfig,
    "replay": ReplayConfig,
    "ips": IpsConfig,
}


def offline_config_class(settings: Mapping[str, Any]) -> type[OfflineConfig]:
    """The settings class of a method; UsageError where there is no such method."""
    method = str(settings.get("method", "none"))
    if method not in CONFIGS:
        raise UsageError(f"offline.method={method}: no such test{did_you_mean(method, CONFIGS)}")
    return CONFIGS[method]

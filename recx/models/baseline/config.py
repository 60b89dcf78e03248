"""Settings of the baselines."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class PopularConfig(ModelConfig):
    """Settings of popular."""

    name: str = "popular"
    """Which model these settings are for."""
    count: str = "events"
    """What is counted: events, users (each once per item) or values (the sum of the events' values)."""
    window: float = 0.0
    """Days before the end of training that count; 0: all. Needs dates."""
    half_life: float = 0.0
    """Days after which an event counts half; 0: never. Needs dates."""


@dataclass
class PersonalConfig(ModelConfig):
    """Settings of personal."""

    name: str = "personal"
    """Which model these settings are for."""
    half_life: float = 110.0
    """Days after which a purchase counts half; 0: never. Used where there are dates."""
    decay: float = 1.0
    """Factor per later event of the user, above 0 up to 1 (off); used where there is order but no date."""
    prior: float = 0.2
    """Weight of the crowd: as if the user had also made this share of its purchases after its taste."""
    loyalty: float = 0.3
    """Power of how often buyers of the item come back to it, against all items; 0 turns it off."""
    overdue: float = 0.1
    """Power with which the score falls once an item was not bought for longer than usual; 0 turns it off.
    Used where there are dates."""


@dataclass
class BiasConfig(ModelConfig):
    """Settings of bias."""

    name: str = "bias"
    """Which model these settings are for."""
    reg_user: float = 15.0
    """L2 penalty on the users' biases: as many ratings without a bias; 0 turns it off."""
    reg_item: float = 10.0
    """L2 penalty on the items' biases: as many ratings without a bias; 0 turns it off."""


@dataclass
class RandomConfig(ModelConfig):
    """Settings of random: none but the run's seed."""

    name: str = "random"
    """Which model these settings are for."""

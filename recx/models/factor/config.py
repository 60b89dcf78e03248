"""Settings of the factor models."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class SVDConfig(ModelConfig):
    """Settings of svd; factors, epochs, lr and reg are Funk's."""

    name: str = "svd"
    """Which model these settings are for."""
    factors: int = 100
    """Numbers that describe a user, and an item."""
    epochs: int = 20
    """Passes over the ratings, at most."""
    lr: float = 0.005
    """Step size, above 0."""
    reg: float = 0.02
    """L2 penalty on biases and factors, per rating."""
    init_sd: float = 0.05
    """Standard deviation of the factors before the first epoch. Larger, and they begin as noise: rmse on
    ml-100k is .928 at .05, and .935 to .939 by seed at .1."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""


@dataclass
class ALSConfig(ModelConfig):
    """Settings of als."""

    name: str = "als"
    """Which model these settings are for."""
    factors: int = 64
    """Numbers that describe a user, and an item."""
    epochs: int = 16
    """Passes, each solving all users and all items, at most."""
    reg: float = 0.001
    """L2 penalty on a row, times (weight of its entries + unobserved x number of columns) ^ reg_power."""
    reg_power: float = 1.0
    """How the penalty grows with what is known about a row: 0 not at all, 1 in proportion."""
    unobserved: float = 0.1
    """Weight of "does not want it" for every pair; an observed pair adds its value."""
    values: str = "binary"
    """Confidence in an observed pair: binary, log (of the summed values) or sum."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""

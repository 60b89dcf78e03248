"""Settings that are numbers must lie where a model can use them."""

from recx.errors import UsageError
from recx.models.base import ModelConfig


def at_least(config: ModelConfig, least: float, *settings: str) -> None:
    """UsageError where one of these settings is below ``least``; null is left to the model."""
    for name in settings:
        value = getattr(config, name)
        if value is not None and not value >= least:
            raise UsageError(f"{config.name}: {name} is {value:g}, it must be at least {least:g}")


def above(config: ModelConfig, bound: float, *settings: str) -> None:
    """UsageError where one of these settings is not above ``bound``; null is left to the model."""
    for name in settings:
        value = getattr(config, name)
        if value is not None and not value > bound:
            raise UsageError(f"{config.name}: {name} is {value:g}, it must be above {bound:g}")

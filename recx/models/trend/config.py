"""Settings of trend."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class TrendConfig(ModelConfig):
    """Settings of trend."""

    name: str = "trend"
    """Which model these settings are for."""
    count: str = "users"
    """What demand is: events, users (each once per item and period) or values (the sum of the events')."""
    period: float = 7.0
    """Days of one period, above 0; periods are counted back from the end of training."""
    periods: int = 104
    """The newest periods that are read, 1 or more."""
    horizon: int = 4
    """Periods that are forecast and added up, 1 or more."""
    series: int = 30
    """Most sold items whose series choose the order and fit its coefficients; 0: recency weights for all."""
    shortest: int = 8
    """Items first sold fewer periods ago than this are forecast by recency weights, 1 or more."""
    half_life: float = 4.0
    """Recency weights: periods after which demand counts half; 0: never."""

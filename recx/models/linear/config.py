"""Settings of the linear models."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class EASEConfig(ModelConfig):
    """Settings of ease."""

    name: str = "ease"
    """Which model these settings are for."""
    reg: float = 100.0
    """L2 penalty on the weights, above 0. On binary values its unit is users of an item."""
    values: str = "binary"
    """What an event says: binary, log (of the summed values) or sum."""
    diagonal: str = "zero"
    """zero: an item says nothing about itself (EASE). free: ridge regression, an item bought also stands for
    itself; for repeat purchases."""
    neighbours: int = 0
    """Weights kept per item of the history, the largest in size; 0: all of them, items^2 numbers."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""

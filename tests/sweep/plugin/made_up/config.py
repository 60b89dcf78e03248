from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class ToldConfig(ModelConfig):
    name: str = "told"
    item: int = 0
    """Recommends this item first, then the next ones."""
    ending: str = "well"
    """well, error, usage, nan, memory, kill or exit."""
    pause: float = 0.0
    """Seconds that the fit takes."""

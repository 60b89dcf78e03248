"""Settings of what lists are to be besides relevant."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from recx.errors import UsageError


@dataclass
class ObjectiveWeights:
    """What counts beside the fused score, in standard deviations of a user's fused scores; 0: nothing."""

    tail_share: float = 0.0
    """What an item earns outside the best sellers that make 80 % of all interactions."""
    coverage: float = 0.0
    """What an item earns that the fused lists of the window's held-out users never hold; less the more do."""
    diversity: float = 0.0
    """What an item earns that is like none before it in the list (categories or texts of the catalogue)."""
    margin: float = 0.0
    """What the item with the highest margin earns, by place in the order of margins: item column 'margin',
    else the price."""

    def check(self) -> None:
        """UsageError for a weight below 0."""
        for name, value in asdict(self).items():
            if not (math.isfinite(value) and value >= 0):
                raise UsageError(f"fuser.weight.{name}={value:g}: expected 0 or more")


@dataclass
class ObjectiveFloors:
    """What every user's list must reach where the candidates allow it; null: nothing."""

    tail_share: float | None = None
    """Least share of the list outside the best sellers that make 80 % of all interactions."""
    diversity: float | None = None
    """Least 1 - mean similarity of the list's pairs (categories or texts of the catalogue)."""
    margin: float | None = None
    """Least mean margin of the list's items: item column 'margin', else the price."""

    def check(self) -> None:
        """UsageError for a share outside 0 to 1."""
        for name in ("tail_share", "diversity"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise UsageError(f"fuser.floor.{name}={value:g}: expected a share from 0 to 1")
        if self.margin is not None and not math.isfinite(self.margin):
            raise UsageError(f"fuser.floor.margin={self.margin:g}: expected a number")


def asked(weight: ObjectiveWeights, floor: ObjectiveFloors) -> list[str]:
    """The objectives that have a weight or a floor."""
    floors = asdict(floor)
    return [name for name, value in asdict(weight).items() if value or floors.get(name) is not None]

"""Settings that every fuser has, that those which learn have, and those which learn from features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from recx.errors import UsageError, did_you_mean
from recx.fuse.objectives.config import ObjectiveFloors, ObjectiveWeights, asked

GROUPS = ("base", "user", "item", "pair")
"""Feature groups: what the bases say, and what is known of user, item and pair."""
VECTORS = "vectors"
"""Feature group: the vectors by which bases describe user and item, where they have some."""
COSTS = ("seconds", "milliseconds")


Value = float | int | str


@dataclass(frozen=True)
class Range:
    """From where to where a setting is searched."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


Axis = Range | tuple[Value, ...]
"""A range, or the values there are."""


@dataclass
class FuserConfig:
    """Settings every fuser has; each adds its own."""

    name: str = ""
    """Which fuser these settings are for: a key of recx.fuse.fusers.FUSERS."""
    holdout: float = 0.2
    """Share of the window's users kept from the fuser: on them it is compared with the bases, and a learnt
    one must prove itself or step back."""
    budget: float | None = None
    """Share of the best set's metric that a cheaper set of bases may lose, from 0; the cheapest such set is
    fused and the rest left out. null: all bases are fused."""
    cost: str = "seconds"
    """What is cheap: seconds (a base's training) or milliseconds (scoring a user)."""
    weight: ObjectiveWeights = field(default_factory=ObjectiveWeights)
    """What counts beside relevance, and how much."""
    floor: ObjectiveFloors = field(default_factory=ObjectiveFloors)
    """What every list must reach where its candidates allow it."""
    length: int = 10
    """Items of a list that weights and floors are about; what comes behind them is as the fuser orders it."""

    def __post_init__(self) -> None:
        # as manifests hold them
        if isinstance(self.weight, Mapping):
            self.weight = ObjectiveWeights(**self.weight)
        if isinstance(self.floor, Mapping):
            self.floor = ObjectiveFloors(**self.floor)

    @property
    def objectives(self) -> list[str]:
        """What lists are to be besides relevant."""
        return asked(self.weight, self.floor)

    def check(self) -> None:
        """UsageError for a setting outside its range."""
        if not 0 < self.holdout < 1:
            raise UsageError(f"fuser.holdout={self.holdout:g}: expected a share above 0 and below 1")
        if self.budget is not None and not 0 <= self.budget < 1:
            raise UsageError(
                f"fuser.budget={self.budget:g}: expected a share from 0 to below 1; 0.01 is one percent"
            )
        if self.cost not in COSTS:
            raise UsageError(f"fuser.cost={self.cost}: no such cost{did_you_mean(self.cost, COSTS)}")
        self._at_least(length=1)
        self.weight.check()
        self.floor.check()

    def lighter(self) -> Self:
        """Settings that learn faster and nearly as well, to ask often what something is worth."""
        return self

    def _at_least(self, **least: float) -> None:
        for name, lowest in least.items():
            if (value := getattr(self, name)) < lowest:
                raise UsageError(f"fuser.{name}={value}: expected {lowest} or more")

    def _shares(self, *names: str) -> None:
        for name in names:
            if not 0 < (value := getattr(self, name)) <= 1:
                raise UsageError(f"fuser.{name}={value:g}: expected a share above 0 and up to 1")

    def _above_0(self, *names: str) -> None:
        for name in names:
            if (value := getattr(self, name)) <= 0:
                raise UsageError(f"fuser.{name}={value:g}: expected a number above 0")


@dataclass
class LearntConfig(FuserConfig):
    """Settings of every fuser that learns."""

    learn: int = 100
    """Candidates per user the fuser learns from, the best by reciprocal rank; it ranks all of them."""
    pairs: int = 2_000_000
    """Most candidate pairs the fuser learns from; users beyond them are left out at random."""
    search: int = 0
    """Settings tried on the windows, the given ones first, before the fuser learns with the best; 0: none."""
    SPACE: ClassVar[Mapping[str, Axis]] = {}
    """What is searched."""

    def check(self) -> None:
        super().check()
        self._at_least(learn=2, pairs=1, search=0)
        if self.search and not self.SPACE:
            raise UsageError(f"fuser.search={self.search}: {self.name} has nothing to search; leave it out")


@dataclass
class FeatureConfig(LearntConfig):
    """Settings of every fuser that learns from features."""

    features: list[str] = field(default_factory=lambda: list(GROUPS))
    """Feature groups that are used: base, user, item, pair, and vectors (by which bases such as als and gcn
    describe users and items)."""

    def check(self) -> None:
        super().check()
        groups = (*GROUPS, VECTORS)
        if unknown := [name for name in self.features if name not in groups]:
            raise UsageError(f"fuser.features={unknown[0]}: expected some of {', '.join(groups)}")
        if "base" not in self.features:
            raise UsageError("fuser.features without base leaves nothing to fuse; add base")

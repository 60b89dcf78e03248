"""Settings of each fuser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from recx.errors import UsageError
from recx.fuse.fusers.shared import GROUPS, VECTORS, Axis, FeatureConfig, FuserConfig, LearntConfig, Range

KINDS = ("gate", "mlp")
NORMS = ("zscore", "minmax", "rank")
OBJECTIVES = ("auto", "lambdarank", "binary", "regression")


@dataclass
class StackConfig(FeatureConfig):
    """Settings of stack."""

    name: str = "stack"
    """Which fuser these settings are for."""
    objective: str = "auto"
    """lambdarank, binary, regression, or auto: lambdarank for rankings, regression for ratings."""
    trees: int = 120
    """Most trees; as many are kept as serve the held-out users of the window best."""
    parts: int = 2
    """Parts the items are dealt into where all labels are of the same weeks. As many boosters are averaged,
    each leaving one part out, so that what sold in those weeks is not learnt by heart; 1: all learn from all.
    """
    bags: int = 4
    """Times that the items are dealt: bags x parts boosters are averaged, and chance has less of a say."""
    leaves: int = 7
    """Leaves of one tree."""
    lr: float = 0.1
    """Shrinkage of every tree."""
    min_leaf: int = 200
    """Fewest candidate pairs in a leaf; with little data a hundredth of them."""
    subsample: float = 0.8
    """Share of the pairs each tree sees."""
    colsample: float = 0.8
    """Share of the features each tree sees."""
    reg: float = 1.0
    """L2 penalty on leaf values."""
    truncation: int = 20
    """lambdarank: ranks down to which swaps count."""
    SPACE: ClassVar[Mapping[str, Axis]] = {
        "parts": (1, 2, 3, 4),
        "leaves": Range(3, 31, log=True, whole=True),
        "lr": Range(0.03, 0.2, log=True),
        "min_leaf": Range(50, 1000, log=True, whole=True),
        "subsample": Range(0.5, 1.0),
        "colsample": Range(0.3, 1.0),
        "reg": Range(0.1, 100.0, log=True),
        "truncation": Range(5, 50, log=True, whole=True),
    }

    def check(self) -> None:
        super().check()
        if self.objective not in OBJECTIVES:
            raise UsageError(f"fuser.objective={self.objective}: expected one of {', '.join(OBJECTIVES)}")
        self._at_least(trees=1, parts=1, bags=1, leaves=2, min_leaf=1, truncation=1, reg=0)
        self._shares("subsample", "colsample")
        self._above_0("lr")

    def lighter(self) -> Self:
        return replace(self, trees=min(self.trees, 60), parts=1, bags=1)


@dataclass
class LinearConfig(FeatureConfig):
    """Settings of linear."""

    name: str = "linear"
    """Which fuser these settings are for."""
    pairs: int = 500_000
    """Most candidate pairs the fuser learns from; users beyond them are left out at random."""
    reg: float = 0.005
    """L2 penalty on the weights of standardised features, per pair, above 0."""
    SPACE: ClassVar[Mapping[str, Axis]] = {"reg": Range(1e-5, 1.0, log=True)}

    def check(self) -> None:
        super().check()
        self._above_0("reg")


@dataclass
class NeuralConfig(FeatureConfig):
    """Settings of neural."""

    name: str = "neural"
    """Which fuser these settings are for."""
    kind: str = "gate"
    """gate (what is known of the user says how much each base counts; the score is their weighted sum) or mlp
    (all features and vectors side by side, and a score comes out)."""
    features: list[str] = field(default_factory=lambda: [*GROUPS, VECTORS])
    """Feature groups that are used: base, user, item, pair and vectors. The gate looks at what they say of
    users."""
    pairs: int = 300_000
    """Most candidate pairs the fuser learns from; users beyond them are left out at random."""
    nets: int = 4
    """Networks that are averaged. Each is stopped on other users, a fifth of them or one in ``nets``, and
    where labels are of the same weeks on the half of the items that it does not learn from."""
    hidden: int = 32
    """Units of each hidden layer."""
    layers: int = 1
    """Hidden layers, 1 or more."""
    dropout: float = 0.2
    """Share of the hidden units left out in every step, 0 up to below 1."""
    epochs: int = 30
    """Passes over the users, at most."""
    patience: int = 4
    """Epochs without a gain on the users kept apart before a network stops."""
    lr: float = 0.003
    """Step size of Adam, above 0."""
    reg: float = 0.0001
    """L2 penalty on the weights of all layers."""
    batch_size: int = 64
    """Users per step."""
    SPACE: ClassVar[Mapping[str, Axis]] = {
        "kind": KINDS,
        "hidden": Range(8, 128, log=True, whole=True),
        "dropout": Range(0.0, 0.5),
        "lr": Range(0.0005, 0.02, log=True),
        "reg": Range(1e-6, 0.01, log=True),
    }

    def check(self) -> None:
        super().check()
        if self.kind not in KINDS:
            raise UsageError(f"fuser.kind={self.kind}: expected one of {', '.join(KINDS)}")
        self._at_least(nets=1, hidden=1, layers=1, epochs=1, patience=1, batch_size=1, reg=0)
        self._above_0("lr")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"fuser.dropout={self.dropout:g}: expected a share from 0 to below 1")

    def lighter(self) -> Self:
        return replace(self, nets=1, epochs=min(self.epochs, 12))


@dataclass
class WeightsConfig(LearntConfig):
    """Settings of fusers that learn a weight per base."""

    pairs: int = 500_000
    """Most candidate pairs the fuser learns from; users beyond them are left out at random."""
    norm: str = "zscore"
    """What is weighted: zscore (scores in the user's standard deviations), minmax (scaled to [0, 1] for the
    user) or rank (1 / (60 + rank)). Ratings stay as they are."""
    SPACE: ClassVar[Mapping[str, Axis]] = {"norm": NORMS}

    def check(self) -> None:
        super().check()
        if self.norm not in NORMS:
            raise UsageError(f"fuser.norm={self.norm}: expected one of {', '.join(NORMS)}")


@dataclass
class WeightedConfig(WeightsConfig):
    """Settings of weighted."""

    name: str = "weighted"
    """Which fuser these settings are for."""
    rounds: int = 30
    """Most times that every base's weight is tried."""

    def check(self) -> None:
        super().check()
        self._at_least(rounds=1)


@dataclass
class GreedyConfig(WeightsConfig):
    """Settings of greedy."""

    name: str = "greedy"
    """Which fuser these settings are for."""
    rounds: int = 25
    """Most bases that are chosen, with replacement."""
    bags: int = 10
    """Random parts of the bases that are chosen from; their choices are averaged."""
    library: float = 0.75
    """Share of the bases in a bag; 1: no bagging."""
    SPACE: ClassVar[Mapping[str, Axis]] = {"norm": NORMS, "library": Range(0.4, 1.0)}

    def check(self) -> None:
        super().check()
        self._at_least(rounds=1, bags=1)
        self._shares("library")


@dataclass
class LayeredConfig(FeatureConfig):
    """Settings of layered."""

    name: str = "layered"
    """Which fuser these settings are for."""
    level0: list[str] = field(default_factory=lambda: ["stack", "linear"])
    """Fusers that learn from the bases, each with its own defaults, two or more."""
    level1: str = "weighted"
    """What weighs them: weighted or greedy."""
    folds: int = 3
    """Parts the users are dealt into, so that level 1 learns from what level 0 says of others, 2 or more."""

    def check(self) -> None:
        from recx.fuse.fusers import config_class

        super().check()
        self._at_least(folds=2)
        if self.level1 not in ("weighted", "greedy"):
            raise UsageError(f"fuser.level1={self.level1}: expected weighted or greedy")
        if len(set(self.level0)) < 2 or len(set(self.level0)) < len(self.level0):
            raise UsageError(f"fuser.level0=[{','.join(self.level0)}]: expected two or more different fusers")
        for name in self.level0:
            found = config_class(name)
            if not issubclass(found, LearntConfig) or issubclass(found, LayeredConfig):
                raise UsageError(f"fuser.level0: {name} does not learn from a table of bases; leave it out")


@dataclass
class MeanConfig(FuserConfig):
    """Settings of mean."""

    name: str = "mean"
    """Which fuser these settings are for."""


@dataclass
class CombSUMConfig(FuserConfig):
    """Settings of combsum."""

    name: str = "combsum"
    """Which fuser these settings are for."""


@dataclass
class RRFConfig(FuserConfig):
    """Settings of rrf."""

    name: str = "rrf"
    """Which fuser these settings are for."""
    k: int = 60
    """How slowly a vote fades with its rank, 0 or more: a rank gives 1 / (k + rank)."""

    def check(self) -> None:
        super().check()
        self._at_least(k=0)


@dataclass
class CombMNZConfig(FuserConfig):
    """Settings of combmnz."""

    name: str = "combmnz"
    """Which fuser these settings are for."""


@dataclass
class MedianConfig(FuserConfig):
    """Settings of median."""

    name: str = "median"
    """Which fuser these settings are for."""


@dataclass
class ISRConfig(FuserConfig):
    """Settings of isr."""

    name: str = "isr"
    """Which fuser these settings are for."""


@dataclass
class BordaConfig(FuserConfig):
    """Settings of borda."""

    name: str = "borda"
    """Which fuser these settings are for."""


@dataclass
class CondorcetConfig(FuserConfig):
    """Settings of condorcet."""

    name: str = "condorcet"
    """Which fuser these settings are for."""


@dataclass
class VoteConfig(FuserConfig):
    """Settings of vote."""

    name: str = "vote"
    """Which fuser these settings are for."""
    depth: int = 10
    """Items at the top of its list that a base votes for, 1 or more."""

    def check(self) -> None:
        super().check()
        self._at_least(depth=1)


@dataclass
class CascadeConfig(FuserConfig):
    """Settings of cascade."""

    name: str = "cascade"
    """Which fuser these settings are for."""
    stages: list[str] = field(default_factory=list)
    """Bases in their order, each with how many of its best it keeps: [item_knn:100,gcn:30,rnn]; []: all of
    them, keeping 100, 50, 25 and so on."""


@dataclass
class BoostingConfig(FuserConfig):
    """Settings of boosting."""

    name: str = "boosting"
    """Which fuser these settings are for."""
    lr: float = 1.0
    """Share of what a base says of the rest that is added, above 0 up to 1: shrinkage. Of the first base all
    is taken."""

    def check(self) -> None:
        super().check()
        self._shares("lr")


@dataclass
class BaggingConfig(FuserConfig):
    """Settings of bagging."""

    name: str = "bagging"
    """Which fuser these settings are for."""
    copies: int = 10
    """Refits on bootstrap samples, 2 or more."""

    def check(self) -> None:
        super().check()
        self._at_least(copies=2)

"""Settings of the linear models and of the walks and filters over the graph of users and items."""

from dataclasses import dataclass

from recx.models.base import HistoryConfig, ModelConfig


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
    nonnegative: bool = False
    """Weights below 0 count as 0: what an item says against another is not heard. Takes items^2 numbers,
    however few the users, unless ``neighbours`` is set, and an update is a refit."""
    neighbours: int = 0
    """Weights kept per item of the history, the largest in size; 0: all of them, items^2 numbers. With some
    of them dropped an update is a refit."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""


@dataclass
class SLIMConfig(HistoryConfig):
    """Settings of slim."""

    name: str = "slim"
    """Which model these settings are for."""
    l1: float = 1.0
    """L1 penalty, 0 or more: the higher, the fewer weights. On binary values items met together with another
    by no more users than this have no weight for it."""
    l2: float = 50.0
    """L2 penalty, 0 or more; on binary values its unit is users of an item."""
    nonnegative: bool = True
    """No weight below 0."""
    neighbours: int = 0
    """Items that may have a weight for another, the most alike by the cosine; 0: all."""
    sweeps: int = 1000
    """Sweeps of the coordinate descent of an item, at most."""
    tolerance: float = 1e-4
    """It ends with the sweep that moves no weight by this much."""


@dataclass
class RP3betaConfig(HistoryConfig):
    """Settings of rp3beta."""

    name: str = "rp3beta"
    """Which model these settings are for."""
    neighbours: int = 200
    """Weights kept per item of the history."""
    alpha: float = 0.7
    """Power of every step's probability: below 1, likely steps gain less."""
    beta: float = 0.5
    """Power of an item's degree that its weights are divided by: the higher, the rarer what comes first."""
    restart: float = 0.0
    """Chance to return to the start before every round, below 1: personalised PageRank. 0: three steps."""
    tolerance: float = 1e-5
    """With restart: how much the PageRank of an item may miss per unit of its degree."""


@dataclass
class GFCFConfig(ModelConfig):
    """Settings of gfcf."""

    name: str = "gfcf"
    """Which model these settings are for."""
    filter: str = "lowpass"
    """lowpass: a linear and an ideal low-pass filter (GF-CF). turbo: one of Turbo-CF, entry by entry."""
    factors: int = 256
    """lowpass: singular vectors that pass."""
    alpha: float = 0.3
    """lowpass: weight of what passes the ideal filter, beside the linear one; 0 or more."""
    side: float = 0.5
    """turbo: power of a user's degree, from 0 to 1; items are divided by theirs to the rest."""
    power: float = 1.0
    """turbo: power of every entry of the item graph, above 0; below 1 weak ties gain."""
    order: int = 1
    """turbo: order of the polynomial of the item graph: 1 (linear), 2 or 3, each a sharper low-pass filter. A
    fit of order 3 takes neighbours x items^2 products."""
    neighbours: int = 1000
    """turbo: entries kept per item of the history."""
    values: str = "binary"
    """What an event says: binary, log (of the summed values) or sum."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""

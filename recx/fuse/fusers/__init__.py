"""The fusers: one way to make one ranking of many a file. This table is the contents page."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recx.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from recx.fuse.fusers.base import Fuser
    from recx.fuse.fusers.shared import FuserConfig

FUSERS: dict[str, str] = {
    # learnt
    "stack": "recx.fuse.fusers.stack:Stack",
    "linear": "recx.fuse.fusers.linear:Linear",
    "neural": "recx.fuse.fusers.neural:Neural",
    "layered": "recx.fuse.fusers.layered:Layered",
    "weighted": "recx.fuse.fusers.weighted:Weighted",
    "boosting": "recx.fuse.fusers.boosting:Boosting",
    "greedy": "recx.fuse.fusers.greedy:Greedy",
    # not learnt: stages
    "cascade": "recx.fuse.fusers.cascade:Cascade",
    # not learnt: refits
    "bagging": "recx.fuse.fusers.bagging:Bagging",
    # not learnt: scores
    "mean": "recx.fuse.fusers.mean:Mean",
    "combsum": "recx.fuse.fusers.combsum:CombSUM",
    "combmnz": "recx.fuse.fusers.combmnz:CombMNZ",
    "median": "recx.fuse.fusers.median:Median",
    # not learnt: ranks
    "rrf": "recx.fuse.fusers.rrf:RRF",
    "isr": "recx.fuse.fusers.isr:ISR",
    "borda": "recx.fuse.fusers.borda:Borda",
    "condorcet": "recx.fuse.fusers.condorcet:Condorcet",
    "vote": "recx.fuse.fusers.vote:Vote",
}
"""Name -> "module:Class"."""


def fuser_class(name: str) -> type[Fuser[Any]]:
    """The class of a fuser; UsageError where no fuser has that name."""
    module, _, attribute = _place(name).partition(":")
    loaded: type[Fuser[Any]] = getattr(import_module(module), attribute)
    return loaded


def config_class(name: str) -> type[FuserConfig]:
    """The settings of a fuser: ``<Class>Config`` in the ``config`` module beside it, found without loading
    the fuser.
    """
    module, _, attribute = _place(name).partition(":")
    beside = import_module(f"{module.rpartition('.')[0]}.config")
    loaded: type[FuserConfig] = getattr(beside, f"{attribute}Config")
    return loaded


def create(config: FuserConfig) -> Fuser[Any]:
    """An unfitted fuser with these settings."""
    return fuser_class(config.name)(config)


def _place(name: str) -> str:
    if name not in FUSERS:
        raise UsageError(f"no fuser called '{name}'{did_you_mean(name, FUSERS)}")
    return FUSERS[name]

"""Rankings and ratings -> numbers: one formula family per file, the protocol, the statistics.

A metric is named by one word and its cut-off: "ndcg@10", "rmse". These tables are the contents page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from recx.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from recx.arrays import Bool, Float64, Int64
    from recx.metrics.lists import Lists
    from recx.metrics.ratings import Errors

VERSION = "v1"
"""Of the definitions; results carry it as in ndcg@10/v1."""

RANKING: dict[str, str] = {
    "precision": "recx.metrics.precision_recall:precision",
    "precision_returned": "recx.metrics.precision_recall:precision_returned",
    "recall": "recx.metrics.precision_recall:recall",
    "recall_capped": "recx.metrics.precision_recall:recall_capped",
    "f1": "recx.metrics.precision_recall:f1",
    "hit": "recx.metrics.precision_recall:hit",
    "ndcg": "recx.metrics.ndcg:ndcg",
    "ndcg_exp": "recx.metrics.ndcg:ndcg_exp",
    "dcg": "recx.metrics.ndcg:dcg",
    "map": "recx.metrics.map:average_precision",
    "map_r": "recx.metrics.map:average_precision_r",
    "mrr": "recx.metrics.map:reciprocal_rank",
}
"""One number per user out of their list: f(Lists, k) -> (n_users,)."""

GATHERED: dict[str, str] = {
    "coverage": "recx.metrics.coverage:coverage",
}
"""One number out of how often each item was recommended: f(shown, candidates) -> float."""

RATING: dict[str, str] = {
    "rmse": "recx.metrics.ratings:rmse",
    "mse": "recx.metrics.ratings:mse",
    "mae": "recx.metrics.ratings:mae",
    "rmse_user": "recx.metrics.ratings:rmse_user",
}
"""One number out of prediction errors, lower is better: f(Errors) -> float."""

METRICS: dict[str, str] = RANKING | GATHERED | RATING
"""Name -> "module:function"."""


@dataclass(frozen=True)
class Metric:
    """A metric by name, with its cut-off where it has one."""

    name: str
    k: int | None

    def __str__(self) -> str:
        return self.name if self.k is None else f"{self.name}@{self.k}"

    @property
    def higher_is_better(self) -> bool:
        """False for errors."""
        return self.name not in RATING


def parse(text: str) -> Metric:
    """The metric that ``"ndcg@10"`` or ``"rmse"`` names; UsageError where there is none."""
    name, at, cut = text.partition("@")
    if name not in METRICS:
        raise UsageError(f"no metric called '{name}'{did_you_mean(name, METRICS)}")
    if name in RATING:
        if at:
            raise UsageError(f"metric '{text}': {name} takes no cut-off; write {name}")
        return Metric(name, None)
    if not cut.isdecimal() or int(cut) < 1:
        raise UsageError(f"metric '{text}' needs a cut-off of 1 or more; write {name}@10")
    return Metric(name, int(cut))


def ranking_metric(name: str) -> Callable[[Lists, int], Float64]:
    """The function of a name in RANKING."""
    function: Callable[[Lists, int], Float64] = _load(name)
    return function


def gathered_metric(name: str) -> Callable[[Int64, Bool], float]:
    """The function of a name in GATHERED."""
    function: Callable[[Int64, Bool], float] = _load(name)
    return function


def rating_metric(name: str) -> Callable[[Errors], float]:
    """The function of a name in RATING."""
    function: Callable[[Errors], float] = _load(name)
    return function


def _load(name: str) -> Any:  # the three callers say what it is
    module, _, function = METRICS[name].partition(":")
    return getattr(import_module(module), function)

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
    from recx.arrays import Bool, Float32, Float64
    from recx.metrics.coverage import Counts
    from recx.metrics.lists import Lists, Targets
    from recx.metrics.ratings import Errors
    from recx.metrics.shelf import Shelf

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
    "revenue_ndcg": "recx.metrics.revenue:revenue_ndcg",
}
"""One number per user out of their list: f(Lists, k) -> (n_users,)."""

SHELF: dict[str, str] = {
    "diversity": "recx.metrics.diversity:diversity",
    "novelty": "recx.metrics.popularity:novelty",
    "serendipity": "recx.metrics.popularity:serendipity",
    "tail_share": "recx.metrics.popularity:tail_share",
}
"""The same, out of what is known of the items as well: f(Lists, Shelf, k) -> (n_users,)."""

GATHERED: dict[str, str] = {
    "coverage": "recx.metrics.coverage:coverage",
    "gini": "recx.metrics.coverage:gini",
}
"""One number out of how often each item was recommended: f(shown, candidates) -> float."""

SCORED: dict[str, str] = {
    "auc": "recx.metrics.auc:auc",
}
"""One number per user out of the scores of all candidates: f(scores, Targets) -> (n_users,)."""

RATING: dict[str, str] = {
    "rmse": "recx.metrics.ratings:rmse",
    "mse": "recx.metrics.ratings:mse",
    "mae": "recx.metrics.ratings:mae",
    "mse_norm": "recx.metrics.ratings:mse_norm",
    "rmse_user": "recx.metrics.ratings:rmse_user",
}
"""One number out of errors of predicted ratings: f(Errors) -> float."""

INTEREST: dict[str, str] = {
    "mse": "recx.metrics.ratings:mse",
    "log_loss": "recx.metrics.ratings:log_loss",
}
"""The same out of errors of calibrated interest, on implicit feedback."""

METRICS: dict[str, str] = RANKING | SHELF | GATHERED | SCORED | RATING | INTEREST
"""Name -> "module:function"."""

ACCURACY = (*(name for name in RANKING if name != "revenue_ndcg"), "coverage", *RATING)
"""What training measures; a report measures all that its data set allows."""
WHOLE = SCORED | RATING | INTEREST
"""Metrics without a cut-off."""
LOWER_IS_BETTER = (*RATING, *INTEREST, "gini")


@dataclass(frozen=True)
class Metric:
    """A metric by name, with its cut-off where it has one."""

    name: str
    k: int | None

    def __str__(self) -> str:
        return self.name if self.k is None else f"{self.name}@{self.k}"

    @property
    def higher_is_better(self) -> bool:
        """False for errors, and for exposure of a few items only."""
        return self.name not in LOWER_IS_BETTER


def parse(text: str) -> Metric:
    """The metric that ``"ndcg@10"`` or ``"rmse"`` names; UsageError where there is none."""
    name, at, cut = text.partition("@")
    if name not in METRICS:
        raise UsageError(f"no metric called '{name}'{did_you_mean(name, METRICS)}")
    if name in WHOLE:
        if at:
            raise UsageError(f"metric '{text}': {name} takes no cut-off; write {name}")
        return Metric(name, None)
    if not cut.isdecimal() or int(cut) < 1:
        raise UsageError(f"metric '{text}' needs a cut-off of 1 or more; write {name}@10")
    return Metric(name, int(cut))


def variants(name: str) -> list[str]:
    """Other definitions that go by the same word: ndcg_exp of ndcg."""
    return [other for other in METRICS if base_of(other) == name and other != name]


def base_of(name: str) -> str:
    """What a metric is a variant of: ndcg of ndcg_exp; itself where it is none."""
    head = name.partition("_")[0]
    return head if head in METRICS else name


def ranking_metric(name: str) -> Callable[[Lists, int], Float64]:
    """The function of a name in RANKING."""
    function: Callable[[Lists, int], Float64] = load(name)
    return function


def shelf_metric(name: str) -> Callable[[Lists, Shelf, int], Float64]:
    """The function of a name in SHELF."""
    function: Callable[[Lists, Shelf, int], Float64] = load(name)
    return function


def gathered_metric(name: str) -> Callable[[Counts, Bool], float]:
    """The function of a name in GATHERED."""
    function: Callable[[Counts, Bool], float] = load(name)
    return function


def scored_metric(name: str) -> Callable[[Float32, Targets], Float64]:
    """The function of a name in SCORED."""
    function: Callable[[Float32, Targets], Float64] = load(name)
    return function


def error_metric(name: str) -> Callable[[Errors], float]:
    """The function of a name in RATING or INTEREST."""
    function: Callable[[Errors], float] = load(name)
    return function


def load(name: str) -> Any:  # its callers say what it is
    """The function of a name in METRICS."""
    module, _, function = METRICS[name].partition(":")
    return getattr(import_module(module), function)

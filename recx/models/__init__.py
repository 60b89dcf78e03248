"""The base recommenders: one algorithm per file, in family folders. This table is the contents page."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from recx.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from recx.models.base import ModelConfig, Recommender

MODELS: dict[str, str] = {
    # baseline
    "random": "recx.models.baseline.random:Random",
    "popular": "recx.models.baseline.popular:Popular",
    "bias": "recx.models.baseline.bias:Bias",
    "personal": "recx.models.baseline.personal:Personal",
    # trend
    "trend": "recx.models.trend.trend:Trend",
    # neighbour
    "item_knn": "recx.models.neighbour.item_knn:ItemKNN",
    "user_knn": "recx.models.neighbour.user_knn:UserKNN",
    "markov": "recx.models.neighbour.markov:Markov",
    "slope_one": "recx.models.neighbour.slope_one:SlopeOne",
    # linear
    "ease": "recx.models.linear.ease:EASE",
    "slim": "recx.models.linear.slim:SLIM",
    "rp3beta": "recx.models.linear.rp3beta:RP3beta",
    "gfcf": "recx.models.linear.gfcf:GFCF",
    # factor
    "svd": "recx.models.factor.svd:SVD",
    "svdpp": "recx.models.factor.svdpp:SVDpp",
    "nmf": "recx.models.factor.nmf:NMF",
    "als": "recx.models.factor.als:ALS",
    "bpr": "recx.models.factor.bpr:BPR",
    "lsa": "recx.models.factor.lsa:LSA",
    "fm": "recx.models.factor.fm:FM",
    # sequence
    "rnn": "recx.models.sequence.rnn:RNN",
    # content
    "content": "recx.models.content.content:Content",
    "hybrid": "recx.models.content.hybrid:Hybrid",
    # graph
    "gcn": "recx.models.graph.lightgcn:LightGCN",
}
"""Name -> "module:Class". Other packages add theirs in the entry-point group "recx.models"."""


def all_models() -> dict[str, str]:
    """MODELS and what installed packages add to it."""
    return {point.name: point.value for point in entry_points(group="recx.models")} | MODELS


def model_class(name: str) -> type[Recommender[Any]]:
    """The class of a model; UsageError where no model has that name."""
    module, _, attribute = _place(name).partition(":")
    loaded: type[Recommender[Any]] = getattr(import_module(module), attribute)
    return loaded


def config_class(name: str) -> type[ModelConfig]:
    """The settings of a model: ``<Class>Config`` in the ``config`` module beside it, found without loading
    the model.
    """
    module, _, attribute = _place(name).partition(":")
    beside = import_module(f"{module.rpartition('.')[0]}.config")
    loaded: type[ModelConfig] = getattr(beside, f"{attribute}Config")
    return loaded


def create(config: ModelConfig) -> Recommender[Any]:
    """An unfitted model with these settings."""
    return model_class(config.name)(config)


def _place(name: str) -> str:
    models = all_models()
    if name not in models:
        raise UsageError(f"no model called '{name}'{did_you_mean(name, models)}")
    return models[name]

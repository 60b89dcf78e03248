"""stack: LightGBM over the bases' scores (stacked generalisation, Wolpert 1992).

lambdarank (Burges 2010) for rankings: gradients of pairs of candidates of one user, weighted by what swapping
them changes in ndcg. Regression for ratings, on what the mean of the bases leaves over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recx import store
from recx.arrays import Float32, Float64
from recx.errors import DataError, UsageError
from recx.fuse.config import StackConfig
from recx.fuse.features import GROUPS, Feature
from recx.fuse.table import Table

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

OBJECTIVES = ("auto", "lambdarank", "binary", "regression")
MOST_GRADE = 30
"""lambdarank takes grades as whole numbers up to this."""


@dataclass(frozen=True, eq=False)
class Stack:
    """A fitted stacker."""

    booster: Booster
    features: tuple[Feature, ...]
    threads: int = 0

    def score(self, values: Float32, start: Float32 | None = None) -> Float32:
        """One number per row of ``values`` (rows, features); ``start`` is what ratings are corrected from."""
        if not len(values):
            return np.zeros(0, dtype=np.float32)
        found = np.asarray(self.booster.predict(values, num_threads=self.threads), dtype=np.float64)
        return (found if start is None else found + start).astype(np.float32)

    def contributions(self, values: Float32) -> Float64:
        """Share of every feature in every row's score (TreeSHAP), the constant last: (rows, features + 1).

        A row adds up to its score.
        """
        return np.asarray(self.booster.predict(values, pred_contrib=True, num_threads=self.threads))

    @property
    def trees(self) -> int:
        """Trees that are used."""
        return self.booster.num_trees()

    def write(self, path: Path) -> None:
        """Write LightGBM's own text."""
        store.write_text(path, self.booster.model_to_string())

    @staticmethod
    def read(path: Path, features: tuple[Feature, ...], threads: int = 0) -> Stack:
        """The stacker that was written to ``path``."""
        import lightgbm

        try:
            booster = lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))
        except (OSError, lightgbm.basic.LightGBMError) as error:
            raise DataError(f"{path} is missing or damaged ({error})") from error
        return Stack(booster, features, threads)


def check(config: StackConfig) -> None:
    """UsageError for a setting outside its range."""
    if config.objective not in OBJECTIVES:
        raise UsageError(f"fuser.objective={config.objective}: expected one of {', '.join(OBJECTIVES)}")
    if unknown := [name for name in config.features if name not in GROUPS]:
        raise UsageError(f"fuser.features={unknown[0]}: expected some of {', '.join(GROUPS)}")
    if "base" not in config.features:
        raise UsageError("fuser.features without base leaves nothing to stack; add base")
    if not 0 < config.holdout < 1:
        raise UsageError(f"fuser.holdout={config.holdout:g}: expected a share above 0 and below 1")
    least = {"trees": 1, "patience": 1, "leaves": 2, "min_leaf": 1, "truncation": 1, "learn": 2, "pairs": 1}
    for name, lowest in least.items():
        if getattr(config, name) < lowest:
            raise UsageError(f"fuser.{name}={getattr(config, name)}: expected {lowest} or more")
    for name in ("subsample", "colsample"):
        if not 0 < getattr(config, name) <= 1:
            raise UsageError(f"fuser.{name}={getattr(config, name):g}: expected a share above 0 and up to 1")
    if config.lr <= 0:
        raise UsageError(f"fuser.lr={config.lr:g}: expected a number above 0")


def fit_stack(
    table: Table,
    held_out: Table | None,
    config: StackConfig,
    objective: str,
    seed: int,
    threads: int,
    columns: Sequence[int] | None = None,
    trees: int | None = None,
) -> Stack:
    """Learn from ``table``; stop when ``held_out`` no longer gains, or after ``trees``.

    ``columns`` restricts the features. Same table, seed and threads give the same bytes.
    """
    import lightgbm

    chosen = list(range(len(table.features))) if columns is None else list(columns)
    features = tuple(table.features[at] for at in chosen)
    data = _dataset(table, chosen, features, objective)
    valid = None if held_out is None else _dataset(held_out, chosen, features, objective, data)
    booster = lightgbm.train(
        _parameters(config, objective, table, seed, threads),
        data,
        num_boost_round=config.trees if trees is None else trees,
        valid_sets=[] if valid is None else [valid],
        callbacks=[] if valid is None else [lightgbm.early_stopping(config.patience, verbose=False)],
    )
    # without the trees after the best, and without what only training needed
    return Stack(booster.model_from_string(booster.model_to_string(num_iteration=booster.best_iteration)),
                 features, threads)  # fmt: skip


def _parameters(config: StackConfig, objective: str, table: Table, seed: int, threads: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "objective": objective,
        "learning_rate": config.lr,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.min_leaf,
        "bagging_fraction": config.subsample,
        "bagging_freq": 1 if config.subsample < 1 else 0,
        "feature_fraction": config.colsample,
        "lambda_l2": config.reg,
        "max_bin": 127,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }
    if objective == "lambdarank":
        found |= {
            "metric": "ndcg",
            "eval_at": [10],
            "lambdarank_truncation_level": config.truncation,
            "label_gain": list(range(MOST_GRADE + 1)),
            "bagging_by_query": config.subsample < 1,
        }
    else:
        found["metric"] = "rmse" if objective == "regression" else "binary_logloss"
    return found


def _dataset(
    table: Table,
    columns: list[int],
    features: tuple[Feature, ...],
    objective: str,
    like: Dataset | None = None,
) -> Dataset:
    import lightgbm

    labels = table.labels
    if objective == "lambdarank":
        labels = np.clip(np.round(labels), 0, MOST_GRADE)
    elif objective == "binary":
        labels = (labels > 0).astype(np.float32)
    every = len(columns) == len(table.features)
    return lightgbm.Dataset(
        table.values if every else table.values[:, columns],
        label=labels,
        group=table.sizes if objective == "lambdarank" else None,
        init_score=table.start,
        reference=like,
        feature_name=[f"{at}_{_word(feature.name)}" for at, feature in enumerate(features)],
        categorical_feature=[at for at, feature in enumerate(features) if feature.categorical],
        free_raw_data=True,
    )


def _word(name: str) -> str:
    """A name as LightGBM's text can hold it."""
    return re.sub(r"[^A-Za-z0-9_.@+-]", "_", name)

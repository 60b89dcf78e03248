"""stack: LightGBM over the bases' scores (stacked generalisation, Wolpert 1992).

lambdarank (Burges 2010) for rankings: gradients of pairs of candidates of one user, weighted by what
swapping them changes in ndcg. Regression for ratings, on what the mean of the bases leaves over.

All labels of a window are of the same weeks, and trees can tell items by their features: left alone they
learn by heart what sold in those weeks, which users held out from the same weeks confirm and the next weeks
do not.
Therefore boosters learn from parts of the items. On Complete Journey's repeat=new, learnt on one window and
applied to the next, one booster gained 2 % over ease, two of half the items each 13 %.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recx import store
from recx.arrays import Float32, Float64
from recx.errors import DataError, UsageError
from recx.fuse.config import StackConfig
from recx.fuse.features import GROUPS
from recx.fuse.surroundings import Feature
from recx.fuse.table import Table

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

OBJECTIVES = ("auto", "lambdarank", "binary", "regression")
MOST_GRADE = 30
"""lambdarank takes grades as whole numbers up to this."""


@dataclass(frozen=True, eq=False)
class Stack:
    """A fitted stacker: boosters whose scores are averaged."""

    boosters: tuple[Booster, ...]
    features: tuple[Feature, ...]
    threads: int = 0

    def score(self, values: Float32, start: Float32 | None = None) -> Float32:
        """One number per row of ``values`` (rows, features); ``start`` is what ratings are corrected from."""
        if not len(values):
            return np.zeros(0, dtype=np.float32)
        found = self._mean(values)
        return (found if start is None else found + start).astype(np.float32)

    def contributions(self, values: Float32) -> Float64:
        """What each feature adds to each row's score (TreeSHAP), the constant last: (rows, features + 1)."""
        return self._mean(values, pred_contrib=True)

    @property
    def gains(self) -> Float64:
        """Loss saved by splits on each feature: (features,)."""
        gains = [booster.feature_importance("gain") for booster in self.boosters]
        return np.asarray(np.sum(gains, axis=0), dtype=np.float64)

    def write(self, path: Path) -> None:
        """Write LightGBM's own text: the first booster to ``path``, further ones beside it."""
        for number, booster in enumerate(self.boosters):
            store.write_text(_numbered(path, number), booster.model_to_string())

    @staticmethod
    def read(path: Path, features: tuple[Feature, ...], threads: int = 0) -> Stack:
        """The stacker that was written to ``path``."""
        import lightgbm

        boosters: list[Booster] = []
        while not boosters or _numbered(path, len(boosters)).is_file():
            file = _numbered(path, len(boosters))
            try:
                boosters.append(lightgbm.Booster(model_str=file.read_text(encoding="utf-8")))
            except (OSError, lightgbm.basic.LightGBMError) as error:
                raise DataError(f"{file} is missing or damaged ({error})") from error
        return Stack(tuple(boosters), features, threads)

    def _mean(self, values: Float32, pred_contrib: bool = False) -> Float64:
        parts = [
            booster.predict(values, pred_contrib=pred_contrib, num_threads=self.threads)
            for booster in self.boosters
        ]
        return np.asarray(np.mean(parts, axis=0), dtype=np.float64)


def _numbered(path: Path, number: int) -> Path:
    """meta.txt, meta-2.txt ..."""
    return path if not number else path.with_name(f"{path.stem}-{number + 1}{path.suffix}")


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
    least = {"trees": 1, "parts": 1, "leaves": 2, "min_leaf": 1, "truncation": 1, "learn": 2, "pairs": 1}
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
    """Learn from ``table``; keep as many trees as serve ``held_out`` best, or ``trees`` of them.

    The items are dealt into ``config.parts``. Each booster leaves one part out and is watched on that part's
    items and the held-out users, so what it has learnt by heart of the window's items earns it nothing there.
    ``columns`` restricts the features. Same table, seed and threads give the same bytes.
    """
    import lightgbm

    chosen = list(range(len(table.features))) if columns is None else list(columns)
    features = tuple(table.features[at] for at in chosen)
    most = config.trees if trees is None else trees
    parts = config.parts if trees is None else 1
    part_of = np.random.default_rng([seed, 13]).integers(0, parts, int(table.items.max(initial=0)) + 1)
    boosters, curves = [], []
    for part in range(parts):
        learnt = table if parts == 1 else table.keep(part_of[table.items] != part)
        data = _dataset(learnt, chosen, features, objective)
        watched = None if held_out is None else _watched(held_out, part_of, part, parts)
        seen: dict[str, dict[str, list[float]]] = {}
        boosters.append(
            lightgbm.train(
                _parameters(config, objective, len(learnt), seed, threads),
                data,
                num_boost_round=most,
                valid_sets=[_dataset(watched, chosen, features, objective, data)] if watched else [],
                callbacks=[lightgbm.record_evaluation(seen)],
            )
        )
        curves += [curve for metrics in seen.values() for curve in metrics.values()]
    best = most
    if curves:
        mean = np.mean(curves, axis=0)
        best = 1 + int(mean.argmax() if objective == "lambdarank" else mean.argmin())
    texts = (booster.model_to_string(num_iteration=best) for booster in boosters)
    return Stack(tuple(lightgbm.Booster(model_str=text) for text in texts), features, threads)


def _watched(held_out: Table, part_of: npt.NDArray[np.int64], part: int, parts: int) -> Table | None:
    """The held-out users' rows of one part of the items; None where they took none of them."""
    if parts > 1:
        # an item without a part is one the stacker has never met
        known = held_out.items < len(part_of)
        rows = ~known
        rows[known] = part_of[held_out.items[known]] == part
        held_out = held_out.keep(rows)
    taught = held_out if held_out.start is not None else held_out.taught()
    return taught if len(taught) else None


def _parameters(config: StackConfig, objective: str, rows: int, seed: int, threads: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "objective": objective,
        "learning_rate": config.lr,
        "num_leaves": config.leaves,
        # little data: leaves of a hundredth, or nothing would be learnt at all
        "min_data_in_leaf": max(1, min(config.min_leaf, rows // 100)),
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

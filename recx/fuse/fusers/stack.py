"""stack: LightGBM over the bases' scores and what is known of user, item and pair."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from recx import store
from recx.arrays import Float32, Float64
from recx.errors import DataError
from recx.fuse.fusers.base import Fuser, Lesson, Parts
from recx.fuse.fusers.config import StackConfig, WeightedConfig
from recx.fuse.fusers.weighted import Weighted
from recx.fuse.table import Rows, Table
from recx.threads import side_by_side

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

MOST_GRADE = 30
"""lambdarank takes grades as whole numbers up to this."""


class Stack(Fuser[StackConfig]):
    """Stacked generalisation (Wolpert 1992) by boosted trees.

    lambdarank (Burges 2010) for rankings: gradients of pairs of candidates of one user, weighted by what
    swapping them changes in ndcg. Regression for ratings, on what a weighted mean of the bases (see weighted)
    leaves over: trees would need many cuts to add up ratings.

    All labels of a window are of the same weeks, and trees can tell items by their features: left alone they
    learn by heart what sold in those weeks, which users held out from the same weeks confirm and the next
    weeks do not. Therefore boosters learn from parts of the items, and their scores are averaged. On Complete
    Journey, learnt on one window and applied to the next, ndcg@10 of one booster was .0762 on repeat=new and
    .4548 on repeat=allow, of two of half the items each .0777 and .4568, of eight .0821 and .4579.
    """

    learns = True
    rates = True
    pointwise = True
    boosters: tuple[Booster, ...] = ()
    start: Weighted | None = None
    """What ratings are corrected from."""
    threads: int = 0

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Learn from ``table``; keep as many trees as serve ``held_out`` best, or all.

        The items are dealt into ``config.parts``, ``config.bags`` times. Each booster leaves one part out and
        is watched on that part's items and the held-out users, so what it has learnt by heart of the window's
        items earns it nothing there. A booster keeps to one thread and boosters grow side by side: same table
        and seed give the same bytes, on any number of threads.
        """
        import lightgbm

        config, objective = self.config, _objective(self.config, table)
        if table.votes.ranks is None:
            self.start = Weighted(WeightedConfig()).fit(table, None, lesson)
        parts, most = config.parts if lesson.dated else 1, int(table.items.max(initial=0)) + 1
        rng = np.random.default_rng([lesson.seed, 13])
        deals = [rng.integers(0, parts, most) for _ in range(config.bags)]

        def grown(number: int, stop: Callable[[], bool]) -> tuple[Booster, list[list[float]]]:
            bag, part = divmod(number, parts)
            learnt = table if parts == 1 else table.keep(deals[bag][table.items] != part)
            watched = None if held_out is None else _watched(held_out, deals[bag], part, parts)
            data = self._dataset(learnt, objective)
            return _grow(
                _parameters(config, objective, len(learnt)) | {"seed": lesson.seed + number},
                config.trees,
                data,
                self._dataset(watched, objective, data) if watched else None,
                stop,
            )

        forests = side_by_side(grown, config.bags * parts, lesson.threads)
        boosters = [booster for booster, _ in forests]
        curves = [curve for _, found in forests for curve in found]
        best = config.trees
        if curves:
            mean = np.mean(curves, axis=0)
            best = 1 + int(mean.argmax() if objective == "lambdarank" else mean.argmin())
        texts = (booster.model_to_string(num_iteration=best) for booster in boosters)
        self.boosters = tuple(lightgbm.Booster(model_str=text) for text in texts)
        self.threads = lesson.threads
        return self

    def score(self, rows: Rows) -> Float32:
        """The boosters' mean; of ratings the bases' weighted mean and its correction: (rows,)."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        found = self._mean(rows)
        return (found if self.start is None else found + self.start.score(rows)).astype(np.float32)

    def parts(self, rows: Rows) -> Parts:
        """What each feature adds to each row's score (TreeSHAP, Lundberg 2020)."""
        if not len(rows):
            return Parts(rows.features, np.zeros((0, len(rows.features))), np.zeros(0))
        found = self._mean(rows, pred_contrib=True)
        trees = Parts(rows.features, found[:, :-1], found[:, -1])
        return trees if self.start is None else self.start.parts(rows).beside(trees)

    def write(self, folder: Path, name: str) -> None:
        """LightGBM's own text: the first booster as name.txt, further ones as name-2.txt ..."""
        for number, booster in enumerate(self.boosters):
            store.write_text(_file(folder, name, number), booster.model_to_string())
        if self.start is not None:
            self.start.write(folder, f"{name}-start")

    def read(self, folder: Path, name: str, threads: int = 0) -> Self:
        """Become the stack that was written."""
        import lightgbm

        boosters: list[Booster] = []
        while not boosters or _file(folder, name, len(boosters)).is_file():
            file = _file(folder, name, len(boosters))
            try:
                boosters.append(lightgbm.Booster(model_str=file.read_text(encoding="utf-8")))
            except (OSError, lightgbm.basic.LightGBMError) as error:
                raise DataError(f"{file} is missing or damaged ({error})") from error
        self.boosters, self.threads = tuple(boosters), threads
        if (folder / f"{name}-start.safetensors").is_file():
            self.start = Weighted(WeightedConfig()).read(folder, f"{name}-start")
        return self

    def _dataset(self, table: Table, objective: str, like: Dataset | None = None) -> Dataset:
        import lightgbm

        labels = table.labels
        if objective == "lambdarank":
            labels = np.clip(np.round(labels), 0, MOST_GRADE)
        elif objective == "binary":
            labels = (labels > 0).astype(np.float32)
        features = table.features
        return lightgbm.Dataset(
            table.values,
            label=labels,
            group=table.sizes[table.sizes > 0] if objective == "lambdarank" else None,
            init_score=None if self.start is None else self.start.score(table),
            reference=like,
            feature_name=[f"{at}_{_word(feature.name)}" for at, feature in enumerate(features)],
            categorical_feature=[at for at, feature in enumerate(features) if feature.categorical],
            free_raw_data=True,
        )

    def _mean(self, rows: Rows, pred_contrib: bool = False) -> Float64:
        parts = [
            booster.predict(rows.values, pred_contrib=pred_contrib, num_threads=self.threads)
            for booster in self.boosters
        ]
        return np.asarray(np.mean(parts, axis=0), dtype=np.float64)


def _grow(
    parameters: dict[str, Any], trees: int, data: Dataset, watched: Dataset | None, stop: Callable[[], bool]
) -> tuple[Booster, list[list[float]]]:
    """A booster, and its metrics on ``watched`` tree by tree."""
    import lightgbm

    def heed(environment: Any) -> None:
        if stop():
            raise KeyboardInterrupt

    seen: dict[str, dict[str, list[float]]] = {}
    booster = lightgbm.train(
        parameters,
        data,
        num_boost_round=trees,
        valid_sets=[watched] if watched else [],
        callbacks=[lightgbm.record_evaluation(seen), heed],
    )
    return booster, [curve for metrics in seen.values() for curve in metrics.values()]


def _file(folder: Path, name: str, number: int) -> Path:
    """name.txt, name-2.txt ..."""
    return folder / (f"{name}-{number + 1}.txt" if number else f"{name}.txt")


def _objective(config: StackConfig, table: Table) -> str:
    if table.votes.ranks is None:
        return "regression"
    return "lambdarank" if config.objective == "auto" else config.objective


def _watched(held_out: Table, part_of: npt.NDArray[np.int64], part: int, parts: int) -> Table | None:
    """The held-out users' rows of one part of the items; None where they took none of them."""
    if parts > 1:
        # an item without a part is one the stacker has never met
        known = held_out.items < len(part_of)
        rows = ~known
        rows[known] = part_of[held_out.items[known]] == part
        held_out = held_out.keep(rows)
    taught = held_out if held_out.votes.ranks is None else held_out.taught()
    return taught if len(taught) else None


def _parameters(config: StackConfig, objective: str, rows: int) -> dict[str, Any]:
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
        "deterministic": True,
        "force_row_wise": True,
        # the sums of several threads are rounded by who is ready first
        "num_threads": 1,
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


def _word(name: str) -> str:
    """A name as LightGBM's text can hold it."""
    return re.sub(r"[^A-Za-z0-9_.@+-]", "_", name)

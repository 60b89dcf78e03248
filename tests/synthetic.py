"""Small data sets spelled out row by row, and models that answer what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32
from recx.data import Catalog, Dataset, Fold, IdMap, Interactions, Pairs, Split, TrainingData, UserBatch
from recx.models.base import ModelConfig, Recommender, RunOptions, Validation

Row = tuple[int, int] | tuple[int, int, float]


def log(rows: Sequence[Row], n_users: int, n_items: int, start: int = 0) -> Interactions:
    """Interactions from (user, item) or (user, item, value); time is the position, counted from ``start``."""
    ordered = sorted(enumerate(rows), key=lambda at: (at[1][0], at[0]))
    return Interactions(
        np.array([row[0] for _, row in ordered], np.int32),
        np.array([row[1] for _, row in ordered], np.int32),
        np.array([row[2] if len(row) > 2 else 1.0 for _, row in ordered], np.float32),
        n_users,
        n_items,
        np.array([start + at for at, _ in ordered], np.int64),
        order="time",
    )


def dataset(
    train: Sequence[Row],
    valid: Sequence[Row],
    test: Sequence[Row],
    n_users: int,
    n_items: int,
    *,
    repeats: bool = False,
    value_range: tuple[float, float] | None = None,
    relevant_from: float | None = None,
    available_from: npt.NDArray[np.int64] | None = None,
    known_at: int | None = None,
    name: str = "toy",
) -> Dataset:
    """A data set with one window; the select fold asks the same as the window does."""
    before, label = log(train, n_users, n_items), log(valid, n_users, n_items, len(train))
    found = log(test, n_users, n_items, len(train) + len(valid))
    past = log([*train, *valid], n_users, n_items)
    split = Split(
        "files",
        Fold("select", before, before, label, known_at),
        (Fold("window-0", before, before, label, known_at),),
        Fold("final", past, past, found, known_at),
    )
    return Dataset(
        name,
        f"{n_users:08x}{n_items:08x}",
        IdMap([f"u{user}" for user in range(n_users)]),
        IdMap([f"i{item}" for item in range(n_items)]),
        split,
        Catalog(available_from=available_from),
        "implicit" if value_range is None else "explicit",
        value_range,
        relevant_from,
        repeats,
    )


@dataclass
class ToldConfig(ModelConfig):
    name: str = "told"


class Told(Recommender[ToldConfig]):
    """Scores and rates every user as one table (n_users, n_items) says."""

    rates = True

    def __init__(self, table: npt.ArrayLike) -> None:
        super().__init__(ToldConfig())
        self.table = np.asarray(table, dtype=np.float32)
        self.popularity = np.zeros(self.table.shape[1], dtype=np.float32)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        """There is nothing to learn."""

    def score(self, batch: UserBatch) -> Float32:
        return self.table[batch.users].copy()

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        return self.table[batch.users[pairs.row], pairs.item]

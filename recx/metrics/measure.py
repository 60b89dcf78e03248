"""A model on the target of a fold: blocks of users are scored, ranked and held against what they took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.arrays import Bool, Float64, Int32, Int64
from recx.data import Dataset, Fold, IdMap, Interactions, Pairs, Rankings, UserBatch, user_batches
from recx.errors import DataError, UsageError
from recx.metrics import (
    ACCURACY,
    GATHERED,
    INTEREST,
    RATING,
    SCORED,
    error_metric,
    gathered_metric,
    parse,
    scored_metric,
)
from recx.metrics.needs import out_of_reach
from recx.metrics.protocol import Protocol
from recx.metrics.question import Question
from recx.metrics.ratings import Errors, user_rmse
from recx.models.base import Allowed, Recommender, block_size, mask

NOTHING: Mapping[str, Float64] = {}
WATCHED_USERS = 5000
"""Early stopping looks at no more users than this: enough to tell one epoch from the next."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Every metric of one entrant: per user where it is a mean over users, else what it is made of."""

    users: Int32  # (n,) ascending, those with a relevant item
    per_user: dict[str, Float64]  # "ndcg@10" -> (n,)
    items: Int32  # (n, depth) the lists, -1 where short
    candidates: Bool  # (n_items,)
    k: tuple[int, ...]
    errors: Errors | None = None  # of ratings, where the model rates
    interest: Errors | None = None  # implicit feedback: calibrated interest minus what happened
    metrics: tuple[str, ...] = ACCURACY  # names without cut-offs, those that were asked for

    @cached_property
    def without_list(self) -> int:
        """Users who got nothing and count as 0."""
        return int(np.count_nonzero((self.items < 0).all(axis=1)))

    def shown(self, k: int) -> Int64:
        """How often each item stands among the first k: (n_items,)."""
        listed = self.items[:, :k]
        return np.bincount(listed[listed >= 0], minlength=len(self.candidates))

    def means(self) -> dict[str, float]:
        """Every metric's value by name."""
        values = {name: float(np.mean(column)) for name, column in self.per_user.items()}
        if len(self.users):
            for name in self.among(GATHERED):
                function = gathered_metric(name)
                values |= {f"{name}@{k}": function(self.shown(k), self.candidates) for k in self.k}
        if self.errors is not None:
            values |= {name: error_metric(name)(self.errors) for name in self.among(RATING)}
        if self.interest is not None:
            values |= {name: error_metric(name)(self.interest) for name in self.among(INTEREST)}
        return values

    def among(self, table: Mapping[str, str]) -> list[str]:
        """The metrics of ``table`` that were asked for."""
        return [name for name in table if name in self.metrics]

    def table(self) -> tuple[Int32, dict[str, Float64]]:
        """Users, ascending, and a column per metric; NaN where a user has no relevant item, or no rating."""
        if self.errors is None:
            return self.users, self.per_user
        users = np.union1d(self.users, self.errors.distinct_users)
        columns = {name: _spread(users, self.users, column) for name, column in self.per_user.items()}
        rated = self.errors.distinct_users
        columns["rmse"] = _spread(users, rated, user_rmse(self.errors))
        columns["ratings"] = _spread(users, rated, self.errors.counts.astype(np.float64))
        return users.astype(np.int32), columns

    def write(self, path: Path, ids: IdMap | None = None) -> None:
        """A row per user, a column per metric, as parquet; users by their outside ids if ``ids`` is given."""
        users, columns = self.table()
        write_per_user(path, {"user": users if ids is None else [ids[u] for u in users], **columns})


def measure(
    model: Recommender[Any],
    dataset: Dataset,
    fold: Fold,
    protocol: Protocol,
    metrics: Sequence[str] = ACCURACY,
) -> Measured:
    """All ``metrics`` of ``model`` on the target of ``fold`` that the data set allows.

    Raises DataError where the target holds nothing to find.
    """
    question = Question.of(dataset, fold, protocol, metrics)
    rates = model.rates and dataset.feedback == "explicit"
    if not len(question.targets) and not rates:
        raise nothing_to_find(fold, protocol)
    rankings = recommend_all(model, fold, protocol.depth, question.allowed, question.targets.users)
    scored = score_all(model, question) if question.scored else {}
    errors = rating_errors(model, dataset, fold) if rates else None
    return hold_against(rankings, question, scored, errors)


def hold_against(
    rankings: Rankings,
    question: Question,
    scored: Mapping[str, Float64] = NOTHING,
    errors: Errors | None = None,
    interest: Errors | None = None,
) -> Measured:
    """Every metric of finished lists, whose users must be those of ``question``.

    ``scored`` holds those that were taken from the scores already: name -> (n,).
    """
    return Measured(
        question.targets.users,
        question.per_user(rankings) | dict(scored),
        rankings.items,
        question.allowed.items,
        question.protocol.k,
        errors,
        interest,
        question.metrics,
    )


def score_all(model: Recommender[Any], question: Question) -> dict[str, Float64]:
    """Every metric that needs the scores of all candidates, streamed in blocks: name -> (n,)."""
    fold, targets, found = question.fold, question.targets, list[dict[str, Float64]]()
    size, start = block_size(len(question.allowed.items)), 0
    for batch in user_batches(targets.users, fold.history, fold.known_at, size):
        scores = model.answer(batch)
        mask(scores, batch, question.allowed)
        part = targets.block(start, start + len(batch))
        found.append({name: scored_metric(name)(scores, part) for name in question.scored})
        start += len(batch)
    empty = np.zeros(0)
    return {name: np.concatenate([empty, *(part[name] for part in found)]) for name in question.scored}


def recommend_all(model: Recommender[Any], fold: Fold, k: int, allowed: Allowed, users: Int32) -> Rankings:
    """Lists of ``users``, streamed in blocks whose scores fit in memory."""
    size = block_size(len(allowed.items))
    blocks = [
        model.recommend(batch, k, allowed) for batch in user_batches(users, fold.history, fold.known_at, size)
    ]
    if not blocks:
        return Rankings(users, np.zeros((0, k), np.int32), np.zeros((0, k), np.float32))
    return Rankings.concatenate(blocks)


def rating_questions(
    target: Interactions, fold: Fold, size: int = 4096
) -> Iterator[tuple[UserBatch, Pairs, Interactions]]:
    """Blocks of users of ``target``, their rated pairs, and the rows of ``target`` these are."""
    ratings = target.histories()
    for batch in user_batches(target.active_users, fold.history, fold.known_at, size):
        start, end = ratings.indptr[batch.users[0]], ratings.indptr[batch.users[-1] + 1]
        rows = target.take(np.arange(start, end))
        row = np.searchsorted(batch.users, rows.users).astype(np.int32)
        yield batch, Pairs(row, rows.items, rows.times), rows


def rating_errors(model: Recommender[Any], dataset: Dataset, fold: Fold) -> Errors:
    """Errors of the predicted target ratings, clipped to the scale; one per rating, by user."""
    users, errors = [], []
    for batch, pairs, rows in rating_questions(fold.target, fold):
        predicted = clip(model.rate(batch, pairs).astype(np.float64), dataset)
        users.append(rows.users)
        errors.append(predicted - rows.values)
    return Errors(np.concatenate(users), np.concatenate(errors), span(dataset))


def span(dataset: Dataset) -> float | None:
    """From the lowest to the highest rating there could be; None where that is not known."""
    return None if dataset.value_range is None else dataset.value_range[1] - dataset.value_range[0]


def clip(ratings: Float64, dataset: Dataset) -> Float64:
    """Ratings inside the data's scale."""
    return ratings if dataset.value_range is None else np.clip(ratings, *dataset.value_range)


def nothing_to_find(fold: Fold, protocol: Protocol) -> DataError:
    """One line for a target without a relevant item."""
    threshold = "" if protocol.relevant_from is None else f" and relevant_from={protocol.relevant_from:g}"
    part = {"select": "watch", "final": "test"}.get(fold.name, "valid")
    return DataError(
        f"nobody has an item to be found in the {part} part with repeat={protocol.repeat}{threshold}; "
        "give it a larger share, or set repeat=allow"
    )


@dataclass
class OnWatch:
    """What stops training early: one metric on the target of a fold, over a sample of its users."""

    dataset: Dataset
    fold: Fold
    protocol: Protocol
    metric: str
    most_users: int = WATCHED_USERS
    higher_is_better: bool = field(init=False)

    def __post_init__(self) -> None:
        parsed = parse(self.metric)
        self.higher_is_better = parsed.higher_is_better
        self._name, self._k = parsed.name, parsed.k or 0
        self._rates = parsed.name in RATING and self.dataset.feedback == "explicit"
        if reason := out_of_reach(self.dataset).get(parsed.name):
            raise UsageError(f"metric={self.metric}: {reason}; try ndcg@10")
        if parsed.name in INTEREST and not self._rates:
            raise UsageError(f"metric={self.metric} is calibrated on valid, after training; try ndcg@10")
        if self._rates:
            if not len(self.fold.target):
                raise nothing_to_find(self.fold, self.protocol)
            return
        protocol = replace(self.protocol, k=(self._k or self.protocol.depth,))
        question = Question.of(self.dataset, self.fold, protocol, (parsed.name,))
        if not len(question.targets):
            raise nothing_to_find(self.fold, self.protocol)
        self._question = question.to(question.targets.sample(self.most_users, self.protocol.seed))

    def measure(self, model: Recommender[Any]) -> float:
        """The metric of ``model`` as it stands."""
        if self._rates:
            if not model.rates:
                raise UsageError(
                    f"metric={self.metric}: {model.config.name} predicts no ratings; try ndcg@10"
                )
            return error_metric(self._name)(rating_errors(model, self.dataset, self.fold))
        question = self._question
        if self._name in SCORED:
            return float(np.mean(score_all(model, question)[self._name]))
        rankings = recommend_all(model, self.fold, self._k, question.allowed, question.targets.users)
        return hold_against(rankings, question).means()[self.metric]


def write_per_user(path: Path, columns: dict[str, Any]) -> None:
    """Columns of equal length as a parquet file; NaN becomes null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: pa.array(column, from_pandas=True) for name, column in columns.items()}
    with store.atomic_write(path) as temporary:
        pq.write_table(pa.table(arrays), temporary)


def _spread(users: Int32, known: Int32, column: Float64) -> Float64:
    """``column`` of the ``known`` users laid out over ``users``, NaN elsewhere."""
    wide = np.full(len(users), np.nan)
    wide[np.searchsorted(users, known)] = column
    return wide

"""The contract of every base model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Generic, Literal, Protocol, Self, TypeVar, final

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Float64, Int32
from recx.data import Interactions, Pairs, Rankings, TrainingData, UserBatch
from recx.errors import DataError

BLOCK_BYTES = 12 << 20
"""Scores of one block of users take about this much memory: much for a cache, little for a machine."""


@dataclass
class ModelConfig:
    """Settings every model has."""

    name: str = ""
    """Which model these settings are for: a key of recx.models.MODELS."""
    reads_catalogue: ClassVar[bool] = False
    """Learns from the columns of items or users too: with another catalogue it is another fit."""

    def files(self) -> tuple[Path, ...]:
        """Files named in the settings that it learns from: with other content it is another fit."""
        return ()


@dataclass
class HistoryConfig(ModelConfig):
    """How the history counts, when learning and when it is scored."""

    values: str = "binary"
    """What an event says: binary, log (of the summed values) or sum."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""
    own: float = 0.0
    """Weight of an item of the history for itself, above 0 where people buy the same again."""


C = TypeVar("C", bound=ModelConfig)


@dataclass(frozen=True)
class EpochReport:
    """One row of a learning curve."""

    epoch: int  # from 1
    loss: float  # mean training loss of the epoch
    metric: float | None  # on watch, None where nothing is watched
    seconds: float  # of training, without the validation


class Validation(Protocol):
    """What may stop training early: a metric on watch."""

    metric: str
    higher_is_better: bool

    def measure(self, model: Recommender[ModelConfig]) -> float:
        """The metric of ``model`` as it stands."""


@dataclass(frozen=True)
class RunOptions:
    """How to run, never what to learn."""

    seed: int = 0
    device: str = "cpu"
    threads: int = 2
    progress: Callable[[EpochReport, int], None] | None = None
    """Called after every epoch with its report and the number of epochs there may be."""
    checkpoint: Path | None = None
    """Folder for checkpoints; training continues from what lies there and clears it when it ends."""


@dataclass(frozen=True, eq=False)
class Allowed:
    """The candidate policy of a report: which items may stand in a list."""

    items: Bool  # (n_items,)
    repeat: bool  # False: items in the user's history are masked
    order: Int32  # (n_items,) seeded permutation that breaks ties, the same for every model of a report


@dataclass(frozen=True)
class Reason:
    """One part of a score."""

    kind: Literal["item", "user", "term", "forecast", "bias", "popularity"]
    """item: of the user's history. user: a neighbour. term: of the item's text or attributes."""
    what: int | str
    """Number of the item or user, else a name such as the term."""
    value: float
    """What it adds to the score, below 0 where it speaks against the item."""


class Recommender(Generic[C]):
    """Fit once, then score any user from the history that comes with the question.

    A subclass implements ``_fit``, ``score``, ``arrays`` and ``restore``; ``rate`` where it predicts ratings,
    ``score_pairs`` where it can do better than gather from ``score``, ``knows`` where it can score users from
    more than their history or needs less, ``_explain`` where ``explains``, ``_update`` where ``updates`` and
    ``vectors`` where users and items are described by some.
    """

    rates: ClassVar[bool] = False
    """Also predicts ratings."""
    explains: ClassVar[bool] = False
    """Says what made a score."""
    updates: ClassVar[bool] = False
    """Learns new events without a refit."""
    epochs_trained: int = 0
    """Epochs the fitted parameters had; 0 for closed forms."""
    history: tuple[EpochReport, ...] = ()
    """Learning curve of the last fit; empty for closed forms."""

    def __init__(self, config: C) -> None:
        self.config = config
        self.popularity: Float32 = np.zeros(0, dtype=np.float32)  # (n_items,) share of the log, the fallback

    @property
    def n_items(self) -> int:
        """Items of the fitted id space."""
        return len(self.popularity)

    @final
    def fit(self, data: TrainingData, run: RunOptions, watch: Validation | None = None) -> Self:
        """Learn from ``data`` alone; same data, seed and machine give the same arrays.

        Raises DataError where there is nothing to learn from.
        """
        if not len(data.interactions):
            raise DataError("there is nothing to learn from: the training part is empty")
        self.popularity = item_shares(data.interactions)
        self._fit(data, run, watch)
        return self

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        raise TypeError(f"{type(self).__name__} does not say how it is fitted")

    @final
    def update(self, data: TrainingData, new: Bool) -> Self:
        """Learn the rows of ``data.interactions`` that ``new`` marks; the others are what was learnt before.

        ``data`` holds the whole log, as a refit would see it: users and items may have been added behind the
        known ones, the catalogue and the moment may have moved on. Only where ``updates``.
        """
        log = data.interactions
        if len(new) != len(log) or log.n_items < self.n_items:
            raise ValueError(
                f"{len(new)} marks for {len(log)} rows, {log.n_items} items after {self.n_items}"
            )
        self._update(data, new)
        self.popularity = item_shares(log)
        return self

    def _update(self, data: TrainingData, new: Bool) -> None:
        """Learn; ``popularity`` is still that of the last fit."""
        raise TypeError(f"{type(self).__name__} learns new events by a refit only")

    def score(self, batch: UserBatch) -> Float32:
        """Preference of every user of the batch for every item; rows of users it does not know are arbitrary.

        Returns (len(batch), n_items) float32, C-contiguous, freshly allocated: the caller may write into it.
        """
        raise TypeError(f"{type(self).__name__} does not say how it scores")

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The entries of ``score`` at ``pairs``: (len(pairs),)."""
        return self.score(batch)[pairs.row, pairs.item]

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Predicted ratings in the data's scale, unclipped: (len(pairs),). Only where ``rates``."""
        raise TypeError(f"{type(self).__name__} does not rate")

    def knows(self, batch: UserBatch) -> Bool:
        """Which users it can say something about: (len(batch),). By default those with a history."""
        return np.asarray(batch.histories.lengths > 0)

    def vectors(self, batch: UserBatch) -> tuple[Float32, Float32] | None:
        """What describes the users (len(batch), d) and all items (n_items, d): the score is the inner product
        of both, up to terms of the user or of the item alone. None where the method has nothing like it.

        The axes are those of one fit: another fit of the same model may turn them. Not to be written into.
        """
        return None

    @final
    def explain(self, batch: UserBatch, row: int, item: int) -> tuple[Reason, ...]:
        """What made the score of ``item`` for the user at ``row``, largest first; the values add up to it.

        Only where ``explains``.
        """
        one = take_rows(batch, np.array([row]))
        if not self.knows(one)[0]:
            return (Reason("popularity", "popularity", float(self.popularity[item])),)
        reasons = [reason for reason in self._explain(one, item) if reason.value]
        return tuple(sorted(reasons, key=lambda reason: -abs(reason.value)))

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """The parts of the score of ``item`` for the only user of ``one``, who is known; in any order."""
        raise TypeError(f"{type(self).__name__} does not explain its scores")

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything ``restore`` needs, by name; scalars as 0-d arrays."""
        raise TypeError(f"{type(self).__name__} does not say what it learnt")

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        """Become the model whose ``arrays`` these are."""
        raise TypeError(f"{type(self).__name__} does not say how it is restored")

    @final
    def recommend(self, batch: UserBatch, k: int, allowed: Allowed) -> Rankings:
        """The ``k`` best allowed items per user; popularity answers for users the model does not know."""
        blocks = [
            self._recommend_block(block, k, allowed) for block in split_batch(batch, block_size(self.n_items))
        ]
        if not blocks:
            return Rankings(batch.users, np.zeros((0, k), np.int32), np.zeros((0, k), np.float32))
        return Rankings.concatenate(blocks)

    @final
    def answer(self, batch: UserBatch) -> Float32:
        """``score``, checked, with popularity in the rows of users the model does not know."""
        scores = self._answer(batch)
        if len(batch) and np.isnan(scores.max()):  # NaN is the maximum wherever there is one
            raise not_converged(self.config, "scored NaN")
        return scores

    def _answer(self, batch: UserBatch) -> Float32:
        scores = self.score(batch)
        if scores.shape != (len(batch), self.n_items) or scores.dtype != np.float32:
            raise TypeError(f"{type(self).__name__}.score gave {scores.shape} {scores.dtype}")
        scores[~self.knows(batch)] = self.popularity
        return scores

    def _recommend_block(self, batch: UserBatch, k: int, allowed: Allowed) -> Rankings:
        from recx.kernels.topk import top_k

        scores = self._answer(batch)
        mask(scores, batch, allowed)
        items, best = top_k(scores, allowed.order, k)
        if np.isnan(best[:, 0]).any():
            raise not_converged(self.config, "scored NaN")
        return Rankings(batch.users, items, best)


def not_converged(config: ModelConfig, seen: str) -> DataError:
    """One line for numbers that are not finite, with those of the model's settings that may help."""
    ways = {"lr": "lower its lr", "reg": "raise its reg"}
    helpful = " or ".join(way for name, way in ways.items() if hasattr(config, name))
    cause = "it did not converge" if hasattr(config, "epochs") else "its settings or the values are too large"
    return DataError(f"{config.name} {seen}; {cause}" + (f": {helpful}" if helpful else ""))


def mask(scores: Float32, batch: UserBatch, allowed: Allowed) -> None:
    """Set what the candidate policy rules out to -inf, in place."""
    if not allowed.items.all():
        scores[:, ~allowed.items] = -np.inf
    if not allowed.repeat:
        scores[batch.histories.rows, batch.histories.items] = -np.inf


def block_size(n_items: int) -> int:
    """Users per block so that their scores take about BLOCK_BYTES."""
    return max(16, BLOCK_BYTES // (4 * max(1, n_items)))


def split_batch(batch: UserBatch, size: int) -> list[UserBatch]:
    """The batch in blocks of ``size`` users."""
    if len(batch) <= size:
        return [batch] if len(batch) else []
    starts = range(0, len(batch), size)
    return [take_rows(batch, np.arange(start, min(start + size, len(batch)))) for start in starts]


def take_rows(batch: UserBatch, rows: npt.NDArray[np.integer]) -> UserBatch:
    """These rows of the batch, in that order."""
    at = None if batch.at is None else batch.at[rows]
    return replace(batch, users=batch.users[rows], histories=batch.histories.take(rows), at=at)


def item_shares(log: Interactions) -> Float32:
    """Each item's share of the rows of a log: (n_items,)."""
    return (log.item_counts / max(1, len(log))).astype(np.float32)


def dense(values: Float64 | Float32) -> Float32:
    """``values`` as the C-contiguous float32 that ``score`` returns."""
    return np.ascontiguousarray(values, dtype=np.float32)

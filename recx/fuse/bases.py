"""The bases of a fusion: those of one fold, asked together so that each scores a user once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recx.arrays import Bool, Float32, Int32
from recx.data import Pairs, UserBatch
from recx.fuse.candidates import Candidates, unite
from recx.fuse.vectors import NOWHERE, Described, Space
from recx.models.base import Allowed, Recommender, mask

FINAL = "final"


@dataclass(frozen=True, eq=False)
class Answers:
    """What every base says about a block of users."""

    scores: Mapping[str, Float32]  # label -> (n, n_items), -inf where the candidate policy rules an item out
    knows: Bool  # (n, bases) False: popularity answered, a stacker sees "missing"
    order: Int32  # (n_items,) breaks ties

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the feature columns."""
        return tuple(self.scores)

    @property
    def n_items(self) -> int:
        """Items of the id space."""
        return len(self.order)

    def of(self, label: str) -> Float32:
        """Scores of one base."""
        return self.scores[label]

    @cached_property
    def scales(self) -> Mapping[str, Float32]:
        """Mean, standard deviation, least and greatest of every base's scores of each user: (n, 4)."""
        from recx.kernels.candidates import moments

        return {label: moments(scores) for label, scores in self.scores.items()}

    @cached_property
    def consensus(self) -> Float32:
        """Mean over the bases of the scores in each user's standard deviations: (n, n_items).

        Sorts what no base lists. A base that does not know the user has no vote, if another does.
        """
        from recx.kernels.candidates import add_standard

        votes = self.knows | ~self.knows.any(axis=1, keepdims=True)
        found = np.zeros((len(self.knows), self.n_items), dtype=np.float32)
        for at, (label, scores) in enumerate(self.scores.items()):
            add_standard(found, scores, self.scales[label], votes[:, at])
        found /= np.maximum(votes.sum(axis=1, keepdims=True), 1).astype(np.float32)
        return found

    def tops(self, k: int) -> Int32:
        """The ``k`` best items of every base, -1 where a list is short: (n, bases, k)."""
        from recx.kernels.topk import top_k

        lists = [top_k(scores, self.order, k)[0] for scores in self.scores.values()]
        return np.ascontiguousarray(np.stack(lists, axis=1))


@dataclass(frozen=True, eq=False)
class Said:
    """What every base says about a block of users and their candidates: all that a fuser needs of it."""

    labels: tuple[str, ...]
    tops: Int32  # (n, bases, top) every base's best items, -1 where a list is short
    knows: Bool  # (n, bases)
    scales: Float32  # (n, bases, 4) mean, standard deviation, least and greatest of all scores of the user
    candidates: Candidates  # the union of the best
    scores: Float32  # (pairs, bases) of the candidates
    described: tuple[Described, ...] = ()  # users and items as vectors, where they are asked for

    @staticmethod
    def of(answers: Answers, top: int, union: int, described: tuple[Described, ...] = ()) -> Said:
        """Unite the ``top`` best of every base, ``union`` of them at most, and let go of the rest."""
        tops = answers.tops(top)
        candidates = unite(tops, union, answers.n_items)
        scales = np.stack([answers.scales[label] for label in answers.labels], axis=1)
        scores = np.stack([candidates.of(answers.of(label)) for label in answers.labels], axis=1)
        return Said(answers.labels, tops, answers.knows, scales, candidates, scores, described)


@dataclass(frozen=True, eq=False)
class Ratings:
    """What every base that rates says about some pairs."""

    labels: tuple[str, ...]
    values: Float32  # (pairs, bases)
    knows: Bool  # (pairs, bases)
    described: tuple[Described, ...] = ()


@dataclass(frozen=True, eq=False)
class Bases:
    """Fitted models of one fold, by label."""

    models: Mapping[str, Recommender[Any]]
    space: Space = NOWHERE
    """The axes of their vectors, where they are asked for."""

    @property
    def rating(self) -> Bases:
        """Those that rate."""
        models = {label: model for label, model in self.models.items() if model.rates}
        return Bases(models, self.space.among(models))

    def scores(self, batch: UserBatch, allowed: Allowed) -> Iterator[tuple[str, Float32]]:
        """Scores (n, n_items) of every base, masked by the candidate policy."""
        for label, model in self.models.items():
            scores = model.answer(batch)
            mask(scores, batch, allowed)
            yield label, scores

    def answer(self, batch: UserBatch, allowed: Allowed) -> Answers:
        """All of them together."""
        return Answers(dict(self.scores(batch, allowed)), self.knows(batch), allowed.order)

    def rate(self, batch: UserBatch, pairs: Pairs) -> Ratings:
        """Ratings of those that rate."""
        rating = self.rating
        values = [model.rate(batch, pairs) for model in rating.models.values()]
        return Ratings(
            tuple(rating.models),
            np.stack(values, axis=1).astype(np.float32),
            rating.knows(batch)[pairs.row],
            rating.describe(batch),
        )

    def describe(self, batch: UserBatch) -> tuple[Described, ...]:
        """Users and items as vectors."""
        return self.space.describe(self.models, batch)

    def knows(self, batch: UserBatch) -> Bool:
        """Which base can say something about which user: (n, bases)."""
        return np.stack([model.knows(batch) for model in self.models.values()], axis=1)

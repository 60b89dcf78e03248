"""Mean squared error on implicit feedback: how well a model's interest tells taken from not taken.

Scores of different models have no common scale. Each user's scores are standardised over the candidates, a
sigmoid (Platt 1999) fitted on valid turns them into a probability, and its squared error on test (the Brier
score) is taken over the target items and as many items without a target event. Pairs on valid are drawn by
the same rule.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Float32, Float64, Int32, Int64
from recx.metrics.protocol import contains, keys
from recx.metrics.question import Question
from recx.metrics.ratings import Errors

ROUNDS = 30
"""Draws before a user who has taken nearly everything gets an exact draw from what is left."""
SETTLED = 1e-10
"""Newton's steps end when neither parameter moves more."""


@dataclass(frozen=True, eq=False)
class InterestPairs:
    """Pairs of user and candidate, half of them taken; a CSR over users with ascending items."""

    users: Int32  # (n,) ascending
    indptr: Int64  # (n + 1,)
    items: Int32  # (pairs,)
    taken: Bool  # (pairs,)

    def standardise(self, scores: Float32, start: int) -> Float64:
        """Standard scores of the pairs of the users ``start`` … from their masked scores (block, n_items)."""
        from recx.kernels.metrics import standardise_pairs

        indptr = self.indptr[start : start + len(scores) + 1]
        return standardise_pairs(scores, indptr - indptr[0], self.items[indptr[0] : indptr[-1]])

    def errors(self, standard: Float64, calibration: Calibration) -> Errors:
        """Calibrated interest minus what happened, one per pair; ``standard`` is of all pairs."""
        users = np.repeat(self.users, np.diff(self.indptr))
        return Errors(users, calibration(standard) - self.taken)


@dataclass(frozen=True)
class Calibration:
    """Probability of a standard score z: 1 / (1 + exp(-(slope z + offset)))."""

    slope: float
    offset: float

    def __call__(self, standard: Float64) -> Float64:
        return _sigmoid(self.slope * standard + self.offset)

    @staticmethod
    def fit(standard: Float64, taken: Bool) -> Calibration:
        """Maximum likelihood by Newton's method; Platt's targets keep it finite on separable scores."""
        positives = int(np.count_nonzero(taken))
        negatives = len(taken) - positives
        wanted = np.where(taken, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        inputs = np.column_stack([standard, np.ones(len(standard))])
        weights = np.zeros(2)
        loss = _loss(inputs @ weights, wanted)
        for _ in range(100):
            chance = _sigmoid(inputs @ weights)
            gradient = inputs.T @ (chance - wanted)
            curvature = inputs.T @ (inputs * (chance * (1 - chance))[:, None]) + 1e-9 * np.eye(2)
            step = np.linalg.solve(curvature, gradient)
            # a full step may overshoot where the sigmoid is flat; halving it always finds a way down
            for _ in range(30):
                reached = _loss(inputs @ (weights - step), wanted)
                if reached <= loss:
                    break
                step /= 2
            else:
                break
            weights, loss = weights - step, reached
            if np.abs(step).max() < SETTLED:
                break
        return Calibration(float(weights[0]), float(weights[1]))


def draw_pairs(question: Question) -> InterestPairs:
    """The target items of each user that are candidates and as many candidates without a target event.

    A user who has no such candidate left gets fewer. Drawn from the data set's fingerprint and the protocol's
    seed.
    """
    dataset, fold, protocol = question.dataset, question.fold, question.protocol
    targets, allowed = question.targets, question.allowed
    generator = np.random.default_rng([protocol.seed, zlib.crc32(dataset.fingerprint.encode())])
    n_items = dataset.n_items
    candidates = np.flatnonzero(allowed.items)
    positive = allowed.items[targets.items]
    users = targets.users.astype(np.int64)
    rows = targets.rows[positive].astype(np.int64)
    taken = users[rows] * n_items + targets.items[positive]
    ruled_out = (
        keys(fold.target) if allowed.repeat else np.concatenate([keys(fold.target), keys(fold.history)])
    )
    drawn = _draw_others(generator, users[rows], candidates, np.sort(ruled_out), n_items)
    pairs = np.concatenate([taken, drawn])
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    counts = np.bincount(np.searchsorted(users, pairs // n_items), minlength=len(users))
    indptr = np.zeros(len(users) + 1, dtype=np.int64)
    np.cumsum(counts, out=indptr[1:])
    return InterestPairs(targets.users, indptr, (pairs % n_items).astype(np.int32), order < len(taken))


def _draw_others(
    generator: np.random.Generator, users: Int64, candidates: Int64, ruled_out: Int64, n_items: int
) -> Int64:
    """Keys of one candidate for each entry of ``users``: distinct, none of them ``ruled_out`` (ascending)."""
    found = np.zeros(0, dtype=np.int64)
    wanting = users
    for _ in range(ROUNDS):
        if not len(wanting) or not len(candidates):
            return found
        pairs = wanting * n_items + generator.choice(candidates, len(wanting))
        order = np.argsort(pairs, kind="stable")
        fresh = np.ones(len(pairs), dtype=np.bool_)
        fresh[order[1:]] = np.diff(pairs[order]) > 0
        fresh &= ~(contains(ruled_out, pairs) | contains(found, pairs))
        found = np.sort(np.concatenate([found, pairs[fresh]]))
        wanting = wanting[~fresh]
    rest = []
    for user, count in zip(*np.unique(wanting, return_counts=True), strict=True):  # few, see ROUNDS
        left = np.setdiff1d(user * n_items + candidates, np.concatenate([ruled_out, found]))
        rest.append(generator.choice(left, min(count, len(left)), replace=False))
    return np.concatenate([found, *rest])


def _sigmoid(z: Float64) -> Float64:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def _loss(z: Float64, wanted: Float64) -> float:
    """Cross-entropy of the logits ``z``."""
    return float(np.sum(np.logaddexp(0, z) - wanted * z))

"""What the factor models of ratings share: mean, biases and factors make a rating, of strangers too."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.data import Histories, Interactions, Pairs, UserBatch
from recx.models.base import ModelConfig, Recommender, dense

C = TypeVar("C", bound=ModelConfig)
PARAMETERS = ("user_bias", "item_bias", "user_factors", "item_factors")


class RatingFactors(Recommender[C]):
    """Rating = mean + b_u + b_i + (p_u + implied_u) q_i; the score is the predicted rating.

    Users it was fitted on are answered from their own parameters, strangers with a history from the bias and
    factors that fit it best, strangers without from the biases of the items. A subclass fits the parameters
    and says what a history implies, if anything, and how a stranger is folded in.
    """

    rates = True
    mean: np.float32
    user_bias: Float32  # (n_users,)
    item_bias: Float32  # (n_items,)
    user_factors: Float32  # (n_users, factors) 0 for users without a rating
    item_factors: Float32  # (n_items, factors) 0 for items without one

    def vectors(self, batch: UserBatch) -> tuple[Float32, Float32]:
        """Factors of users, what their history implies included, and of items."""
        return self._users(batch)[1], self.item_factors

    def score(self, batch: UserBatch) -> Float32:
        """Predicted ratings of all items."""
        bias, factors = self._users(batch)
        scores = factors @ self.item_factors.T
        scores += bias[:, None]
        scores += self.item_bias + self.mean
        return dense(scores)

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Predicted ratings of pairs."""
        bias, factors = self._users(batch)
        inner = np.einsum("pf,pf->p", factors[pairs.row], self.item_factors[pairs.item])
        return dense(inner + bias[pairs.row] + self.item_bias[pairs.item] + self.mean)

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same as ``rate``."""
        return self.rate(batch, pairs)

    def knows(self, batch: UserBatch) -> Bool:
        """Users it was fitted on, and strangers with a history."""
        return self._fitted(batch) | (batch.histories.lengths > 0)

    def _fitted(self, batch: UserBatch) -> Bool:
        inside = (batch.users >= 0) & (batch.users < len(self.user_bias))
        return np.asarray(inside & np.any(self.user_factors[np.where(inside, batch.users, 0)] != 0, axis=1))

    def _users(self, batch: UserBatch) -> tuple[Float32, Float32]:
        """Bias (n,) and factors (n, factors) of all users of the batch, what the history implies included."""
        bias, factors = self._own(batch)
        return bias, factors + self._implied(batch.histories)

    def _own(self, batch: UserBatch) -> tuple[Float32, Float32]:
        fitted = self._fitted(batch)
        own = np.where(fitted, batch.users, 0)
        bias = np.where(fitted, self.user_bias[own], np.float32(0))
        factors = np.where(fitted[:, None], self.user_factors[own], np.float32(0))
        strangers = np.flatnonzero(~fitted & (batch.histories.lengths > 0))
        if len(strangers):
            bias[strangers], factors[strangers] = self._fold_in(batch.histories.take(strangers))
        return bias, factors

    def _implied(self, histories: Histories) -> Float32:
        """Factors that a history implies whatever its ratings: (n, factors)."""
        return np.zeros((len(histories), self.item_factors.shape[1]), dtype=np.float32)

    def _fold_in(self, histories: Histories) -> tuple[Float32, Float32]:
        """Bias and own factors of strangers with these histories, none of them empty."""
        raise TypeError(f"{type(self).__name__} does not say how it folds strangers in")

    def _ridge(self, histories: Histories, reg_bias: float, reg: float) -> tuple[Float32, Float32]:
        """Bias and factors with the least squared error on a history under the penalties of the fit.

        SGD shrinks once per rating, so the ridge of a user with n ratings is n x reg.
        """
        implied = self._implied(histories)
        left = histories.values - self.mean - self.item_bias[histories.items]
        left -= np.einsum("ef,ef->e", implied[histories.rows], self.item_factors[histories.items])
        penalty = np.full(1 + implied.shape[1], max(reg, 1e-6))
        penalty[0] = max(reg_bias, 1e-6)
        solved = np.zeros((len(histories), len(penalty)))
        # a Python loop over strangers only: one small system each
        for row in range(len(histories)):
            part = slice(histories.indptr[row], histories.indptr[row + 1])
            factors = self.item_factors[histories.items[part]].astype(np.float64)
            design = np.column_stack([np.ones(len(factors)), factors])
            normal = design.T @ design + len(design) * np.diag(penalty)
            solved[row] = np.linalg.solve(normal, design.T @ left[part])
        return dense(solved[:, 0]), dense(solved[:, 1:])

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"mean": np.asarray(self.mean), **{name: getattr(self, name) for name in PARAMETERS}}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.mean = np.float32(arrays["mean"])
        for name in PARAMETERS:
            setattr(self, name, arrays[name].astype(np.float32, copy=False))

    def copies(self) -> Mapping[str, npt.NDArray[Any]]:
        """The parameters, copied, for the state of a trainer."""
        return {name: getattr(self, name).copy() for name in PARAMETERS}


def noise(generator: np.random.Generator, log: Interactions, factors: int, sd: float) -> list[Float32]:
    """Random factors of users and of items, 0 for those without a rating: nothing is known of them, and noise
    would stand for taste.
    """
    drawn = []
    for counts in (np.bincount(log.users, minlength=log.n_users), log.item_counts):
        start = generator.standard_normal((len(counts), factors), dtype=np.float32) * np.float32(sd)
        start[counts == 0] = 0
        drawn.append(start)
    return drawn


def draws(generator: np.random.Generator, n: int) -> npt.NDArray[np.uint32]:
    """Uniform random 32-bit numbers, (n,), for a shuffle."""
    return generator.integers(0, 1 << 32, n, dtype=np.uint32)

"""svd: biased matrix factorisation of ratings by stochastic gradient descent."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError
from recx.kernels.sgd import rating_epoch
from recx.models.base import Recommender, RunOptions, Validation, dense
from recx.models.epochs import pack_generator, run_epochs, unpack_generator
from recx.models.factor.config import SVDConfig

PARAMETERS = ("user_bias", "item_bias", "user_factors", "item_factors")


class SVD(Recommender[SVDConfig]):
    """Rating = mean + b_u + b_i + p_u q_i, fitted by SGD (Funk 2006; Koren, Bell & Volinsky 2009).

    Minimises sum (r - rating)^2 + reg (b_u^2 + b_i^2 + |p_u|^2 + |q_i|^2) over the ratings, in a new random
    order every epoch; one lr and one reg for biases and factors. Score = predicted rating, so on implicit
    feedback, where all values are equal, it has nothing to rank by. Users it was fitted on are answered from
    their own parameters; a stranger with a history gets the bias and factors that fit it best (ridge), one
    without gets the biases of the items.
    """

    rates = True
    mean: np.float32
    user_bias: Float32  # (n_users,)
    item_bias: Float32  # (n_items,)
    user_factors: Float32  # (n_users, factors) 0 for users without a rating
    item_factors: Float32  # (n_items, factors) 0 for items without one

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        if config.factors < 1 or config.lr <= 0 or config.reg < 0:
            raise UsageError(
                f"svd: factors={config.factors} lr={config.lr} reg={config.reg}; "
                "factors must be at least 1, lr above 0, reg 0 or more"
            )
        run_epochs(
            self, _Trainer(self, data.interactions, run.seed), config.epochs, config.patience, run, watch
        )

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
        """Bias (n,) and factors (n, factors) of every user of the batch."""
        fitted = self._fitted(batch)
        own = np.where(fitted, batch.users, 0)
        bias = np.where(fitted, self.user_bias[own], np.float32(0))
        factors = np.where(fitted[:, None], self.user_factors[own], np.float32(0))
        histories = batch.histories
        # a Python loop over strangers only: one small system each
        for row in np.flatnonzero(~fitted & (histories.lengths > 0)):
            part = slice(histories.indptr[row], histories.indptr[row + 1])
            items = histories.items[part]
            left = (histories.values[part] - self.mean - self.item_bias[items]).astype(np.float64)
            design = np.column_stack([np.ones(len(items)), self.item_factors[items]]).astype(np.float64)
            # SGD shrinks once per rating, so the ridge of a user with n ratings is n x reg
            ridge = max(self.config.reg, 1e-6) * len(items) * np.eye(design.shape[1])
            solved = np.linalg.solve(design.T @ design + ridge, design.T @ left)
            bias[row], factors[row] = solved[0], solved[1:]
        return bias, factors

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"mean": np.asarray(self.mean), **{name: getattr(self, name) for name in PARAMETERS}}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.mean = np.float32(arrays["mean"])
        for name in PARAMETERS:
            setattr(self, name, arrays[name].astype(np.float32, copy=False))


class _Trainer:
    def __init__(self, model: SVD, log: Interactions, seed: int) -> None:
        config = model.config
        self.model, self.log = model, log
        self.generator = np.random.default_rng(seed)
        model.mean = np.float32(log.values.mean(dtype=np.float64))
        model.user_bias = np.zeros(log.n_users, dtype=np.float32)
        model.item_bias = np.zeros(log.n_items, dtype=np.float32)
        model.user_factors = self._start(log.n_users, config)
        model.item_factors = self._start(log.n_items, config)
        # nothing is known of users and items without a rating: noise would stand for taste
        model.user_factors[np.bincount(log.users, minlength=log.n_users) == 0] = 0
        model.item_factors[log.item_counts == 0] = 0

    def _start(self, n: int, config: SVDConfig) -> Float32:
        noise = self.generator.standard_normal((n, config.factors), dtype=np.float32)
        return noise * np.float32(config.init_sd)

    def epoch(self, number: int) -> float:
        model, config, log = self.model, self.model.config, self.log
        order = self.generator.permutation(len(log))
        loss: float = rating_epoch(
            order, log.users, log.items, log.values, float(model.mean),
            model.user_bias, model.item_bias, model.user_factors, model.item_factors, config.lr, config.reg,
        )  # fmt: skip
        return loss

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        parameters = {name: getattr(self.model, name).copy() for name in PARAMETERS}
        return {**parameters, "generator": pack_generator(self.generator)}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        for name in PARAMETERS:
            setattr(self.model, name, state[name].copy())
        self.generator = unpack_generator(state["generator"])

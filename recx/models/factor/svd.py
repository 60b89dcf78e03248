"""svd: biased matrix factorisation of ratings by stochastic gradient descent."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32
from recx.data import Histories, Interactions, TrainingData, UserBatch
from recx.kernels.sgd import rating_epoch, shuffled
from recx.models.base import Reason, RunOptions, Validation
from recx.models.checks import above, at_least
from recx.models.epochs import pack_generator, run_epochs, unpack_generator
from recx.models.factor.config import SVDConfig
from recx.models.factor.rating import PARAMETERS, RatingFactors, draws, noise


class SVD(RatingFactors[SVDConfig]):
    """Rating = mean + b_u + b_i + p_u q_i, fitted by SGD (Funk 2006; Koren, Bell & Volinsky 2009).

    Minimises sum (r - rating)^2 + reg (b_u^2 + b_i^2 + |p_u|^2 + |q_i|^2) over the ratings, in a new random
    order every epoch; one lr and one reg for biases and factors. Score = predicted rating, so on implicit
    feedback, where all values are equal, it has nothing to rank by. Users it was fitted on are answered from
    their own parameters; a stranger with a history gets the bias and factors that fit it best (ridge), one
    without gets the biases of the items. An explanation is the equation.
    """

    explains = True

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        at_least(config, 1, "factors")
        at_least(config, 0, "reg")
        above(config, 0, "lr", "init_sd")
        run_epochs(
            self, _Trainer(self, data.interactions, run.seed), config.epochs, config.patience, run, watch
        )

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        bias, factors = self._own(one)
        return [
            Reason("bias", "mean", float(self.mean)),
            Reason("bias", "user", float(bias[0])),
            Reason("bias", "item", float(self.item_bias[item])),
            Reason("bias", "taste", float(factors[0] @ self.item_factors[item])),
        ]

    def _fold_in(self, histories: Histories) -> tuple[Float32, Float32]:
        return self._ridge(histories, self.config.reg, self.config.reg)


class _Trainer:
    def __init__(self, model: SVD, log: Interactions, seed: int) -> None:
        config = model.config
        self.model, self.log = model, log
        self.generator = np.random.default_rng(seed)
        model.mean = np.float32(log.values.mean(dtype=np.float64))
        model.user_bias = np.zeros(log.n_users, dtype=np.float32)
        model.item_bias = np.zeros(log.n_items, dtype=np.float32)
        model.user_factors, model.item_factors = noise(self.generator, log, config.factors, config.init_sd)

    def epoch(self, number: int) -> float:
        model, config, log = self.model, self.model.config, self.log
        order = shuffled(draws(self.generator, len(log)))
        loss: float = rating_epoch(
            order, log.users, log.items, log.values, float(model.mean),
            model.user_bias, model.item_bias, model.user_factors, model.item_factors, config.lr, config.reg,
        )  # fmt: skip
        return loss

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        return {**self.model.copies(), "generator": pack_generator(self.generator)}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        for name in PARAMETERS:
            setattr(self.model, name, state[name].copy())
        self.generator = unpack_generator(state["generator"])

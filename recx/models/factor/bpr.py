"""bpr: factors that rank what a user has met above what it has not, learnt from pairs."""

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32
from recx.data import Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.kernels.bpr import learn_users
from recx.models.base import Recommender, RunOptions, Validation, dense
from recx.models.checks import above, at_least
from recx.models.epochs import run_epochs
from recx.models.factor.bpr_training import OPTIMIZERS, PARAMETERS, PairByPair
from recx.models.factor.config import BPRConfig
from recx.models.recency import check_weights, csr, weigh

PASSES = 30
"""Passes over the history of a stranger."""


class BPR(Recommender[BPRConfig]):
    """Score = b_i + p_u q_i, with the largest sum of ln sigma(x_ui - x_uj) (Rendle et al. 2009).

    Minimises  -sum ln sigma(x_ui - x_uj) + reg (|p_u|^2 + |q_i|^2 + |q_j|^2 + b_i^2 + b_j^2) / 2  by a step
    for every item i a user has met, in random order, against an item j it has not. What differs from the
    paper: an epoch takes every event once instead of drawing with return, and its steps run in cells of users
    and items that share no rows (``recx.kernels.bpr``), so that threads neither wait for each other nor
    change the result, which is the same for any number of them. j comes from the cell's random item block:
    over the epochs every item has its chance. Fitted users are answered from their own factors; a stranger
    with a history gets those that the same steps find for it while the items stay as they are. Steps of one
    size leave factors that tremble around the optimum; with ``anneal`` they shrink to nothing, as stochastic
    gradients must to converge (Robbins & Monro 1951).

    With ``optimizer=adam`` a step (Kingma & Ba 2015) is for a batch of pairs, each against the same hundreds
    of items (``recx.kernels.pooled``). Adam scales small gradients up, so that rare users and items learn
    faster than by plain steps; with ``reg_power`` below 1 they are penalised more than their events say, as
    in Rendle et al. 2021. There are no item biases then.
    """

    users: Float32  # (n_users, factors) 0 for users without an event
    items: Float32  # (n_items, factors)
    bias: Float32  # (n_items,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        check_weights("bpr", data.interactions, config.values)
        self._check()
        trainer = OPTIMIZERS[config.optimizer](self, data.interactions, run.seed)
        # steps that shrink with the epochs are worth measuring, and keeping, at their end alone
        patience, every = (config.patience, config.every) if not config.anneal else (1, config.epochs)
        run_epochs(self, trainer, config.epochs, patience, run, watch, every)

    def _check(self) -> None:
        config = self.config
        if config.optimizer not in OPTIMIZERS:
            close = did_you_mean(config.optimizer, OPTIMIZERS)
            raise UsageError(f"bpr: no optimizer called '{config.optimizer}'{close}")
        at_least(config, 1, "factors", "batch_size", "negatives")
        at_least(config, 0, "reg", "reg_power", "popularity")
        above(config, 0, "lr", "init_sd")

    def vectors(self, batch: UserBatch) -> tuple[Float32, Float32]:
        """Factors of users and items."""
        return self._factors(batch), self.items

    def score(self, batch: UserBatch) -> Float32:
        """Bias plus inner product of every user with every item."""
        scores = self._factors(batch) @ self.items.T
        scores += self.bias
        return dense(scores)

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same of pairs."""
        inner = np.einsum("pf,pf->p", self._factors(batch)[pairs.row], self.items[pairs.item])
        return dense(inner + self.bias[pairs.item])

    def knows(self, batch: UserBatch) -> Bool:
        """Users it was fitted on, and strangers with a history."""
        return self._fitted(batch) | (batch.histories.lengths > 0)

    def _fitted(self, batch: UserBatch) -> Bool:
        inside = (batch.users >= 0) & (batch.users < len(self.users))
        return np.asarray(inside & np.any(self.users[np.where(inside, batch.users, 0)] != 0, axis=1))

    def _factors(self, batch: UserBatch) -> Float32:
        """Factors of every user of the batch: (n, factors)."""
        fitted = self._fitted(batch)
        factors = np.where(fitted[:, None], self.users[np.where(fitted, batch.users, 0)], np.float32(0))
        strange = np.flatnonzero(~fitted)
        if len(strange):
            indptr, items, _ = csr(weigh(batch.histories.take(strange), self.n_items))
            lr, reg = self._steps_of_strangers()
            factors[strange] = learn_users(indptr, items, self.items, self.bias, PASSES, lr, reg)
        return factors

    def _steps_of_strangers(self) -> tuple[float, float]:
        """Step size and penalty of steps pair by pair, which those of Adam say nothing about."""
        config, sgd = self.config, self.config.optimizer == "sgd"
        lr, reg = (config.lr, config.reg) if sgd else (None, None)
        return PairByPair.LR if lr is None else lr, PairByPair.REG if reg is None else reg

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {name: getattr(self, name) for name in PARAMETERS}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        for name in PARAMETERS:
            setattr(self, name, arrays[name].astype(np.float32, copy=False))

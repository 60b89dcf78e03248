"""als: weighted matrix factorisation of implicit feedback by alternating least squares."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from recx.arrays import Float32, Int32, Int64
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError
from recx.kernels.als import loss_of_rows, solve_rows
from recx.models.base import Recommender, RunOptions, Validation, dense
from recx.models.epochs import run_epochs
from recx.models.factor.config import ALSConfig
from recx.models.recency import check_weights, csr, weigh

Csr = tuple[Int64, Int32, Float32]


class ALS(Recommender[ALSConfig]):
    """iALS (Hu, Koren & Volinsky 2008) with the regularisation of Rendle et al. 2021.

    Minimises  sum over observed w_ui (1 - x_u y_i)^2  +  unobserved sum over all pairs (x_u y_i)^2
    +  sum_u reg_u |x_u|^2 + sum_i reg_i |y_i|^2,  reg_u = reg (sum_i w_ui + unobserved n_items) ^ reg_power
    and likewise for items. Every row is solved exactly (Cholesky). What differs: only the item factors are
    kept. A user, known or not, is solved from the history that comes with the question, so that what it did a
    second ago counts and strangers with a history are served like anyone.
    """

    items: Float32  # (n_items, factors)
    everywhere: Float32  # (factors, factors) unobserved Y^T Y

    def take_items(self, items: Float32) -> None:
        """Score with these item factors from now on."""
        self.items = items
        self.everywhere = _everywhere(items, self.config.unobserved)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        check_weights("als", data.interactions, config.values, half_life=config.half_life)
        if config.factors < 1 or config.unobserved <= 0 or config.reg < 0:
            raise UsageError(
                f"als: factors={config.factors} unobserved={config.unobserved} reg={config.reg}; "
                "factors must be at least 1, unobserved above 0, reg 0 or more"
            )
        trainer = _Trainer(self, data.interactions, run.seed)
        run_epochs(self, trainer, config.epochs, config.patience, run, watch)

    def users(self, histories: Csr) -> Float32:
        """Factors of the users with these weighted histories: (n, factors)."""
        penalty = _penalty(histories, len(self.items), self.config)
        return _solved(histories, self.items, self.everywhere, penalty)

    def _fold_in(self, batch: UserBatch) -> Float32:
        config = self.config
        return self.users(
            csr(weigh(batch.histories, self.n_items, config.values, batch.at, half_life=config.half_life))
        )

    def score(self, batch: UserBatch) -> Float32:
        """Inner products of the users, solved from their histories, with all items."""
        return self._fold_in(batch) @ self.items.T

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Inner products of pairs."""
        users = self._fold_in(batch)
        return dense(np.einsum("pf,pf->p", users[pairs.row], self.items[pairs.item]))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"items": self.items}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.take_items(arrays["items"].astype(np.float32, copy=False))


class _Trainer:
    """An epoch solves all users, then all items: the item factors are the whole state."""

    def __init__(self, model: ALS, log: Interactions, seed: int) -> None:
        config = model.config
        self.model, self.config = model, config
        users = weigh(log.histories(), log.n_items, config.values)
        self.by_user, self.by_item = csr(users), csr(users.T.tocsr())
        self.item_penalty = _penalty(self.by_item, log.n_users, config)
        self.user_penalty = _penalty(self.by_user, log.n_items, config)
        generator = np.random.default_rng(seed)
        start = generator.standard_normal((log.n_items, config.factors), dtype=np.float32)
        model.take_items(start * np.float32(0.1 / np.sqrt(config.factors)))

    def epoch(self, number: int) -> float:
        users = self.model.users(self.by_user)
        everywhere = _everywhere(users, self.config.unobserved)
        items = _solved(self.by_item, users, everywhere, self.item_penalty)
        self.model.take_items(items)
        fit = loss_of_rows(*self.by_item, items, users, everywhere, self.item_penalty).sum()
        fit += float((self.user_penalty * np.square(users).sum(axis=1)).sum())
        return float(fit / len(self.by_item[1]))

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        return {"items": self.model.items.copy()}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        self.model.take_items(state["items"].copy())


def _solved(rows: Csr, others: Float32, everywhere: Float32, penalty: Float32) -> Float32:
    # the rows are solved in parallel: threads of BLAS inside would fight over the same cores
    with threadpool_limits(1, "blas"):
        solved: Float32 = solve_rows(*rows, others, everywhere, penalty)
    return solved


def _everywhere(factors: Float32, unobserved: float) -> Float32:
    return dense(np.float32(unobserved) * (factors.T @ factors))


def _penalty(rows: Csr, n_others: int, config: ALSConfig) -> Float32:
    indptr, _, weights = rows
    sums = np.append(0.0, np.cumsum(weights, dtype=np.float64))
    known = sums[indptr[1:]] - sums[indptr[:-1]]
    penalty = config.reg * np.power(known + config.unobserved * n_others, config.reg_power)
    return np.asarray(penalty, dtype=np.float32)

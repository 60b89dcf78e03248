"""nmf: non-negative matrix factorisation of ratings, or of a whole matrix of events."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Int32, Int64
from recx.data import Histories, Interactions, TrainingData, UserBatch
from recx.errors import DataError, UsageError
from recx.kernels.nmf import multiply_rows
from recx.models.base import RunOptions, Validation, dense
from recx.models.epochs import run_epochs
from recx.models.factor.config import NMFConfig
from recx.models.factor.rating import RatingFactors
from recx.models.recency import csr

SWEEPS = 100
"""Multiplicative updates that fold a stranger in: ratings of ml-100k are then .012 from those of 2,000, on
average."""
Csr = tuple[Int64, Int32, Float32]


class NMF(RatingFactors[NMFConfig]):
    """Rating = p_u q_i with factors that are never negative, so that each is a part that adds to the whole.

    Minimises  sum over ratings (r - p_u q_i)^2  +  unobserved sum over the other pairs (p_u q_i)^2
    +  reg (sum_u n_u |p_u|^2 + sum_i n_i |q_i|^2)  by multiplicative updates, all users, then all items:
    p_uf *= sum_i r q_if / (sum_i (p_u q_i) q_if + reg n_u p_uf), the sums over the ratings of u. With
    ``unobserved`` 0 this is Luo et al. 2014 (n_u ratings of u, their regularisation), for ratings; with 1 it
    is Lee & Seung 2001 on the whole matrix, whose empty cells are zeros: take that, or a share of it, for
    implicit feedback, where observed pairs alone are all equal and say nothing. An item met twice is held
    with its values summed there, with the newest rating here.

    What differs: users, then items given the new users, where Luo moves both at once; each half step lowers
    the loss for certain. No biases. A stranger's factors are those that fit its history, items held fixed;
    without a history, and for items nobody has rated, the average of the others'.
    """

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        if config.factors < 1 or config.reg < 0 or not 0 <= config.unobserved <= 1:
            raise UsageError(
                f"nmf: factors={config.factors} reg={config.reg} unobserved={config.unobserved}; factors "
                "must be at least 1, reg 0 or more, unobserved between 0 and 1"
            )
        if data.interactions.values.min() < 0:
            raise DataError("nmf: values below 0 have no non-negative factors; set dataset.clean.min_value=0")
        run_epochs(
            self, _Trainer(self, data.interactions, run.seed), config.epochs, config.patience, run, watch
        )

    def weigh(self, histories: Histories) -> Csr:
        """What the rows of ``own`` in ``multiply`` hold against the items."""
        return csr(histories.matrix(len(self.item_factors), duplicates=_merged(self.config)))

    def _own(self, batch: UserBatch) -> tuple[Float32, Float32]:
        bias, factors = super()._own(batch)
        factors[~self.knows(batch)] = _average(self.user_factors)
        return bias, factors

    def _fold_in(self, histories: Histories) -> tuple[Float32, Float32]:
        rows = self.weigh(histories)
        own = np.ones((len(histories), self.config.factors), dtype=np.float32)
        for _ in range(SWEEPS):
            multiply(rows, own, self.item_factors, self.config)
        return np.zeros(len(own), dtype=np.float32), own


def _average(factors: Float32) -> Float32:
    """Of the rows that were learnt."""
    mean: Float32 = factors[factors.any(axis=1)].mean(axis=0)
    return mean


def _merged(config: NMFConfig) -> Any:
    return "sum" if config.unobserved else "last"


def multiply(rows: Csr, own: Float32, others: Float32, config: NMFConfig) -> float:
    """One update of all rows of ``own``, in place; the squared error of the entries before it, summed."""
    everywhere = dense(np.float32(config.unobserved) * (others.T @ others))
    return multiply_rows(*rows, own, others, everywhere, config.reg, config.unobserved)


class _Trainer:
    """An epoch updates all users, then all items; there is nothing random but the start."""

    def __init__(self, model: NMF, log: Interactions, seed: int) -> None:
        self.model = model
        generator = np.random.default_rng(seed)
        model.mean = np.float32(0)
        model.user_bias = np.zeros(log.n_users, dtype=np.float32)
        model.item_bias = np.zeros(log.n_items, dtype=np.float32)
        matrix = log.matrix(_merged(model.config))
        self.by_user, self.by_item = csr(matrix), csr(matrix.T.tocsr())
        # uniform, and the mean prediction is the mean rating
        mean = max(float(matrix.data.mean()), 1e-6)
        scale = np.float32(np.sqrt(4 * mean / model.config.factors))
        self.unmet = log.item_counts == 0
        starts = []
        for rows in (self.by_user, self.by_item):
            lengths = np.diff(rows[0])
            start = generator.random((len(lengths), model.config.factors), dtype=np.float32) * scale
            start[lengths == 0] = 0
            starts.append(start)
        model.user_factors, model.item_factors = starts

    def epoch(self, number: int) -> float:
        model = self.model
        loss = multiply(self.by_user, model.user_factors, model.item_factors, model.config)
        multiply(self.by_item, model.item_factors, model.user_factors, model.config)
        if not model.config.unobserved:
            model.item_factors[self.unmet] = _average(model.item_factors[~self.unmet])
        return loss / len(self.by_user[1])

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        model = self.model
        return {"users": model.user_factors.copy(), "items": model.item_factors.copy()}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        self.model.user_factors, self.model.item_factors = state["users"].copy(), state["items"].copy()

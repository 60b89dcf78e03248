"""bpr: factors that rank what a user has met above what it has not, learnt from pairs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError
from recx.kernels.bpr import deal, learn_users, pair_filter, pairwise_epoch
from recx.models.base import Recommender, RunOptions, Validation, dense
from recx.models.epochs import run_epochs
from recx.models.factor.config import BPRConfig
from recx.models.recency import check_weights, csr, weigh

PARAMETERS = ("users", "items", "bias")
CACHE = 512 << 10
"""Factors of a user block and an item block together take about this many bytes, a core's own cache."""
SMALLEST = 128
"""Items in a block, at least: among fewer, a user with many finds no negative."""
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
    """

    users: Float32  # (n_users, factors) 0 for users without an event
    items: Float32  # (n_items, factors) 0 for items without one
    bias: Float32  # (n_items,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        check_weights("bpr", data.interactions, config.values)
        if config.factors < 1 or config.lr <= 0 or config.reg < 0 or config.popularity < 0:
            raise UsageError(
                f"bpr: factors={config.factors} lr={config.lr} reg={config.reg} popularity="
                f"{config.popularity}; factors must be at least 1, lr above 0, reg and popularity 0 or more"
            )
        trainer = _Trainer(self, data.interactions, run.seed)
        patience = config.epochs if config.anneal else config.patience
        run_epochs(self, trainer, config.epochs, patience, run, watch, config.every)

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
            factors[strange] = learn_users(
                indptr, items, self.items, self.bias, PASSES, self.config.lr, self.config.reg
            )
        return factors

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {name: getattr(self, name) for name in PARAMETERS}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        for name in PARAMETERS:
            setattr(self, name, arrays[name].astype(np.float32, copy=False))


class _Trainer:
    """All that is random in an epoch follows from the seed and its number, so the factors are the state."""

    def __init__(self, model: BPR, log: Interactions, seed: int) -> None:
        config = model.config
        self.model, self.seed = model, seed
        self.draws: Float32 | None = None
        if config.values == "binary":
            self.indptr, self.met = log.histories().sets(log.n_items)
        else:
            self.indptr, self.met, weights = csr(weigh(log.histories(), log.n_items, config.values))
            self.draws = weights / max(float(weights.mean()), 1e-9)
        self.filter = pair_filter(self.indptr, self.met)
        self.chances = np.power(np.maximum(log.item_counts, 0), config.popularity, dtype=np.float64)
        size = 4 * config.factors * int(log.n_users + log.n_items)
        wanted = min(max(8, 1 << max(0, size // CACHE).bit_length()), 64)
        self.blocks = max(1, min(wanted, log.n_items // SMALLEST))
        generator = np.random.default_rng(seed)
        model.users = self._start(generator, log.n_users)
        model.items = self._start(generator, log.n_items)
        model.bias = np.zeros(log.n_items, dtype=np.float32)
        # nothing is known of users without an event: noise would stand for taste
        model.users[np.diff(self.indptr) == 0] = 0

    def _start(self, generator: np.random.Generator, n: int) -> Float32:
        config = self.model.config
        noise = generator.standard_normal((n, config.factors), dtype=np.float32)
        return noise * np.float32(config.init_sd)

    def epoch(self, number: int) -> float:
        model, config, blocks = self.model, self.model.config, self.blocks
        generator = np.random.default_rng([self.seed, number])
        indptr, events = self._events(generator)
        # user blocks with about as many events each
        bounds = np.searchsorted(indptr, np.linspace(0, indptr[-1], blocks + 1)).astype(np.int64)
        bounds[0], bounds[-1] = 0, len(model.users)
        pool = generator.permutation(len(model.items)).astype(np.int32)
        pool_bounds = np.linspace(0, len(pool), blocks + 1).astype(np.int64)
        block_of = np.empty(len(pool), dtype=np.int32)
        block_of[pool] = np.repeat(np.arange(blocks, dtype=np.int32), np.diff(pool_bounds))
        cells, users, items = deal(bounds, indptr, events, block_of, blocks)
        loss: float = pairwise_epoch(
            cells, users, items, pool, pool_bounds, self._cumulated(pool, pool_bounds),
            self.indptr, self.met, self.filter, model.users, model.items, model.bias,
            self._step_size(number), config.reg, int(generator.integers(1 << 62)),
        )  # fmt: skip
        return loss

    def _step_size(self, number: int) -> float:
        """Of the epoch ``number``, counting from 1: that of the settings, or less and less of it."""
        config = self.model.config
        return config.lr * (1 - (number - 1) / config.epochs) if config.anneal else config.lr

    def _events(self, generator: np.random.Generator) -> tuple[Int64, Int32]:
        """The positives of an epoch by user: every pair once, or as often as its weight says on average."""
        if self.draws is None:
            return self.indptr, self.met
        times = np.floor(self.draws + generator.random(len(self.draws))).astype(np.int64)
        ends = np.append(0, np.cumsum(times))
        return ends[self.indptr], np.repeat(self.met, times)

    def _cumulated(self, pool: Int32, bounds: Int64) -> Float32:
        """Chances of negatives, cumulated within every item block; empty where all are equal."""
        if self.model.config.popularity == 0:
            return np.zeros(0, dtype=np.float32)
        parts = [np.cumsum(self.chances[part]) for part in np.split(pool, bounds[1:-1])]
        return np.concatenate(parts).astype(np.float32)

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        return {name: getattr(self.model, name).copy() for name in PARAMETERS}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        for name in PARAMETERS:
            setattr(self.model, name, state[name].copy())

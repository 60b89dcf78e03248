"""The two ways in which bpr learns its factors: pair by pair, or in batches against a shared pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Float64, Int32, Int64
from recx.data import Interactions
from recx.kernels.bpr import deal, pair_filter, pairwise_epoch
from recx.kernels.pooled import pooled_epoch
from recx.models.factor.blas import one_blas_thread
from recx.models.recency import csr, weigh

if TYPE_CHECKING:
    from recx.models.factor.bpr import BPR

PARAMETERS = ("users", "items", "bias")
CACHE = 512 << 10
"""Factors of a user block and an item block together take about this many bytes, a core's own cache."""
SMALLEST = 128
"""Items in a block, at least: among fewer, a user with many finds no negative."""


class Trainer:
    """What both ways share. All that is random in an epoch follows from the seed and its number."""

    LR: float
    """The step size where none is set."""
    REG: float
    """The penalty where none is set."""
    INIT_SD: float
    """The standard deviation of the first factors where none is set."""

    def __init__(self, model: BPR, log: Interactions, seed: int) -> None:
        config = model.config
        self.model, self.seed = model, seed
        self.lr = self.LR if config.lr is None else config.lr
        self.reg = self.REG if config.reg is None else config.reg
        self.init_sd = self.INIT_SD if config.init_sd is None else config.init_sd
        self.times: Float32 | None = None
        if config.values == "binary":
            self.indptr, self.met = log.histories().sets(log.n_items)
        else:
            self.indptr, self.met, weights = csr(weigh(log.histories(), log.n_items, config.values))
            self.times = weights / max(float(weights.mean()), 1e-9)
        self.chances = np.power(np.maximum(log.item_counts, 0), config.popularity, dtype=np.float64)
        generator = np.random.default_rng(seed)
        model.users = self._start(generator, log.n_users)
        model.items = self._start(generator, log.n_items)
        model.bias = np.zeros(log.n_items, dtype=np.float32)
        # nothing is known of users without an event: noise would stand for taste
        model.users[np.diff(self.indptr) == 0] = 0

    def _start(self, generator: np.random.Generator, n: int) -> Float32:
        noise = generator.standard_normal((n, self.model.config.factors), dtype=np.float32)
        return noise * np.float32(self.init_sd)

    def step_size(self, number: int) -> float:
        """Of the epoch ``number``, counting from 1: that of the settings, or less and less of it."""
        config = self.model.config
        return self.lr * (1 - (number - 1) / config.epochs) if config.anneal else self.lr

    def events(self, generator: np.random.Generator) -> tuple[Int64, Int32]:
        """The positives of an epoch by user: every pair once, or as often as its weight says on average."""
        if self.times is None:
            return self.indptr, self.met
        times = np.floor(self.times + generator.random(len(self.times))).astype(np.int64)
        ends = np.append(0, np.cumsum(times))
        return ends[self.indptr], np.repeat(self.met, times)

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        """The parameters: with the number of the epoch, all that the next one depends on."""
        return {name: getattr(self.model, name).copy() for name in PARAMETERS}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from these parameters."""
        for name in PARAMETERS:
            setattr(self.model, name, state[name].copy())


class PairByPair(Trainer):
    """A step for every pair against one item, on as many threads as there are cells that share no rows."""

    LR, REG, INIT_SD = 0.05, 0.01, 0.05

    def __init__(self, model: BPR, log: Interactions, seed: int) -> None:
        super().__init__(model, log, seed)
        self.filter = pair_filter(self.indptr, self.met)
        size = 4 * model.config.factors * int(log.n_users + log.n_items)
        wanted = min(max(8, 1 << max(0, size // CACHE).bit_length()), 64)
        self.blocks = max(1, min(wanted, log.n_items // SMALLEST))

    def epoch(self, number: int) -> float:
        """A step for every pair; the mean loss."""
        model, blocks = self.model, self.blocks
        generator = np.random.default_rng([self.seed, number])
        indptr, events = self.events(generator)
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
            self.step_size(number), self.reg, int(generator.integers(1 << 62)),
        )  # fmt: skip
        return loss

    def _cumulated(self, pool: Int32, bounds: Int64) -> Float32:
        """Chances of negatives, cumulated within every block of ``pool``; empty where all are equal."""
        if self.model.config.popularity == 0:
            return np.zeros(0, dtype=np.float32)
        parts = [np.cumsum(self.chances[part]) for part in np.split(pool, bounds[1:-1])]
        return np.concatenate(parts).astype(np.float32)


class AgainstPool(Trainer):
    """A step of Adam for every batch of pairs, held against items that they share. Biases stay 0."""

    LR, REG, INIT_SD = 0.001, 0.001, 0.01

    def __init__(self, model: BPR, log: Interactions, seed: int) -> None:
        super().__init__(model, log, seed)
        self.means = {
            name: np.zeros((2, *getattr(model, name).shape), dtype=np.float32) for name in ("users", "items")
        }
        self.taken = 0
        self.shares = np.cumsum(self.chances if model.config.popularity else self.chances[:0])
        times = np.ones(len(self.met)) if self.times is None else self.times
        whose = np.repeat(np.arange(log.n_users), np.diff(self.indptr))
        self.user_reg, self.item_reg = (
            _penalties(self.reg, np.bincount(ids, times, n).astype(np.float64), model.config.reg_power)
            for ids, n in ((whose, log.n_users), (self.met, log.n_items))
        )

    def epoch(self, number: int) -> float:
        """A step for every batch; the mean loss."""
        model, config = self.model, self.model.config
        generator = np.random.default_rng([self.seed, number])
        indptr, items = self.events(generator)
        users = np.repeat(np.arange(len(model.users), dtype=np.int32), np.diff(indptr))
        order = generator.permutation(len(items))
        with one_blas_thread():
            loss: float = pooled_epoch(
                users[order], items[order], config.batch_size, config.negatives, self.shares,
                self.indptr, self.met, model.users, model.items, self.means["users"], self.means["items"],
                self.user_reg, self.item_reg, self.reg, self.taken, self.step_size(number),
                int(generator.integers(1 << 62)),
            )  # fmt: skip
        self.taken += -(-len(items) // config.batch_size)
        return loss

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        """The parameters, the means of their gradients and the steps that were taken."""
        means = {f"{name}_means": array.copy() for name, array in self.means.items()}
        return {**super().state(), **means, "taken": np.array(self.taken)}

    def load(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from these."""
        super().load(state)
        self.means = {name: state[f"{name}_means"].copy() for name in self.means}
        self.taken = int(state["taken"])


def _penalties(reg: float, events: Float64, power: float) -> Float32:
    """Per event, so that those of a row with n events add up to reg mean(n) (n / mean(n)) ^ power."""
    active = events > 0
    mean = float(events[active].mean()) if active.any() else 1.0
    return (reg * (np.where(active, events, mean) / mean) ** (power - 1)).astype(np.float32)


OPTIMIZERS: dict[str, type[PairByPair | AgainstPool]] = {"sgd": PairByPair, "adam": AgainstPool}
"""Trainers by the name of their optimizer."""

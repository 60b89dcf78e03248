"""What the factorisation machine keeps of its chain, and the expected ratings that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import ndtr

from recx.arrays import Float32, Float64, Int32
from recx.kernels.fm import add_interpolated
from recx.models.factor.fm_gibbs import Gibbs, summed

TAIL, STEPS = 6.0, 1024
"""The expected rating is tabulated to so many standard deviations beyond the cutpoints, in so many steps."""

Asking = tuple[Float32, Float32]
"""Of every row that asks, in each sample: bias (n, samples) and factors (n, samples, factors)."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Samples side by side: parameters are (rows, samples x (1 + factors)), a sample's bias before its
    factors.

    Items and days are the same whoever asks, so of them the sums over their features are kept; users come
    with a history, so their features are. In half precision, whose rounding is far below the spread of a
    sample.
    """

    users: npt.NDArray[np.float16]  # rows are features
    items: npt.NDArray[np.float16]  # rows are items
    days: npt.NDArray[np.float16]  # rows are days; the last is any other
    constants: Float32  # (samples,)
    cutpoints: Float32  # (samples, levels - 1), without a column for regression
    levels: Float32  # (levels,) the ratings there are

    @staticmethod
    def sample(chain: Gibbs, levels: Float32) -> Posterior:
        """The chain as it stands."""
        users, items, *dated = chain.features()
        return Posterior(
            users.astype(np.float16),
            np.column_stack(summed(chain.blocks[1].matrix, items)).astype(np.float16),
            (dated[0] if dated else np.zeros((1, users.shape[1]))).astype(np.float16),
            np.array([chain.w0], dtype=np.float32),
            chain.cutpoints[None].astype(np.float32),
            levels,
        )

    @staticmethod
    def joined(samples: list[Posterior]) -> Posterior:
        """All samples as one."""
        axes = {"users": 1, "items": 1, "days": 1, "constants": 0, "cutpoints": 0}
        tables = {
            name: np.ascontiguousarray(np.concatenate([getattr(sample, name) for sample in samples], axis))
            for name, axis in axes.items()
        }
        return Posterior(**tables, levels=samples[0].levels)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of them by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def restored(arrays: dict[str, npt.NDArray[np.generic]]) -> Posterior:
        """The posterior whose ``arrays`` these are, among others."""
        users, items, days = (
            arrays[name].astype(np.float16, copy=False) for name in ("users", "items", "days")
        )
        constants, cutpoints, levels = (
            arrays[name].astype(np.float32, copy=False) for name in ("constants", "cutpoints", "levels")
        )
        return Posterior(users, items, days, constants, cutpoints, levels)

    def _apart(self, table: npt.NDArray[np.generic]) -> Asking:
        apart = table.astype(np.float32).reshape(len(table), len(self.constants), -1)
        return apart[:, :, 0], np.ascontiguousarray(apart[:, :, 1:])

    @cached_property
    def _items(self) -> Asking:
        return self._apart(self.items)

    @cached_property
    def _days(self) -> Asking:
        return self._apart(self.days)

    @cached_property
    def _users(self) -> tuple[Float32, Float32]:
        """The parameters, and of every feature the squares of its factors summed: (features, samples)."""
        return self.users.astype(np.float32), np.square(self._apart(self.users)[1]).sum(axis=2)

    def asking(self, x: csr_array) -> Asking:
        """Users with the features ``x`` (n, features)."""
        parameters, squares = self._users
        samples = len(self.constants)
        both = (x @ parameters).reshape(x.shape[0], samples, parameters.shape[1] // samples)
        factors = np.ascontiguousarray(both[:, :, 1:])
        own = (np.square(factors).sum(axis=2) - (x * x) @ squares) / 2
        return both[:, :, 0] + own + self.constants, factors

    def on_days(self, asking: Asking, days: Int32) -> Asking:
        """The same on these days, one for each row."""
        bias, factors = self._days[0][days], self._days[1][days]
        return asking[0] + bias + (asking[1] * factors).sum(axis=2), asking[1] + factors

    def of_all(self, asking: Asking) -> Float32:
        """Expected ratings of all items: (n, n_items)."""
        (bias, factors), (item_bias, items) = asking, self._items
        n, samples = bias.shape
        if not self.cutpoints.shape[1]:
            # the mean of inner products is one inner product of all samples side by side
            scores = factors.reshape(n, items[0].size) @ items.reshape(len(items), items[0].size).T
            scores += bias.sum(axis=1)[:, None]
            scores += item_bias.sum(axis=1)
            return np.ascontiguousarray(scores / np.float32(samples))
        out = np.zeros((n, len(items)), dtype=np.float32)
        for sample in range(samples):
            scores = factors[:, sample] @ items[:, sample].T
            scores += bias[:, sample, None]
            scores += item_bias[:, sample]
            self._add_expected(scores, sample, out)
        return np.asarray(out / np.float32(samples))

    def of_pairs(self, asking: Asking, items: Int32) -> Float32:
        """Expected rating of one item for each row: (n,)."""
        scores = np.einsum("nsf,nsf->ns", asking[1], self._items[1][items])
        scores += asking[0] + self._items[0][items]
        if not self.cutpoints.shape[1]:
            return np.asarray(scores.mean(axis=1))
        out = np.zeros((len(items), 1), dtype=np.float32)
        for sample in range(len(self.constants)):
            self._add_expected(scores[:, sample, None], sample, out)
        return np.asarray(out[:, 0] / np.float32(len(self.constants)))

    def _add_expected(self, scores: Float32, sample: int, out: Float32) -> None:
        cutpoints = self.cutpoints[sample]
        start, end = float(cutpoints[0]) - TAIL, float(cutpoints[-1]) + TAIL
        table = expected(np.linspace(start, end, STEPS), cutpoints, self.levels).astype(np.float32)
        add_interpolated(scores, table, start, (end - start) / (STEPS - 1), out)


def expected(scores: Float64, cutpoints: Float64 | Float32, levels: Float32) -> Float64:
    """The expected rating, sum_r r P(r), of ordered probit; the scores where there are no cutpoints."""
    if not len(cutpoints):
        return scores
    ratings = np.full(len(scores), float(levels[-1]))
    for cutpoint, rise in zip(cutpoints, np.diff(levels), strict=True):
        ratings -= rise * ndtr(cutpoint - scores)
    return ratings

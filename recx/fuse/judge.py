"""What counts as good: the metric that decides, on scores of a table's rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recx.arrays import Float32, Float64, Int32
from recx.data import Rankings
from recx.fuse.table import Table
from recx.metrics import Metric, ranking_metric
from recx.metrics.lists import Lists
from recx.metrics.statistics import Interval, Statistic, bootstrap_sums, difference


@dataclass(frozen=True, eq=False)
class Judge:
    """A metric with what it needs to know of the data."""

    metric: Metric  # of ratings: rmse
    order: Int32  # (n_items,) breaks ties
    value_range: tuple[float, float] | None  # ratings are clipped to it

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if self.metric.higher_is_better else -1

    def on(self, table: Table) -> Contest:
        """The judge with a table before it."""
        return Contest(self, table)


@dataclass(frozen=True, eq=False)
class Contest:
    """One table, any number of contestants that score its rows."""

    judge: Judge
    table: Table

    def value(self, scores: Float32) -> float:
        """The metric of ``scores`` (rows,)."""
        if self.judge.metric.k is None:
            return float(np.sqrt(np.mean(self._errors(scores) ** 2)))
        return float(np.mean(self.each(scores)))

    def each(self, scores: Float32) -> Float64:
        """The ranking metric of every user: (groups,). Equal to what `evaluate` finds on the same lists."""
        from recx.kernels.ranked import first_rows

        metric, targets = self.judge.metric, self.table.targets
        assert metric.k is not None and targets is not None
        scores = np.asarray(scores, np.float32)
        rows = first_rows(self.table.bounds, scores, self._ties, metric.k)
        items = np.where(rows >= 0, self.table.items[rows], -1).astype(np.int32)
        lists = Lists.judge(Rankings(targets.users, items, scores[rows]), targets)
        return ranking_metric(metric.name)(lists, metric.k)

    def statistic(self, scores: Float32) -> Statistic:
        """The metric with what its interval needs."""
        if self.judge.metric.k is not None:
            return Statistic.mean(self.each(scores))
        table = self.table
        squares = np.bincount(table.groups, self._errors(scores) ** 2, minlength=len(table.sizes))
        columns = np.column_stack([squares, table.sizes]).astype(np.float64)
        drawn = bootstrap_sums(columns, seed=0)
        replicates = np.sqrt(drawn[:, 0] / drawn[:, 1])
        return Statistic.ratio(columns[:, 0], columns[:, 1], replicates, root=True)

    def better(self, a: Float32, b: Float32) -> Interval:
        """By how much ``a`` does better than ``b`` (rows,), paired by user, with its 95 % interval."""
        return better(self.statistic(a), self.statistic(b), self.judge.sign)

    @cached_property
    def _ties(self) -> Int32:
        """Which of two rows of equal scores is first: (rows,)."""
        return self.judge.order[self.table.items]

    def _errors(self, predicted: Float32) -> Float64:
        ratings = predicted.astype(np.float64)
        if self.judge.value_range is not None:
            ratings = np.clip(ratings, *self.judge.value_range)
        return ratings - self.table.labels


def better(a: Statistic, b: Statistic, sign: int) -> Interval:
    """By how much ``a`` does better than ``b`` over the same users, with its 95 % interval."""
    found = difference(a, b).interval
    low, high = sorted((sign * found.low, sign * found.high))
    return Interval(sign * found.value, low, high, found.se, found.n)

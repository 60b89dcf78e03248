"""trend: what will be sold next, from what was sold when."""

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32, Float64, Int32
from recx.data import Interactions, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.recency import DAY, csr
from recx.models.trend.arima import Arima
from recx.models.trend.config import TrendConfig

COUNTS = ("events", "users", "values")


class Trend(Recommender[TrendConfig]):
    """Score of an item = its forecast demand over the next periods; the same list for everyone.

    An ARIMA (Box & Jenkins 1970) of the demand per period, whose order and coefficients are those that suit
    the most sold items together. Coefficients of one item alone follow the noise of its few dozen periods,
    and shared ones make every forecast one product: demand x weight, added up over the periods; below 0 it
    is 0. An item first sold fewer than ``shortest`` periods ago has no series yet: its forecast is the mean
    since then, weighted with 2 ^ (-age / half_life), as is that of all where the log is too short.
    """

    explains = True
    demand: csr_array  # (n_items, periods) oldest first
    weights: Float64  # (periods,) empty where the log is too short
    first: Int32  # (n_items,) period of the first sale
    ends: npt.NDArray[np.int64]  # (periods,) unix seconds
    forecast: Float32  # (n_items,)

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        self._check(data.interactions)
        log, config = data.interactions, self.config
        assert log.times is not None
        now = data.known_at if data.known_at is not None else int(log.times.max()) + 1
        length = config.period * DAY
        # of the oldest period only a part lies in the log, so it is left out where there is another
        whole = max(1, int((now - int(log.times.min())) // length))
        age = ((now - 1 - log.times) // length).astype(np.int64)
        n = min(whole, config.periods)
        self.ends = (now - length * np.arange(n - 1, -1, -1)).astype(np.int64)
        self.demand = _demand(log.take(age < n), n - 1 - age[age < n], n, config.count)
        first = np.full(log.n_items, n, dtype=np.int64)
        np.minimum.at(first, log.items, np.maximum(n - 1 - age, 0))
        self.first = first.astype(np.int32)
        best = np.argsort(-self.demand.sum(axis=1), kind="stable")[: config.series]
        long = best[n - first[best] >= config.shortest]
        arima = Arima.of(self.demand[long].toarray().astype(np.float64)) if len(long) else None
        self.weights = np.zeros(0) if arima is None else arima.weights(n, config.horizon)
        self._forecast()

    def _forecast(self) -> None:
        """Demand x weights, per item."""
        n = len(self.ends)
        # the items of one first period share their weights
        sums = np.zeros(len(self.first))
        for first in np.unique(self.first[self.first < n]):
            rows = np.flatnonzero(self.first == first)
            sums[rows] = self.demand[rows] @ self._weights(int(first))
        self.forecast = dense(np.maximum(sums, 0))

    def _weights(self, first: int) -> Float64:
        """What each period adds to the forecast of an item first sold in period ``first``: (periods,)."""
        n, config = len(self.ends), self.config
        if len(self.weights) and n - first >= config.shortest:
            return self.weights
        age = np.arange(n - 1, -1, -1)
        recent = 0.5 ** (age / config.half_life) if config.half_life > 0 else np.ones(n)
        recent[:first] = 0
        return np.asarray(recent * (config.horizon / recent.sum()))

    def score(self, batch: UserBatch) -> Float32:
        """The same row for every user."""
        return np.tile(self.forecast, (len(batch), 1))

    def knows(self, batch: UserBatch) -> Bool:
        """Everyone."""
        return np.ones(len(batch), dtype=bool)

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """The periods in which it was sold."""
        if self.forecast[item] <= 0:
            return []
        row = self.demand[[item]]
        parts = row.data * self._weights(int(self.first[item]))[row.indices]
        names = [self._name(period) for period in row.indices]
        return [Reason("forecast", name, float(part)) for name, part in zip(names, parts, strict=True)]

    def _name(self, period: int) -> str:
        end = datetime.fromtimestamp(int(self.ends[period]), UTC)
        return f"{self.config.period:g} days to {end:%Y-%m-%d}"

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        indptr, periods, demand = csr(self.demand)
        return {
            "indptr": indptr, "periods": periods, "demand": demand,
            "weights": self.weights, "first": self.first, "ends": self.ends,
        }  # fmt: skip

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.weights = arrays["weights"].astype(np.float64, copy=False)
        self.first = arrays["first"].astype(np.int32, copy=False)
        self.ends = arrays["ends"].astype(np.int64, copy=False)
        parts = (arrays["demand"], arrays["periods"], arrays["indptr"])
        self.demand = csr_array(parts, shape=(len(self.first), len(self.ends)))
        self._forecast()

    def _check(self, log: Interactions) -> None:
        config = self.config
        if config.count not in COUNTS:
            raise UsageError(f"trend: no count called '{config.count}'{did_you_mean(config.count, COUNTS)}")
        if log.times is None:
            raise UsageError("trend: it needs dates, and this data has none; train model=popular instead")
        if config.period <= 0 or min(config.periods, config.horizon, config.shortest) < 1:
            raise UsageError(
                f"trend: period={config.period} periods={config.periods} horizon={config.horizon} "
                f"shortest={config.shortest}; period must be above 0, the others at least 1"
            )
        if config.series < 0 or config.half_life < 0:
            raise UsageError(
                f"trend: series={config.series} half_life={config.half_life}; both must be 0 or more"
            )


def _demand(log: Interactions, periods: npt.NDArray[np.int64], n: int, count: str) -> csr_array:
    """Items x periods, what was sold of each when."""
    items, values = log.items, log.values if count == "values" else np.ones(len(log), dtype=np.float32)
    if count == "users":
        keys = np.column_stack([log.users, items, periods])
        items, periods = np.unique(keys, axis=0)[:, 1:].T
        values = np.ones(len(items), dtype=np.float32)
    demand = csr_array((values, (items, periods)), shape=(log.n_items, n))
    demand.sum_duplicates()
    return demand

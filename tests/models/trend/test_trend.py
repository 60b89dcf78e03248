from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Catalog, Interactions, TrainingData
from recx.errors import UsageError
from recx.models.base import Recommender
from recx.models.trend.config import TrendConfig
from recx.models.trend.trend import Trend
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import RUN, ModelContract
from tests.models.planted import DAY, NOON, Planted, clusters, planted

WEEKS = 20


def sold(per_week: dict[int, list[int]]) -> Planted:
    """Item -> how often it was sold in each of the weeks, every time to another user."""
    rows = [(i, week) for i, counts in per_week.items() for week, n in enumerate(counts) for _ in range(n)]
    items, weeks = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    log = Interactions(
        np.arange(n, dtype=np.int32), items.astype(np.int32), np.ones(n, dtype=np.float32), n, len(per_week),
        NOON + 7 * DAY * weeks.astype(np.int64), order="time",
    )  # fmt: skip
    return Planted(TrainingData(log, Catalog(), NOON + 7 * DAY * (WEEKS - 1) + 1), np.zeros(n, np.int32))


class TestTrend(ReadsHistories, ExplainsItself, ModelContract):
    config = TrendConfig(period=2.0, shortest=3)

    # without dates there is no demand per period
    @pytest.mark.parametrize("times", [True], ids=["dated"])
    def test_items_nobody_has_met_are_scored_and_may_stand_in_a_history(self, times: bool) -> None:
        super().test_items_nobody_has_met_are_scored_and_may_stand_in_a_history(times)


def test_what_sells_more_and_more_stands_before_what_sold_more_in_all() -> None:
    rising = [1] * 10 + list(range(2, 12))
    falling = list(range(20, 0, -1))
    model: Recommender = Trend(TrendConfig(series=2)).fit(sold({0: falling, 1: rising}).data, RUN)
    scores = model.score(sold({0: falling, 1: rising}).batch)[0]
    assert sum(falling) > sum(rising) and scores[1] > 2 * scores[0]


def test_a_steady_demand_is_forecast_as_it_was() -> None:
    log = sold({0: [5] * WEEKS, 1: [4, 6] * (WEEKS // 2), 2: [2] * WEEKS})
    scores = Trend(TrendConfig(horizon=4)).fit(log.data, RUN).score(log.batch)[0]
    assert_allclose(scores, [20, 20, 8], rtol=0.15)


def test_an_item_of_the_last_weeks_is_forecast_by_its_weighted_mean() -> None:
    log = sold({0: [5, 3] * (WEEKS // 2), 1: [0] * (WEEKS - 2) + [8, 4]})
    scores = Trend(TrendConfig(horizon=1, half_life=1.0)).fit(log.data, RUN).score(log.batch)[0]
    assert_allclose(scores[1], (8 * 0.5 + 4) / 1.5, rtol=1e-5)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (TrendConfig(count="clicks"), "no count called 'clicks'"),
        (TrendConfig(period=0), "period=0"),
        (TrendConfig(horizon=0), "horizon=0"),
        (TrendConfig(series=-1), "series=-1"),
    ],
)
def test_a_setting_out_of_range_is_refused(config: TrendConfig, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Trend(config).fit(clusters().data, RUN)


def test_a_log_without_dates_is_refused_in_one_line() -> None:
    log = clusters()
    undated = planted(replace(log.log, times=None, order="sequence"), log.target.tolist())
    with pytest.raises(UsageError, match="needs dates"):
        Trend(TrendConfig()).fit(undated.data, RUN)

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Catalog, Interactions, TrainingData
from recx.errors import UsageError
from recx.models.base import RunOptions
from recx.models.baseline.config import PopularConfig
from recx.models.baseline.popular import Popular
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import ModelContract
from tests.models.planted import DAY


class TestPopular(ReadsHistories, ExplainsItself, LearnsNewEvents, ModelContract):
    config = PopularConfig()
    update_bound = 0.0


class TestPopularOfLate(ReadsHistories, ExplainsItself, LearnsNewEvents, ModelContract):
    config = PopularConfig(count="users", window=6.0, half_life=3.0)
    update_bound = 0.0

    def test_items_nobody_has_met_are_scored_and_may_stand_in_a_history(self) -> None:
        """With dates only: a window needs them."""
        super().test_items_nobody_has_met_are_scored_and_may_stand_in_a_history(times=True)


def log() -> TrainingData:
    """Item 0 was bought four times by one user long ago, item 1 by two users, item 2 twice lately."""
    users = np.array([0, 0, 0, 0, 0, 1, 1, 1], dtype=np.int32)
    items = np.array([0, 0, 0, 0, 1, 1, 2, 2], dtype=np.int32)
    days = np.array([1, 1, 1, 1, 5, 5, 9, 9])
    values = np.array([1, 1, 1, 1, 9, 9, 1, 1], dtype=np.float32)
    return TrainingData(
        Interactions(users, items, values, 2, 3, days * DAY, order="time"), Catalog(), 10 * DAY
    )


@pytest.mark.parametrize(
    ("config", "shares"),
    [
        (PopularConfig(), [4 / 8, 2 / 8, 2 / 8]),
        (PopularConfig(count="users"), [1 / 4, 2 / 4, 1 / 4]),
        (PopularConfig(count="values"), [4 / 24, 18 / 24, 2 / 24]),
        (PopularConfig(window=6), [0, 2 / 4, 2 / 4]),
        (PopularConfig(half_life=4), [2**-2.25 * 4 / 2.783, 2**-1.25 * 2 / 2.783, 2**-0.25 * 2 / 2.783]),
    ],
    ids=["events", "users", "values", "window", "half_life"],
)
def test_shares_are_counted_by_hand(config: PopularConfig, shares: list[float]) -> None:
    total = 4 * 2**-2.25 + 2 * 2**-1.25 + 2 * 2**-0.25
    expected = np.array(shares) * (2.783 / total if config.half_life else 1)
    assert_allclose(Popular(config).fit(log(), RunOptions()).shares, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "config",
    [
        PopularConfig(count="users"),
        PopularConfig(window=4),
        PopularConfig(count="users", window=4, half_life=2),
    ],
    ids=["users", "window", "users, window and half_life"],
)
def test_an_update_moves_the_window_and_the_ages_on(config: PopularConfig) -> None:
    """Two days later user 1 buys item 2 once more: old events leave the window, and no user counts twice."""
    after = replace(log(), known_at=12 * DAY)
    early = after.interactions.take(np.arange(8) < 7)
    model = Popular(config).fit(replace(after, interactions=early, known_at=8 * DAY), RunOptions())
    before = model.shares.copy()
    model.update(after, np.arange(8) == 7)
    assert_array_equal(model.shares, Popular(config).fit(after, RunOptions()).shares)
    assert config.window == 0 or not np.array_equal(model.shares, before)


def test_a_window_without_dates_is_refused() -> None:
    data = log()
    undated = Interactions(data.interactions.users, data.interactions.items, data.interactions.values, 2, 3)
    with pytest.raises(UsageError, match="need dates"):
        Popular(PopularConfig(window=6)).fit(TrainingData(undated, Catalog(), None), RunOptions())

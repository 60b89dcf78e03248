import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Catalog, Histories, Interactions, TrainingData, UserBatch
from recx.models.base import Reason, RunOptions
from recx.models.baseline.config import PersonalConfig
from recx.models.baseline.personal import Personal
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import ModelContract
from tests.models.planted import DAY


class TestPersonal(ReadsHistories, ExplainsItself, LearnsNewEvents, ModelContract):
    config = PersonalConfig()
    update_bound = 0.0


def test_own_items_come_first_by_decayed_counts_then_the_rest_by_popularity() -> None:
    users = np.array([0, 0, 0, 1, 1, 1], dtype=np.int32)
    items = np.array([0, 0, 1, 3, 3, 2], dtype=np.int32)
    days = np.array([0, 0, 20, 1, 2, 3])
    log = Interactions(users, items, np.ones(6, dtype=np.float32), 2, 4, days * DAY, order="time")
    model = Personal(PersonalConfig(half_life=10, prior=0, loyalty=0, overdue=0)).fit(
        TrainingData(log, Catalog(), 30 * DAY), RunOptions()
    )
    scores = model.score(
        UserBatch(np.array([0], dtype=np.int32), log.histories().take(np.array([0])), np.array([30 * DAY]))
    )
    assert_allclose(scores[0, :2], [2 * 2**-3, 2**-1])
    assert scores[0, 2] < scores[0, 3] < 0


def test_without_dates_the_decay_goes_by_position() -> None:
    histories = Histories(np.array([0, 3]), np.array([1, 1, 0], dtype=np.int32), np.ones(3, dtype=np.float32))
    log = Interactions(np.zeros(3, dtype=np.int32), histories.items, histories.values, 1, 2, order="sequence")
    model = Personal(PersonalConfig(decay=0.5, prior=0, loyalty=0)).fit(
        TrainingData(log, Catalog(), None), RunOptions()
    )
    scores = model.score(UserBatch(np.array([0], dtype=np.int32), histories))
    assert_allclose(scores, [[1, 0.25 + 0.5]])


def one_user(config: PersonalConfig) -> np.ndarray:
    """Item 0 on days 0, 10, 20 and item 1 on day 20, asked on day 60; two others bought item 1 five times."""
    users = np.array([0] * 4 + [1] * 5 + [2] * 5, dtype=np.int32)
    items = np.array([0, 0, 0, 1] + [1] * 10, dtype=np.int32)
    days = np.array([0, 10, 20, 20, *range(5), *range(5)])
    log = Interactions(users, items, np.ones(14, dtype=np.float32), 3, 2, days * DAY, order="time")
    model = Personal(config).fit(TrainingData(log, Catalog(), 60 * DAY), RunOptions())
    batch = UserBatch(
        np.array([0], dtype=np.int32), log.histories().take(np.array([0])), np.array([60 * DAY])
    )
    return model.score(batch)[0]


def test_the_crowd_counts_as_some_purchases_of_the_user() -> None:
    plain = PersonalConfig(half_life=0, prior=0.5, loyalty=0, overdue=0)
    assert_allclose(one_user(plain), [3 + 0.5 * 4 * 3 / 14, 1 + 0.5 * 4 * 11 / 14], rtol=1e-6)


def test_items_that_bring_their_buyers_back_count_more() -> None:
    usual = 14 / 4
    returns = np.array([(3 + 5 * usual) / (1 + 5), (11 + 5 * usual) / (3 + 5)]) / usual
    plain = PersonalConfig(half_life=0, prior=0, loyalty=1, overdue=0)
    assert_allclose(one_user(plain), np.array([3, 1]) * returns, rtol=1e-6)


@pytest.mark.parametrize("overdue", [0.5, 1.0])
def test_what_was_not_bought_for_longer_than_usual_counts_less(overdue: float) -> None:
    # item 0 comes back after 10 days twice, item 1 after one day eight times; both were bought 40 days ago
    mean = (2 * np.log(10) + 8 * np.log(1)) / 10
    usual = np.exp([(2 * np.log(10) + 5 * mean) / 7, (8 * np.log(1) + 5 * mean) / 13])
    plain = PersonalConfig(half_life=0, prior=0, loyalty=0, overdue=overdue)
    assert_allclose(one_user(plain), np.array([3, 1]) * (40 / usual) ** -overdue, rtol=1e-6)


def test_own_purchases_and_the_crowd_speak_for_an_item_bought_before_and_only_the_crowd_for_others() -> None:
    users = np.array([0, 0, 0, 1, 1], dtype=np.int32)
    items = np.array([0, 0, 1, 2, 1], dtype=np.int32)
    log = Interactions(users, items, np.ones(5, dtype=np.float32), 2, 3, order="sequence")
    model = Personal(PersonalConfig(prior=0.5, loyalty=0)).fit(
        TrainingData(log, Catalog(), None), RunOptions()
    )
    batch = UserBatch(np.array([0], dtype=np.int32), log.histories().take(np.array([0])))
    own, crowd = model.explain(batch, 0, 0)
    assert own == Reason("item", 0, 2.0)
    assert (crowd.kind, crowd.what) == ("popularity", "popularity")
    assert_allclose(crowd.value, 0.5 * 2 / 5 * 3, rtol=1e-6)
    never, crowd = model.explain(batch, 0, 2)
    assert never == Reason("bias", "never bought", -1.0)
    assert_allclose(crowd.value, (1 / 5) / (2 * 2 / 5), rtol=1e-6)

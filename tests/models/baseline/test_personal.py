import numpy as np
from numpy.testing import assert_allclose

from recx.data import Catalog, Histories, Interactions, TrainingData, UserBatch
from recx.models.base import RunOptions
from recx.models.baseline.config import PersonalConfig
from recx.models.baseline.personal import Personal
from tests.models.contract import ModelContract
from tests.models.planted import DAY


class TestPersonal(ModelContract):
    config = PersonalConfig()


def test_own_items_come_first_by_decayed_counts_then_the_rest_by_popularity() -> None:
    users = np.array([0, 0, 0, 1, 1, 1], dtype=np.int32)
    items = np.array([0, 0, 1, 3, 3, 2], dtype=np.int32)
    days = np.array([0, 0, 20, 1, 2, 3])
    log = Interactions(users, items, np.ones(6, dtype=np.float32), 2, 4, days * DAY, order="time")
    model = Personal(PersonalConfig(half_life=10)).fit(TrainingData(log, Catalog(), 30 * DAY), RunOptions())
    scores = model.score(
        UserBatch(np.array([0], dtype=np.int32), log.histories().take(np.array([0])), np.array([30 * DAY]))
    )
    assert_allclose(scores[0, :2], [2 * 2**-3, 2**-1])
    assert scores[0, 2] < scores[0, 3] < 0


def test_without_dates_the_decay_goes_by_position() -> None:
    histories = Histories(np.array([0, 3]), np.array([1, 1, 0], dtype=np.int32), np.ones(3, dtype=np.float32))
    log = Interactions(np.zeros(3, dtype=np.int32), histories.items, histories.values, 1, 2, order="sequence")
    model = Personal(PersonalConfig(decay=0.5)).fit(TrainingData(log, Catalog(), None), RunOptions())
    scores = model.score(UserBatch(np.array([0], dtype=np.int32), histories))
    assert_allclose(scores, [[1, 0.25 + 0.5]])

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Histories, Pairs, UserBatch
from recx.errors import UsageError
from recx.models.base import Reason
from recx.models.baseline.bias import Bias
from recx.models.baseline.config import BiasConfig
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import RUN, PredictsRatings
from tests.models.planted import log_of, planted, ratings


class TestBias(ReadsHistories, ExplainsItself, LearnsNewEvents, PredictsRatings):
    config = BiasConfig(reg_user=1.0, reg_item=1.0)
    rmse = 1.1
    """Of the planted ratings it can know all but the taste, which is 1 or -1."""
    update_bound = 0.0


def test_without_a_penalty_two_by_two_ratings_are_solved_by_hand() -> None:
    log = planted(log_of([(0, 0, 5.0), (0, 1, 3.0), (1, 0, 3.0), (1, 1, 1.0)], 2, 2), [0, 0])
    model = Bias(BiasConfig(reg_user=0, reg_item=0)).fit(log.data, RUN)
    assert_allclose(model.score(log.batch), [[5, 3], [3, 1]], rtol=1e-6)
    assert model.explain(log.batch, 0, 1) == (
        Reason("bias", "mean", 3.0), Reason("bias", "user", 1.0), Reason("bias", "item", -1.0)
    )  # fmt: skip


def test_the_penalty_counts_as_so_many_ratings_without_a_bias() -> None:
    log = planted(log_of([(0, 0, 5.0), (0, 1, 5.0), (1, 2, 1.0), (1, 3, 1.0)], 2, 4), [0, 0])
    model = Bias(BiasConfig(reg_user=2, reg_item=1e9)).fit(log.data, RUN)
    assert_allclose(model.score(log.batch)[:, 0], [3 + 4 / (2 + 2), 3 - 4 / (2 + 2)], rtol=1e-6)


def test_a_stranger_is_as_strict_as_its_history() -> None:
    log = ratings()
    model = Bias(BiasConfig()).fit(log.data, RUN)
    history = Histories(np.array([0, 2]), np.array([3, 8], np.int32), np.array([1.0, 2.0], np.float32))
    stranger = UserBatch(np.array([-1], dtype=np.int32), history)
    left = history.values - model.biases.mean - model.biases.items[[3, 8]]
    expected = model.biases.mean + model.biases.items[5] + left.sum() / (2 + 15)
    predicted = model.rate(stranger, Pairs(np.zeros(1, np.int32), np.array([5], np.int32)))
    assert_allclose(predicted, [expected], rtol=1e-6)


def test_a_penalty_below_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="must be 0 or more"):
        Bias(BiasConfig(reg_item=-1)).fit(ratings().data, RUN)

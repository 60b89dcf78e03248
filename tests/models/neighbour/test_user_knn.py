from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from recx.data import Histories, Pairs, UserBatch
from recx.models.base import take_rows
from recx.models.neighbour.config import UserKNNConfig
from recx.models.neighbour.user_knn import UserKNN
from tests.models.contract import RUN, ExplainsItself, LearnsNewEvents, LearnsTaste, PredictsRatings
from tests.models.planted import clusters, log_of, planted


class TestCosine(ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = UserKNNConfig(neighbours=30)


class TestJaccard(ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = UserKNNConfig(similarity="jaccard", values="log", neighbours=30, own=0.5)


class TestPearson(ExplainsItself, LearnsNewEvents, PredictsRatings):
    config = UserKNNConfig(similarity="pearson", neighbours=20, shrink=1)


def test_cosine_by_hand_and_nobody_is_its_own_neighbour() -> None:
    # users {0, 1}, {0, 1, 2}, {1, 2}
    rows = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0), (2, 1, 1.0), (2, 2, 1.0)]
    log = planted(log_of(rows, 3, 3), [2, 0, 0])
    model = UserKNN(UserKNNConfig(weighting="none")).fit(log.data, RUN)
    near, far = 2 / np.sqrt(2 * 3), 1 / np.sqrt(2 * 2)
    assert_allclose(model.score(log.batch)[0], [near, near + far, near + far], rtol=1e-6)
    nearest = UserKNN(UserKNNConfig(weighting="none", neighbours=1)).fit(log.data, RUN)
    assert_allclose(nearest.score(log.batch)[0], [near, near, near], rtol=1e-6)


def test_a_stranger_is_compared_with_everybody_by_its_history() -> None:
    # users {0, 1}, {0, 1, 2}, {1, 2}; the stranger has {0, 2}
    rows = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0), (2, 1, 1.0), (2, 2, 1.0)]
    model = UserKNN(UserKNNConfig(weighting="none")).fit(planted(log_of(rows, 3, 3), [2, 0, 0]).data, RUN)
    history = Histories(np.array([0, 2]), np.array([0, 2], dtype=np.int32), np.ones(2, dtype=np.float32))
    stranger = UserBatch(np.array([-1], dtype=np.int32), history)
    first, second, third = 1 / 2, 2 / np.sqrt(2 * 3), 1 / 2
    expected = [[first + second, first + second + third, second + third]]
    assert model.knows(stranger).all()
    assert_allclose(model.score(stranger), expected, rtol=1e-6)


def test_a_user_with_a_new_history_is_a_stranger_but_for_its_own_rows() -> None:
    log = clusters()
    model = UserKNN(TestCosine.config).fit(log.data, RUN)
    without = UserKNN(TestCosine.config).fit(
        replace(log.data, interactions=log.log.take(log.log.users != 7)), RUN
    )
    one = take_rows(log.batch, np.array([7]))
    stranger = replace(one, users=np.array([-1], dtype=np.int32))
    # without its rows every word is a little rarer, so the scores are close, not equal
    assert_allclose(without.score(stranger), model.score(one), rtol=0.05, atol=0.05)


def test_a_rating_without_near_raters_is_the_baseline() -> None:
    rows = [(0, 0, 5.0), (0, 1, 3.0), (1, 0, 5.0), (1, 1, 3.0), (2, 2, 1.0)]
    log = planted(log_of(rows, 3, 3), [2, 2, 0])
    model = UserKNN(UserKNNConfig(similarity="pearson")).fit(log.data, RUN)
    bias = model.biases
    expected = bias.mean + bias.of_users(log.batch.histories)[0] + bias.items[2]
    pairs = Pairs(np.array([0], dtype=np.int32), np.array([2], dtype=np.int32))
    assert_allclose(model.rate(log.batch, pairs), expected, rtol=1e-6)

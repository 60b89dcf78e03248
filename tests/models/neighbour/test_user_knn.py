from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Histories, Pairs, UserBatch
from recx.models.base import take_rows
from recx.models.neighbour.config import UserKNNConfig
from recx.models.neighbour.user_knn import UserKNN
from tests.models.abilities import ExplainsItself, LearnsNewEvents
from tests.models.contract import RUN, LearnsTaste, PredictsRatings
from tests.models.planted import clusters, log_of, planted, ratings


class TestCosine(ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = UserKNNConfig(neighbours=30)


class TestJaccard(ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = UserKNNConfig(similarity="jaccard", values="log", neighbours=30, own=0.5)


class TestRecent(ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = UserKNNConfig(neighbours=30, weighting="tfidf", values="sum", decay=0.9)


class TestBaseline(ExplainsItself, LearnsNewEvents, PredictsRatings):
    config = UserKNNConfig(similarity="baseline", neighbours=20, shrink=1)


class TestPearson(ExplainsItself, LearnsNewEvents, PredictsRatings):
    config = UserKNNConfig(similarity="pearson", neighbours=20)


class TestAdjusted(ExplainsItself, LearnsNewEvents, PredictsRatings):
    config = UserKNNConfig(similarity="adjusted", neighbours=20)


@pytest.mark.parametrize("similarity", ["pearson", "adjusted", "baseline"])
def test_users_are_correlated_over_what_both_rated(similarity: str) -> None:
    log = ratings(n_users=20, n_items=15)
    model = UserKNN(UserKNNConfig(similarity=similarity, neighbours=20, shrink=3.0)).fit(log.data, RUN)
    values = log.log.matrix("last").toarray().astype(np.float64)
    rated = values > 0
    biases = model.biases
    expected = biases.mean + biases.of_users(log.log.histories())[:, None] + biases.items
    of_users, of_items = (values.sum(axis=at) / rated.sum(axis=at) for at in (1, 0))
    middle = {"pearson": of_users[:, None], "adjusted": of_items, "baseline": expected}[similarity]
    x = np.where(rated, values - middle, 0)
    both = rated.astype(float) @ rated.T
    correlation = x @ x.T / np.sqrt((x**2 @ rated.T) * (rated @ x.T**2)) * (both - 1) / (both - 1 + 3)
    nearest, found = model._nearest(log.batch, 20)
    dense = np.zeros((20, 20))
    rows = np.repeat(np.arange(20), (nearest >= 0).sum(axis=1))
    dense[rows, nearest[nearest >= 0]] = found[nearest >= 0]
    np.fill_diagonal(correlation, 0)
    assert_allclose(dense, np.maximum(correlation, 0), atol=1e-5)


def test_older_events_count_less_for_the_user_and_for_its_neighbours() -> None:
    # user 1 has {0, 1}, user 2 {1, 0}: the newer counts 1, the older .5
    rows = [(0, 0, 1.0), (1, 0, 1.0), (1, 1, 1.0), (2, 1, 1.0), (2, 0, 1.0)]
    log = planted(log_of(rows, 3, 2, times=False), [0] * 3)
    config = UserKNNConfig(weighting="none", decay=0.5)
    length = np.sqrt(1 + 0.25)
    first, second = 0.5 / length, 1 / length  # how like user 0 they are
    scores = UserKNN(config).fit(log.data, RUN).score(log.batch)[0]
    assert_allclose(scores, [first * 0.5 + second, first + second * 0.5], rtol=1e-6)


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
    model = UserKNN(UserKNNConfig(similarity="baseline")).fit(log.data, RUN)
    bias = model.biases
    expected = bias.mean + bias.of_users(log.batch.histories)[0] + bias.items[2]
    pairs = Pairs(np.array([0], dtype=np.int32), np.array([2], dtype=np.int32))
    assert_allclose(model.rate(log.batch, pairs), expected, rtol=1e-6)

"""weighted and greedy: the weights they find, and what scores are made of them."""

import numpy as np
import pytest

from recx.fuse.fusers import create
from recx.fuse.fusers.config import GreedyConfig, WeightedConfig, WeightsConfig
from recx.fuse.fusers.greedy import Greedy
from recx.fuse.fusers.weighted import Weighted
from tests.fuse.fusers.contract import FuserContract, RatingContract
from tests.fuse.tables import lesson, planted, planted_ratings, ranked, scored, with_labels


class TestWeighted(FuserContract, RatingContract):
    config = WeightedConfig()


class TestGreedy(FuserContract, RatingContract):
    config = GreedyConfig(library=1.0)


@pytest.mark.parametrize("config", [WeightedConfig(), GreedyConfig(rounds=100, library=1.0)])
def test_weights_of_ratings_are_those_of_the_least_squares(config: WeightsConfig) -> None:
    # errors of variance 1 and 4 that are independent: weights 4/5 and 1/5
    table = planted_ratings(np.random.default_rng(0), (0.4, 0.8), (0.0, 0.0), users=2000)
    found = create(config).fit(table, None, lesson(metric="rmse"))
    assert isinstance(found, Weighted | Greedy)
    assert found.weights == pytest.approx([0.8, 0.2], abs=0.03)


def test_greedy_adds_the_base_that_helps_most_and_keeps_the_best_step() -> None:
    # a puts the only relevant item second, b first: b alone is perfect, and nothing is added to it
    table = with_labels(scored([[3, 1], [2, 5], [1, 3]]), [0, 1, 0])
    found = Greedy(GreedyConfig(library=1.0)).fit(table, None, lesson())
    assert found.weights.tolist() == [0, 1]


def test_bags_spread_the_weight_over_bases_that_are_alike() -> None:
    table = planted(np.random.default_rng(0), (1.0,) * 6, users=60)
    plain, bagged = (
        Greedy(GreedyConfig(library=library, rounds=2)).fit(table, None, lesson()) for library in (1.0, 0.5)
    )
    # two choices are two bases at most; every bag has its own two
    assert (plain.weights > 0).sum() == 2
    assert (bagged.weights > 0).sum() > 3 and bagged.weights.sum() == pytest.approx(1)


def test_only_together_can_two_bases_be_right_about_both_users() -> None:
    # either base misses one of the two users by little and is right about the other by much
    table = with_labels(scored([[0, 9], [1, 0], [9, 0], [0, 1]], sizes=[2, 2]), [1, 0, 1, 0])
    for fuser in (Weighted(WeightedConfig()), Greedy(GreedyConfig(library=1.0))):
        found = fuser.fit(table, None, lesson())
        assert lesson().judge.on(table).value(found.score(table)) == 1
        assert (found.weights > 0).all()


def test_a_base_without_the_user_leaves_its_weight_to_the_others() -> None:
    fuser = Weighted(WeightedConfig())
    fuser.weights = np.array([0.5, 0.25, 0.25])
    knows = np.array([[True, True, True], [False, True, True], [False, False, False]])
    rows = scored([[4, 2, 6], [4, 2, 6], [4, 2, 6]], knows=knows)
    assert fuser.score(rows) == pytest.approx([4, 4, 4])
    fuser.weights = np.array([1.0, 0.0, 0.0])
    # of those that know the second user none has a weight, so they weigh alike; nobody knows the third
    assert fuser.score(rows) == pytest.approx([4, 4, 4])


def test_what_is_weighted_can_be_ranks() -> None:
    fuser = Weighted(WeightedConfig(norm="rank"))
    fuser.weights = np.array([0.75, 0.25])
    assert fuser.score(ranked([[1, 0], [0, 1]])) == pytest.approx([0.75 / 61, 0.25 / 61])

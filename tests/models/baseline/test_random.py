from dataclasses import replace

import numpy as np
from numpy.testing import assert_array_equal

from recx.models.base import RunOptions, take_rows
from recx.models.baseline.config import RandomConfig
from recx.models.baseline.random import Random
from tests.models.contract import ModelContract
from tests.models.planted import clusters, log_of, planted


class TestRandom(ModelContract):
    config = RandomConfig()
    rtol = 0.0


def splitmix64(number: int) -> int:
    """The published steps on Python's own integers."""
    mask = 2**64 - 1
    mixed = (number + 0x9E3779B97F4A7C15) & mask
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & mask
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & mask
    return mixed ^ (mixed >> 31)


def test_a_score_is_the_hash_of_seed_user_and_item() -> None:
    assert splitmix64(0) == 0xE220A8397B1DCDAF  # the first number that the published code draws from seed 0
    log = clusters()
    scores = Random(RandomConfig()).fit(log.data, RunOptions(seed=7)).score(log.batch)
    for user, item in ((0, 0), (3, 5), (159, 63)):
        drawn = splitmix64(splitmix64(splitmix64(7) ^ user) ^ item)
        assert scores[user, item] == np.float32((drawn >> 40) / 2**24)


def test_another_seed_is_another_draw() -> None:
    log = clusters()
    first, second = (
        Random(RandomConfig()).fit(log.data, RunOptions(seed=s)).score(log.batch) for s in (0, 1)
    )
    assert np.mean(first == second) < 0.01


def test_scores_depend_neither_on_the_block_nor_on_the_log() -> None:
    log = clusters()
    model = Random(RandomConfig()).fit(log.data, RunOptions())
    whole = model.score(log.batch)
    rows = np.array([150, 2, 77])
    assert_array_equal(model.score(take_rows(log.batch, rows)), whole[rows])
    other = Random(RandomConfig()).fit(planted(log_of([(0, 0, 1.0)], 160, 64), [0]).data, RunOptions())
    assert_array_equal(other.score(log.batch), whole)


def test_the_numbers_are_uniform_and_those_of_two_users_unrelated() -> None:
    log = clusters()
    batch = replace(log.batch, users=np.arange(160, dtype=np.int32))
    scores = Random(RandomConfig()).fit(log.data, RunOptions()).score(batch).astype(np.float64)
    assert scores.min() >= 0 and scores.max() < 1
    assert abs(scores.mean() - 1 / 2) < 0.01 and abs(scores.var() - 1 / 12) < 0.01
    assert np.abs(np.corrcoef(scores) - np.eye(160)).max() < 0.6

import numpy as np
from numpy.testing import assert_allclose

from recx.models.biases import Biases
from tests.models.planted import log_of, ratings


def test_the_biases_are_the_ridge_solution() -> None:
    log = ratings(n_users=12, n_items=9).log
    biases = Biases.of(log, reg_user=3, reg_item=2)
    design = np.zeros((len(log), 21))
    design[np.arange(len(log)), log.users] = 1
    design[np.arange(len(log)), 12 + log.items] = 1
    ridge = np.diag([3.0] * 12 + [2.0] * 9)
    mean = log.values.mean()
    solved = np.linalg.solve(design.T @ design + ridge, design.T @ (log.values - mean))
    assert_allclose(biases.items, solved[12:], atol=2e-3)
    assert_allclose(biases.of_users(log.histories()), solved[:12], atol=2e-3)


def test_a_user_without_ratings_has_no_bias() -> None:
    log = log_of([(0, 0, 5.0), (0, 1, 4.0)], 2, 2)
    assert Biases.of(log).of_users(log.histories())[1] == 0

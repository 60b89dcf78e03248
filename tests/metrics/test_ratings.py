"""Errors of ratings and of calibrated interest."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from recx.metrics import error_metric
from recx.metrics.ratings import Errors

RANDOM = np.random.default_rng(0)


def test_rating_errors_agree_with_scikit_learn() -> None:
    from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

    truth, guess = RANDOM.integers(1, 6, 500).astype(float), RANDOM.uniform(1, 5, 500)
    errors = Errors(np.sort(RANDOM.integers(0, 40, 500)).astype(np.int32), guess - truth)
    assert error_metric("mse")(errors) == pytest.approx(mean_squared_error(truth, guess))
    assert error_metric("rmse")(errors) == pytest.approx(root_mean_squared_error(truth, guess))
    assert error_metric("mae")(errors) == pytest.approx(mean_absolute_error(truth, guess))


def test_log_loss_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import brier_score_loss
    from sklearn.metrics import log_loss as theirs

    taken, chance = RANDOM.random(400) < 0.5, RANDOM.uniform(0.01, 0.99, 400)
    errors = Errors(np.zeros(400, np.int32), chance - taken)
    assert error_metric("log_loss")(errors) == pytest.approx(theirs(taken, chance))
    assert error_metric("mse")(errors) == pytest.approx(brier_score_loss(taken, chance))


def test_log_loss_counted_by_hand() -> None:
    # taken and given 3/4, not taken and given 1/2
    errors = Errors(np.zeros(2, np.int32), np.array([3 / 4 - 1, 1 / 2]))
    assert error_metric("log_loss")(errors) == pytest.approx((-log(3 / 4) - log(1 / 2)) / 2)


def test_a_certainty_that_was_wrong_has_a_finite_log_loss() -> None:
    assert 30 < error_metric("log_loss")(Errors(np.zeros(1, np.int32), np.array([1.0]))) < 40


def test_rmse_user_is_the_mean_of_each_users_rmse() -> None:
    errors = Errors(np.array([3, 3, 8], np.int32), np.array([1.0, 3.0, -2.0]))
    assert error_metric("rmse_user")(errors) == pytest.approx((5**0.5 + 2) / 2)
    assert error_metric("rmse")(errors) == pytest.approx((14 / 3) ** 0.5)


def test_mse_norm_is_that_of_ratings_mapped_to_0_and_1() -> None:
    truth, guess = np.array([1.0, 3.0, 5.0]), np.array([2.0, 3.0, 1.0])
    users = np.zeros(3, np.int32)
    mapped = Errors(users, (guess - 1) / 4 - (truth - 1) / 4)
    normed = error_metric("mse_norm")(Errors(users, guess - truth, span=4.0))
    assert normed == pytest.approx(error_metric("mse")(mapped))
    assert normed == pytest.approx((1 + 0 + 16) / 3 / 16)
    with pytest.raises(ValueError, match="the scale of the ratings is unknown"):
        error_metric("mse_norm")(Errors(users, guess - truth))

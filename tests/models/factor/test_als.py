import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.factor.als import ALS
from recx.models.factor.config import ALSConfig
from recx.models.recency import csr, weigh
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters


class TestALS(LearnsTaste):
    config = ALSConfig(factors=8)


class TestConfidence(LearnsTaste):
    config = ALSConfig(factors=6, values="log", unobserved=0.5, reg=0.01, reg_power=0.5)


def test_the_loss_never_rises() -> None:
    model = ALS(ALSConfig(factors=6, epochs=12, reg=0.01)).fit(clusters().data, RUN)
    losses = np.array([report.loss for report in model.history])
    assert (np.diff(losses) < 1e-6).all() and losses[-1] < 0.8 * losses[0]


def test_the_loss_is_that_of_all_pairs() -> None:
    log = clusters()
    config = ALSConfig(factors=6, epochs=1, reg=0.01)
    model = ALS(config).fit(log.data, RUN)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    # the epoch solved the users against the items it began with
    start = np.random.default_rng(RUN.seed).standard_normal((64, 6), dtype=np.float32) * 0.1 / np.sqrt(6)
    users = np.array(
        [
            np.linalg.solve(
                start.T @ (start * (row + 0.1)[:, None]) + 0.01 * (row.sum() + 6.4) * np.eye(6), row @ start
            )
            for row in x
        ]
    )
    predicted = users @ model.items.T.astype(np.float64)
    loss = (x * (1 - predicted) ** 2).sum() + 0.1 * (predicted**2).sum()
    loss += 0.01 * ((x.sum(1) + 6.4) * (users**2).sum(1)).sum()
    loss += 0.01 * ((x.sum(0) + 16) * (model.items**2).sum(1)).sum()
    assert_allclose(model.history[0].loss, loss / x.sum(), rtol=1e-4)


def test_a_user_is_solved_from_the_history_that_comes_with_the_question() -> None:
    log = clusters()
    model = ALS(ALSConfig(factors=6)).fit(log.data, RUN)
    matrix = weigh(log.log.histories(), 64)
    assert_allclose(model.score(log.batch), model.users(csr(matrix)) @ model.items.T, rtol=1e-5)
    y, row = model.items.astype(np.float64), matrix.toarray()[3].astype(np.float64)
    left = y.T @ (y * (row + 0.1)[:, None]) + 0.001 * (row.sum() + 6.4) * np.eye(6)
    assert_allclose(model.score(log.batch)[3], y @ np.linalg.solve(left, row @ y), rtol=1e-3, atol=1e-4)


def test_an_unobserved_weight_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="unobserved above 0"):
        ALS(ALSConfig(unobserved=0)).fit(clusters().data, RUN)

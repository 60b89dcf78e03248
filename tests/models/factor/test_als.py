import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.factor.als import ALS, _Trainer
from recx.models.factor.config import ALSConfig
from recx.models.recency import csr, weigh
from tests.models.contract import RUN, ExplainsItself, LearnsNewEvents, LearnsTaste
from tests.models.planted import clusters


class TestALS(ExplainsItself, LearnsTaste):
    config = ALSConfig(factors=6)


class TestExact(LearnsTaste):
    config = ALSConfig(factors=8, solver="cholesky")


class TestUpdate(LearnsNewEvents, LearnsTaste):
    """A refit of a strongly regularised model, trained to the end, finds the same minimum."""

    config = ALSConfig(factors=4, epochs=100, reg=0.01, update_epochs=30)
    update_bound = 0.05


class TestConfidence(LearnsTaste):
    config = ALSConfig(factors=6, values="log", unobserved=0.5, reg=0.01, reg_power=0.5)


def test_the_loss_never_rises() -> None:
    model = ALS(ALSConfig(factors=6, epochs=12, reg=0.01)).fit(clusters().data, RUN)
    losses = np.array([report.loss for report in model.history])
    assert (np.diff(losses) < 1e-6).all() and losses[-1] < 0.8 * losses[0]


def test_the_loss_is_that_of_all_pairs() -> None:
    log = clusters()
    config = ALSConfig(factors=6, epochs=1, reg=0.01, solver="cholesky")
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


def test_conjugate_gradients_reach_the_loss_of_exact_solutions() -> None:
    losses = [
        ALS(ALSConfig(factors=12, reg=0.01, solver=solver)).fit(clusters().data, RUN).history[-1].loss
        for solver in ("cg", "cholesky")
    ]
    assert_allclose(losses[0], losses[1], rtol=0.01)


def test_the_loss_that_conjugate_gradients_report_is_that_of_all_pairs() -> None:
    log = clusters().log
    model = ALS(ALSConfig(factors=6, reg=0.01))
    start = np.random.default_rng(0).standard_normal((64, 6)).astype(np.float32)
    trainer = _Trainer(model, log, start, "cg")
    told = [trainer.epoch(number) for number in (1, 2)][-1]
    x = weigh(log.histories(), 64).toarray()
    predicted = trainer.users @ trainer.items.T
    loss = (x * (1 - predicted) ** 2).sum() + 0.1 * (predicted**2).sum()
    loss += 0.01 * (
        (x.sum(1) + 6.4) @ (trainer.users**2).sum(1) + (x.sum(0) + 16) @ (trainer.items**2).sum(1)
    )
    assert_allclose(told, loss / x.sum(), rtol=1e-4)


def test_an_item_of_the_history_adds_its_share_of_the_users_factors() -> None:
    log = clusters()
    model = ALS(ALSConfig(factors=6)).fit(log.data, RUN)
    row = weigh(log.log.histories(), 64).toarray()[3].astype(np.float64)
    y = model.items.astype(np.float64)
    left = y.T @ (y * (row + 0.1)[:, None]) + 0.001 * (row.sum() + 6.4) * np.eye(6)
    shares = row * (y @ np.linalg.inv(left) @ y[5])
    told = {reason.what: reason.value for reason in model.explain(log.batch, 3, 5)}
    assert told.keys() == set(np.flatnonzero(row).tolist())
    assert_allclose([told[j] for j in np.flatnonzero(row)], shares[row > 0], rtol=1e-3, atol=1e-5)


def test_an_unknown_solver_is_refused() -> None:
    with pytest.raises(UsageError, match="no solver called 'cgg'; did you mean 'cg'"):
        ALS(ALSConfig(solver="cgg")).fit(clusters().data, RUN)


def test_an_unobserved_weight_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="unobserved above 0"):
        ALS(ALSConfig(unobserved=0)).fit(clusters().data, RUN)

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.arrays import Bool
from recx.data import Catalog, Interactions, TrainingData
from recx.errors import UsageError
from recx.models.base import RunOptions
from recx.models.factor.als import ALS, _Trainer
from recx.models.factor.config import ALSConfig
from recx.models.recency import csr, weigh
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters


class TestALS(ReadsHistories, ExplainsItself, LearnsTaste):
    config = ALSConfig(factors=6)


class TestExact(LearnsTaste):
    config = ALSConfig(factors=8, solver="cholesky")


class TestUpdate(LearnsNewEvents, LearnsTaste):
    """A refit of a strongly regularised model, trained to the end, finds the same minimum."""

    config = ALSConfig(factors=4, epochs=100, reg=0.01, update_epochs=30)
    update_bound = 0.05


def minimum(model: ALS, log: Interactions) -> float:
    """The loss on a log at the model's items, with the best factors for its users."""
    x = weigh(log.histories(), log.n_items, model.config.values)
    users, items = model.users(csr(x)).astype(np.float64), model.items.astype(np.float64)
    config = model.config
    at = np.repeat(np.arange(log.n_users), np.diff(x.indptr))
    predicted = np.einsum("ef,ef->e", users[at], items[x.indices])
    loss = x.data @ (1 - predicted) ** 2 + config.unobserved * np.sum((users.T @ users) * (items.T @ items))
    for factors, known, n in ((users, x.sum(axis=1), log.n_items), (items, x.sum(axis=0), log.n_users)):
        loss += config.reg * (known + config.unobserved * n) ** config.reg_power @ np.sum(factors**2, axis=1)
    return float(loss)


def grown(log: Interactions, share: float) -> tuple[Interactions, Bool]:
    """The log and which of its rows are new: a share of its newest, and all of some users and items, which
    get the highest numbers.
    """
    assert log.times is not None
    new = np.asarray(log.times > np.quantile(log.times, 1 - share))
    for ids in (log.users, log.items):
        new |= np.isin(ids, np.unique(ids)[:: int(4 / share)])
    first_seen = [np.zeros(n, dtype=bool) for n in (log.n_users, log.n_items)]
    for known, ids in zip(first_seen, (log.users, log.items), strict=True):
        known[ids[~new]] = True
    users, items = (np.argsort(np.argsort(~known, kind="stable")).astype(np.int32) for known in first_seen)
    order = np.argsort(users[log.users], kind="stable")
    parts = users[log.users][order], items[log.items][order], log.values[order]
    return Interactions(*parts, log.n_users, log.n_items, log.times[order], order="time"), new[order]


def early_part(log: Interactions, new: Bool) -> Interactions:
    """The rows that are not new, in an id space without users and items that are."""
    early = log.take(~new)
    return replace(early, n_users=int(early.users.max()) + 1, n_items=int(early.items.max()) + 1)


def check_bound(log: Interactions, share: float, config: ALSConfig) -> None:
    """What the docstring of ALS says, against refits from three seeds."""
    log, new = grown(log, share)
    early = early_part(log, new)
    assert early.n_users < log.n_users and early.n_items < log.n_items and new.mean() < 0.1
    data = TrainingData(log, Catalog(), None)
    refits = [minimum(ALS(config).fit(data, RunOptions(seed=seed)), log) for seed in range(3)]
    for seed in range(3):
        model = ALS(config).fit(TrainingData(early, Catalog(), None), RunOptions(seed=seed))
        kept = model.items.copy()
        assert minimum(model.update(data, new), log) <= 1.005 * min(refits)
        assert not np.array_equal(model.items[: len(kept)], kept)


@pytest.mark.parametrize("share", [0.01, 0.05])
@pytest.mark.parametrize("config", [ALSConfig(), ALSConfig(factors=16, reg=0.01, values="log")])
def test_after_an_update_the_loss_is_within_half_a_percent_of_a_refits(
    share: float, config: ALSConfig
) -> None:
    check_bound(clusters(n_users=600, n_items=160, n_clusters=8).log, share, config)


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_on_movielens_too(share: float, data_home: Path) -> None:
    rows = np.loadtxt(data_home / "ml-100k" / "u.data", dtype=np.int64)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 0]))]
    users, items = (np.unique(column, return_inverse=True)[1].astype(np.int32) for column in rows.T[:2])
    values = np.ones(len(rows), dtype=np.float32)
    log = Interactions(users, items, values, 943, 1682, rows[:, 3].copy(), order="time")
    check_bound(log, share, ALSConfig())


class TestConfidence(ReadsHistories, LearnsTaste):
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
    with pytest.raises(UsageError, match="unobserved is 0, it must be above 0"):
        ALS(ALSConfig(unobserved=0)).fit(clusters().data, RUN)

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.linear import ease
from recx.models.linear.config import EASEConfig
from recx.models.linear.ease import EASE
from recx.models.recency import weigh
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import RUN, LearnsTaste, ModelContract
from tests.models.planted import Planted, clusters, log_of, planted


class Corrects(LearnsNewEvents):
    """An update is a correction, however many users have new events."""

    update_bound = 1e-5  # float32's rounding

    @pytest.fixture(autouse=True)
    def corrected(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ease, "MOST_CHANGED", np.inf)


class TestPrimal(ReadsHistories, ExplainsItself, Corrects, LearnsTaste):
    config = EASEConfig(reg=10)  # more users than items


class TestSparse(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = EASEConfig(reg=10, values="log", diagonal="free", neighbours=30)


class TestNonnegative(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = EASEConfig(reg=10, nonnegative=True)


class TestFree(ReadsHistories, ExplainsItself, Corrects, ModelContract):
    config = EASEConfig(reg=10, values="log", diagonal="free")


class TestDual(ReadsHistories, ExplainsItself, LearnsNewEvents, ModelContract):
    config = EASEConfig(reg=10)
    log = "wide"  # more items than users

    def test_it_is_the_dual_form(self, known: Planted) -> None:
        assert "kernel" in EASE(self.config).fit(known.data, RUN).arrays()


@pytest.mark.parametrize("diagonal", ["zero", "free"])
def test_a_few_new_events_are_learnt_by_a_correction_alone(
    diagonal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = clusters()
    new = np.zeros(len(log.log), dtype=bool)
    new[[5, 70, 71, 300]] = True
    before = replace(log.data, interactions=log.log.take(~new))
    config = EASEConfig(reg=7, values="log", diagonal=diagonal)
    model = EASE(config).fit(before, RUN)
    monkeypatch.setattr(EASE, "_refit", lambda *_: pytest.fail("a refit"))
    model.update(log.data, new)
    monkeypatch.undo()
    expected = EASE(config).fit(log.data, RUN).score(log.batch)
    assert_allclose(model.score(log.batch), expected, rtol=1e-4, atol=1e-5)


def test_new_users_and_items_are_learnt_by_a_correction_too(monkeypatch: pytest.MonkeyPatch) -> None:
    log = clusters().log
    # two items and a user join: the user takes item 3 and both, user 9 one of them
    rows = [*zip(log.users.tolist(), log.items.tolist(), log.values.tolist(), strict=True)]
    joined = [(160, 3, 1.0), (160, 64, 1.0), (160, 65, 1.0), (9, 65, 1.0)]
    after = planted(log_of([*rows, *joined], 161, 66), [0] * 161)
    new = (after.log.users == 160) | (after.log.items >= 64)
    assert new.sum() == len(joined)
    model = EASE(EASEConfig(reg=7)).fit(planted(log_of(rows, 160, 64), [0] * 160).data, RUN)
    monkeypatch.setattr(EASE, "_refit", lambda *_: pytest.fail("a refit"))
    model.update(after.data, new)
    monkeypatch.undo()
    expected = EASE(EASEConfig(reg=7)).fit(after.data, RUN).score(after.batch)
    assert_allclose(model.score(after.batch), expected, rtol=1e-4, atol=1e-5)


def wide() -> Planted:
    """Fewer users than items."""
    return clusters(n_users=40, n_items=64)


def test_weights_minimise_the_ridge_with_a_zero_diagonal() -> None:
    log = clusters()
    weights = EASE(EASEConfig(reg=7)).fit(log.data, RUN).weights["weights"]
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    for item in (0, 17, 63):
        others = np.delete(np.arange(64), item)
        solved = np.linalg.solve(x[:, others].T @ x[:, others] + 7 * np.eye(63), x[:, others].T @ x[:, item])
        assert_allclose(weights[others, item], solved, atol=1e-5)
        assert weights[item, item] == 0


@pytest.mark.parametrize("diagonal", ["zero", "free"])
@pytest.mark.parametrize("values", ["binary", "log"])
def test_fewer_users_than_items_give_the_same_scores_by_another_way(diagonal: str, values: str) -> None:
    log = wide()
    settings = EASEConfig(reg=7, diagonal=diagonal, values=values)
    dual, sparse = (
        EASE(settings).fit(log.data, RUN),
        EASE(replace(settings, neighbours=64)).fit(log.data, RUN),
    )
    assert "kernel" in dual.arrays() and "kernel" not in sparse.arrays()
    x = weigh(log.log.histories(), 64, values).toarray().astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + 7 * np.eye(64))
    weights = np.eye(64) - inverse / np.diag(inverse) if diagonal == "zero" else np.eye(64) - 7 * inverse
    expected = weigh(log.batch.histories, 64, values).toarray() @ weights
    for model in (dual, sparse):
        assert_allclose(model.score(log.batch), expected, rtol=1e-3, atol=1e-5)


def test_few_users_are_scored_alike_whether_their_history_was_fitted_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """User 1 has no events; every third has bought on since the fit."""
    log = wide().log
    pairs = zip(log.users.tolist(), log.items.tolist(), log.values.tolist(), strict=True)
    rows = [row for row in pairs if row[0] != 1]
    before = planted(log_of(rows, 40, 64), [0] * 40)
    model = EASE(EASEConfig(reg=7)).fit(before.data, RUN)
    x = weigh(before.log.histories(), 64).toarray().astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + 7 * np.eye(64))
    weights = np.eye(64) - inverse / np.diag(inverse)
    x[::3, 5] = 1
    after = planted(log_of([(u, i, 1.0) for u, i in zip(*np.nonzero(x), strict=True)], 40, 64), [0] * 40)
    multiplied = []
    product = EASE._times_kernel
    monkeypatch.setattr(
        EASE, "_times_kernel", lambda own, h: multiplied.append(h.shape[0]) or product(own, h)
    )
    assert_allclose(model.score(after.batch), x @ weights, rtol=1e-3, atol=1e-5)
    held = {tuple(row) for row in weigh(before.log.histories(), 64).toarray()[np.arange(40) != 1]}
    assert multiplied == [sum(tuple(row.astype(np.float32)) not in held for row in x)]
    assert 10 < multiplied[0] < 20


@pytest.mark.parametrize("block", [5, 64])
def test_few_users_keep_the_largest_weights_of_every_item(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ease, "BLOCK", block)
    log = wide()
    learnt = EASE(EASEConfig(reg=7, neighbours=3)).fit(log.data, RUN).arrays()
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + 7 * np.eye(64))
    weights = np.eye(64) - inverse / np.diag(inverse)
    for item in (0, 31, 63):
        kept = slice(*learnt["indptr"][item : item + 2])
        assert_allclose(learnt["values"][kept], weights[item, learnt["items"][kept]], atol=1e-5)
        assert_allclose(np.abs(learnt["values"][kept]).min(), np.sort(np.abs(weights[item]))[-3], atol=1e-5)


@pytest.mark.parametrize("n_users", [40, 160], ids=["dual", "primal"])
@pytest.mark.parametrize("diagonal", ["zero", "free"])
def test_weights_below_0_are_not_heard(n_users: int, diagonal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "BLOCK", 5)
    log = clusters(n_users=n_users, n_items=64)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + 7 * np.eye(64))
    weights = np.eye(64) - inverse / np.diag(inverse) if diagonal == "zero" else np.eye(64) - 7 * inverse
    assert np.mean(weights < -1e-3) > 0.1
    heard = np.maximum(weights, 0)
    for kept in (0, 64, 3):
        settings = EASEConfig(reg=7, diagonal=diagonal, nonnegative=True, neighbours=kept)
        model = EASE(settings).fit(log.data, RUN)
        if kept == 3:
            heard[heard < np.sort(heard, axis=1)[:, [-3]]] = 0
        expected = weigh(log.batch.histories, 64).toarray() @ heard
        assert_allclose(model.score(log.batch), expected, rtol=1e-3, atol=1e-5)


def test_a_free_diagonal_is_plain_ridge() -> None:
    log = clusters()
    weights = EASE(EASEConfig(reg=7, diagonal="free")).fit(log.data, RUN).weights["weights"]
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    assert_allclose(weights, np.linalg.solve(x.T @ x + 7 * np.eye(64), x.T @ x), atol=1e-5)


def test_only_the_largest_weights_are_kept() -> None:
    log = clusters()
    dense = EASE(EASEConfig(reg=7)).fit(log.data, RUN).weights["weights"]
    learnt = EASE(EASEConfig(reg=7, neighbours=3)).fit(log.data, RUN).arrays()
    for item in (0, 63):
        kept = learnt["values"][3 * item : 3 * item + 3]
        assert_allclose(np.sort(np.abs(kept)), np.sort(np.abs(dense[item]))[-3:], rtol=1e-4)


def test_a_penalty_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="must be above 0"):
        EASE(EASEConfig(reg=0)).fit(wide().data, RUN)

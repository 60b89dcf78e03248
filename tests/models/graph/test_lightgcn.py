"""gcn against dense formulas, a step worked by hand, and logs whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Histories, UserBatch
from recx.errors import UsageError
from recx.models.base import RunOptions
from recx.models.graph.config import LightGCNConfig
from recx.models.graph.lightgcn import LightGCN, _Trainer
from recx.models.neural import to_numpy
from recx.models.recency import weigh
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import Planted, clusters, log_of, planted

ROWS = [(0, 0, 1.0), (0, 1, 2.0), (1, 1, 1.0), (1, 2, 1.0), (2, 0, 3.0), (2, 2, 1.0)]


PAPER = LightGCNConfig(loss="bpr", layers=3, values="binary", reg=1e-4)


class TestLightGCN(LearnsTaste):
    config = replace(PAPER, factors=16, epochs=40, lr=0.03, batch_size=512)


class TestLightGCNWithSoftmax(LearnsTaste):
    config = LightGCNConfig(
        factors=16, epochs=20, lr=0.05, loss="softmax", batch_size=64, values="log", layers=2
    )


class TestLightGCNWithCosines(LearnsTaste):
    config = LightGCNConfig(factors=16, epochs=20, lr=0.05, loss="softmax", batch_size=64, temperature=0.2)


def tiny() -> Planted:
    """Three users and four items, the last of which nobody has met."""
    return planted(log_of(ROWS, 3, 4), [2, 0, 1])


def trainer(**settings: float | str) -> _Trainer:
    config = LightGCNConfig(
        **{"factors": 2, "layers": 2, "reg": 0.1, "lr": 0.01, "loss": "bpr", "values": "binary", **settings}
    )
    model = LightGCN(config)
    log = tiny().log
    return _Trainer(model, weigh(log.histories(), log.n_items, config.values), RunOptions(seed=3))


def dense_filter(layers: int, binary: bool) -> np.ndarray:
    """(I + G + .. + G^K) / (K + 1) of the tiny log, by the book."""
    a = np.zeros((7, 7))
    for user, item, value in ROWS:
        a[user, 3 + item] = a[3 + item, user] = 1.0 if binary else value
    degrees = a.sum(1)
    root = np.where(degrees > 0, 1 / np.sqrt(np.maximum(degrees, 1e-9)), 0)
    g = root[:, None] * a * root
    return sum(np.linalg.matrix_power(g, k) for k in range(layers + 1)) / (layers + 1)


@pytest.mark.parametrize(("layers", "values"), [(0, "binary"), (1, "sum"), (3, "binary"), (2, "sum")])
def test_scores_are_inner_products_of_embeddings_smoothed_by_the_dense_formula(
    layers: int, values: str
) -> None:
    t = trainer(layers=layers, values=values)
    t.ready()
    model = t.model
    smooth = dense_filter(layers, values == "binary") @ to_numpy(t.start)
    model.popularity = np.full(4, 0.25, np.float32)
    assert_allclose(model.score(tiny().batch), smooth[:3] @ smooth[3:].T, rtol=1e-4, atol=1e-6)


def test_a_step_of_bpr_is_the_step_worked_by_hand() -> None:
    t = trainer(negatives=1, values="sum")
    t._draw = lambda users: np.array([2, 3, 3])[: len(users)]  # type: ignore[method-assign]
    edges = np.array([0, 3, 4])  # user 0 item 0, user 1 item 2, user 2 item 0
    users, wanted, others = np.array([0, 1, 2]), np.array([0, 2, 0]), np.array([2, 3, 3])
    weights = np.array([1.0, 1.0, 3.0]) / 1.5
    start = to_numpy(t.start).astype(float)
    f = dense_filter(2, binary=False)
    smooth = f @ start
    gaps = np.einsum("bf,bf->b", smooth[users], smooth[3 + wanted] - smooth[3 + others])
    pull = weights / (1 + np.exp(gaps)) / 3  # -d loss / d gap
    gradient = np.zeros_like(smooth)
    for u, i, j, p in zip(users, wanted, others, pull, strict=True):
        gradient[u] -= p * (smooth[3 + i] - smooth[3 + j])
        gradient[3 + i] -= p * smooth[u]
        gradient[3 + j] += p * smooth[u]
    gradient = f @ gradient
    for row in [*users, *(3 + wanted), *(3 + others)]:
        gradient[row] += 0.1 / 3 * start[row]
    penalty = 0.1 / 6 * sum((start[row] ** 2).sum() for row in [*users, *(3 + wanted), *(3 + others)])

    loss, share = t.step(edges)

    assert share == 3
    assert loss == pytest.approx((weights * np.log1p(np.exp(-gaps))).mean() + penalty, rel=1e-5)
    assert_allclose(to_numpy(t.start.grad), gradient, rtol=1e-4, atol=1e-7)
    # Adam's first step is lr g / (|g| + 1e-8)
    assert_allclose(
        to_numpy(t.start), start - 0.01 * gradient / (np.abs(gradient) + 1e-8), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("temperature", [0.0, 0.5])
def test_the_softmax_loss_is_the_log_likelihood_of_the_edges(temperature: float) -> None:
    t = trainer(loss="softmax", values="sum", reg=0.0, temperature=temperature)
    smooth = dense_filter(2, binary=False) @ to_numpy(t.start).astype(float)
    if temperature:
        smooth /= np.linalg.norm(smooth, axis=1, keepdims=True)
    logits = smooth[:3] @ smooth[3:].T / (temperature or 1.0)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = -sum(value * log_p[user, item] for user, item, value in ROWS) / 9.0
    loss, share = t.loss(np.array([0, 1, 2]))
    assert loss.item() == pytest.approx(expected, rel=1e-5) and share == 9.0


def test_drawn_items_are_new_to_their_users_unless_they_met_everything() -> None:
    t = trainer()
    users = np.repeat([0, 1, 2], 200)
    met = {(user, item) for user, item, _ in ROWS}
    assert not met & set(zip(users.tolist(), t._draw(users).tolist(), strict=True))
    everything = planted(log_of([(0, 0, 1.0), (0, 1, 1.0)], 1, 2), [0])
    assert np.isfinite(LightGCN(replace(PAPER, epochs=2)).fit(everything.data, RUN).history[-1].loss)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_the_loss_falls(loss: str) -> None:
    model = LightGCN(LightGCNConfig(factors=8, epochs=8, lr=0.05, batch_size=64, loss=loss)).fit(
        clusters().data, RUN
    )
    losses = [report.loss for report in model.history]
    assert losses[-1] < 0.9 * losses[0]


def test_a_longer_history_moves_a_fitted_user() -> None:
    log = clusters()
    model = LightGCN(TestLightGCNWithSoftmax.config).fit(log.data, RUN)
    others = np.arange(16, 22, dtype=np.int32)  # user 0 is of the first cluster, these are of the second
    longer = Histories(np.array([0, 6]), others, np.ones(6, np.float32), log.batch.histories.times[:6])
    moved = model.score(UserBatch(np.array([0], np.int32), longer, log.batch.at[:1]))[0]
    before = model.score(log.batch)[0]
    assert moved[16:32].mean() - moved[:16].mean() > before[16:32].mean() - before[:16].mean()


def test_without_what_was_learnt_of_it_a_user_is_a_stranger() -> None:
    log = clusters()
    strangers = replace(log.batch, users=np.full(log.log.n_users, -1, np.int32))
    for learnt in (True, False):
        model = LightGCN(replace(TestLightGCNWithSoftmax.config, learnt=learnt)).fit(log.data, RUN)
        assert np.allclose(model.score(log.batch), model.score(strangers), rtol=1e-4) is not learnt


def test_decay_lets_the_newest_event_of_a_history_count_most() -> None:
    log = clusters()
    model = LightGCN(replace(TestLightGCNWithSoftmax.config, learnt=False)).fit(log.data, RUN)
    decayed = LightGCN(replace(model.config, decay=0.1))
    decayed.popularity = model.popularity
    decayed.restore(model.arrays())  # decay is of the question, not of the fit
    mixed = Histories(np.array([0, 4]), np.array([0, 1, 2, 17], np.int32), np.ones(4, np.float32))
    batch = UserBatch(np.array([-1], np.int32), mixed)
    even, newest = model.score(batch)[0], decayed.score(batch)[0]
    assert even[:16].mean() > even[16:32].mean()
    assert newest[:16].mean() < newest[16:32].mean()


def test_settings_that_make_no_sense_are_refused() -> None:
    data = clusters().data
    with pytest.raises(UsageError, match=r"no loss called 'bbr'; did you mean 'bpr'"):
        LightGCN(LightGCNConfig(loss="bbr")).fit(data, RUN)
    with pytest.raises(UsageError, match="layers is -1, it must be at least 0"):
        LightGCN(LightGCNConfig(layers=-1)).fit(data, RUN)
    undated = replace(data, interactions=replace(data.interactions, times=None), known_at=None)
    with pytest.raises(UsageError, match="half_life"):
        LightGCN(LightGCNConfig(half_life=9.0)).fit(undated, RUN)

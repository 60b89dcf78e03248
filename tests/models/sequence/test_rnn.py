"""rnn against steps worked by hand, and logs whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Histories, Interactions
from recx.errors import UsageError
from recx.models.base import RunOptions
from recx.models.neural import to_numpy
from recx.models.sequence.config import RNNConfig
from recx.models.sequence.rnn import RNN, Network, _questions, _Trainer, padded
from tests.models.contract import RUN, LearnsOrder
from tests.models.planted import clusters, cycle, log_of

SMALL = RNNConfig(factors=16, hidden=16, epochs=8, lr=0.02, batch_size=32, dropout=0.1, negatives=0)


class TestGRU(LearnsOrder):
    config = SMALL


class TestLSTMWithSampledSoftmax(LearnsOrder):
    config = replace(SMALL, cell="lstm", taste=False, negatives=8, epochs=10)


def trainer(log: Interactions, **settings: float) -> _Trainer:
    model = RNN(RNNConfig(**{"factors": 2, "hidden": 3, "dropout": 0.0, "negatives": 0, **settings}))
    model.popularity = np.full(log.n_items, 1 / log.n_items, np.float32)
    model.network = Network(model.config, log.n_items)
    return _Trainer(model, log, RunOptions(seed=3))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_a_step_is_the_step_worked_by_hand() -> None:
    """One user meets items 0, 2, 1: two states, and what they ask of W, of an item and of b."""
    t = trainer(log_of([(0, 0, 1.0), (0, 2, 1.0), (0, 1, 1.0)], 1, 4), reg=0.1)
    p = {name: to_numpy(value).astype(float) for name, value in t.network.named_parameters()}
    h, states = np.zeros(3), []
    for item in (0, 2):
        read = p["cell.weight_ih_l0"] @ p["items"][item] + p["cell.bias_ih_l0"]
        kept = p["cell.weight_hh_l0"] @ h + p["cell.bias_hh_l0"]
        reset, update = sigmoid(read[:3] + kept[:3]), sigmoid(read[3:6] + kept[3:6])
        h = (1 - update) * np.tanh(read[6:] + reset * kept[6:]) + update * h
        states.append(h)
    h = np.array(states)
    taste = np.array([p["items"][0], (p["items"][0] + p["items"][2]) / np.sqrt(2)])
    p["mix"] = np.eye(2)
    said = h @ p["out"] + taste @ p["mix"]
    logits = said @ p["items"].T + p["bias"]
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    wanted = np.eye(4)[[2, 1]]
    d_logits = (softmax - wanted) / 2
    d_bias = d_logits.sum(0)
    d_said = d_logits @ p["items"] + 0.1 / 2 * said

    loss, share = t.step(np.array([0]))

    assert share == 2
    penalty = 0.1 / 2 * ((said**2).sum() + (p["items"][[2, 1]] ** 2).sum()) / 2
    assert loss == pytest.approx(-np.log(softmax[[0, 1], [2, 1]]).mean() + penalty, rel=1e-5)
    assert_allclose(to_numpy(t.network.bias.grad), d_bias, rtol=1e-4, atol=1e-7)
    assert_allclose(to_numpy(t.network.out.grad), h.T @ d_said, rtol=1e-4, atol=1e-7)
    assert_allclose(to_numpy(t.network.mix.grad), taste.T @ d_said, rtol=1e-4, atol=1e-7)
    # item 3 is neither read nor wanted: its gradient comes from the softmax alone
    assert_allclose(to_numpy(t.network.items.grad)[3], d_logits[:, 3] @ said, rtol=1e-4, atol=1e-7)
    # Adam's first step is lr g / (|g| + 1e-8)
    assert_allclose(to_numpy(t.network.bias), p["bias"] - 0.003 * np.sign(d_bias), rtol=1e-4, atol=1e-6)


def test_padding_keeps_the_newest_items_oldest_first() -> None:
    histories = Histories(np.array([0, 3, 3, 4]), np.array([5, 6, 7, 8], np.int32), np.ones(4, np.float32))
    items, lengths = padded(histories, 2)
    assert_array_equal(items, [[6, 7], [0, 0], [8, 0]])
    assert_array_equal(lengths, [2, 0, 1])


def test_every_state_is_asked_for_the_next_item() -> None:
    asked, at, row, step, weight = _questions(np.array([4, 2]), 1, 1, np.random.default_rng(0))
    assert_array_equal(asked, [0, 0, 0, 1])
    assert_array_equal(at, [0, 1, 2, 0])
    assert_array_equal(row, [0, 1, 2, 3])
    assert_array_equal(step, [1, 2, 3, 1])
    assert_array_equal(weight, 1)


def test_a_window_asks_for_what_there_is_of_the_next_items_at_a_total_weight_of_one() -> None:
    asked, at, row, step, weight = _questions(np.array([4]), 2, 1, np.random.default_rng(0))
    assert_array_equal(asked, [0, 0, 0])
    assert_array_equal(at, [0, 1, 2])
    assert_array_equal(row, [0, 0, 1, 1, 2])
    assert_array_equal(step, [1, 2, 2, 3, 3])
    assert_array_equal(weight, [0.5, 0.5, 0.5, 0.5, 1])


def test_a_stride_leaves_states_out_but_asks_every_user() -> None:
    lengths = np.array([9, 9, 2])
    for seed in range(20):
        asked, at, *_ = _questions(lengths, 1, 3, np.random.default_rng(seed))
        assert set(asked.tolist()) == {0, 1, 2}
        assert (np.diff(at[asked == 0]) == 3).all()
        assert at[asked == 0].max() >= 5 and at.max() <= 7


def test_the_loss_falls_and_weighs_states_alike() -> None:
    model = RNN(replace(SMALL, epochs=5)).fit(cycle().data, RUN)
    losses = [report.loss for report in model.history]
    assert losses[-1] < 0.5 * losses[0] < losses[0]
    assert losses[0] < np.log(20) * 1.1


def test_without_training_the_ranking_is_popular() -> None:
    log = clusters().log
    t = trainer(log)
    counts = log.item_counts
    t.network.start(np.random.default_rng(0), (counts / counts.sum()).astype(np.float32))
    bias = to_numpy(t.network.bias)
    assert_allclose(bias[counts > 0], np.log(counts[counts > 0] / counts.sum()), rtol=1e-5)


def test_only_the_newest_events_are_read() -> None:
    log = cycle()
    model = RNN(replace(SMALL, max_length=3, epochs=2)).fit(log.data, RUN)
    newest = log.batch.histories.ages < 3
    short = log.log.take(newest)
    batch = replace(log.batch, histories=short.histories())
    assert_allclose(model.score(batch), model.score(log.batch), rtol=1e-5)


def test_settings_and_data_that_make_no_sense_are_refused() -> None:
    log = cycle()
    with pytest.raises(UsageError, match=r"no cell called 'gur'; did you mean 'gru'"):
        RNN(RNNConfig(cell="gur")).fit(log.data, RUN)
    with pytest.raises(UsageError, match="window is 0"):
        RNN(RNNConfig(window=0)).fit(log.data, RUN)
    with pytest.raises(UsageError, match="dropout is 1, it must lie"):
        RNN(RNNConfig(dropout=1.0)).fit(log.data, RUN)
    unordered = replace(log.data, interactions=replace(log.log, order="none"))
    with pytest.raises(UsageError, match="has none"):
        RNN(RNNConfig()).fit(unordered, RUN)

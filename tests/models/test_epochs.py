"""Training in epochs: early stopping, and checkpoints that lead to the same result."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recx import store
from recx.errors import DataError, UsageError
from recx.models import create
from recx.models.base import EpochReport, ModelConfig, Recommender, RunOptions
from recx.models.epochs import State, pack_generator, run_epochs, unpack_generator
from recx.models.graph.config import LightGCNConfig
from recx.models.sequence.config import RNNConfig
from tests.models.planted import cycle


class Model(Recommender[ModelConfig]):
    """Holds one number."""

    def __init__(self) -> None:
        super().__init__(ModelConfig("walk"))
        self.value = np.zeros(1)


class Walk:
    """A random walk: the next step depends on the place and on the generator."""

    def __init__(self, model: Model, losses: list[float] | None = None) -> None:
        self.model, self.losses = model, losses
        self.rng = np.random.default_rng(4)
        self.trained: list[int] = []

    def epoch(self, number: int) -> float:
        self.trained.append(number)
        self.model.value = self.model.value + self.rng.standard_normal()
        return self.losses[number - 1] if self.losses else 1.0 / number

    def state(self) -> State:
        return {"value": self.model.value.copy(), "rng": pack_generator(self.rng)}

    def load(self, state: State) -> None:
        self.model.value, self.rng = state["value"].copy(), unpack_generator(state["rng"])


class Script:
    """A validation that has decided beforehand what it measures in each epoch."""

    metric = "scripted"

    def __init__(self, values: list[float], higher_is_better: bool = True) -> None:
        self.values, self.higher_is_better, self.seen = iter(values), higher_is_better, []

    def measure(self, model: Recommender[ModelConfig]) -> float:
        self.seen.append(model.value.copy())  # type: ignore[attr-defined]
        return next(self.values)


class Killed(Exception):
    """What a test has in place of SIGKILL."""


def killed_after(epoch: int) -> RunOptions:
    def progress(report: EpochReport, most: int) -> None:
        if report.epoch > epoch:  # the checkpoint of this epoch is not written any more
            raise Killed

    return RunOptions(progress=progress)


@pytest.mark.parametrize(("higher", "sign"), [(True, 1), (False, -1)])
def test_training_stops_after_patience_and_keeps_the_best_epoch(higher: bool, sign: int) -> None:
    model = Model()
    watch = Script([sign * value for value in (0.1, 0.3, 0.2, 0.3, 0.25)] + [sign * 9.0], higher)
    trainer = Walk(model)
    run_epochs(model, trainer, 50, 3, RunOptions(), watch)
    assert trainer.trained == [1, 2, 3, 4, 5]
    assert model.epochs_trained == 2
    assert [report.metric for report in model.history] == [sign * v for v in (0.1, 0.3, 0.2, 0.3, 0.25)]
    assert_array_equal(model.value, watch.seen[1])


@pytest.mark.parametrize("setting", ["epochs", "patience", "every"])
def test_no_epoch_no_patience_and_no_measurement_are_one_line(setting: str) -> None:
    model = Model()
    numbers = {"epochs": 3, "patience": 2, "every": 1} | {setting: 0}
    with pytest.raises(UsageError, match=f"walk: {setting}=0; it must be at least 1"):
        run_epochs(model, Walk(model), run=RunOptions(), watch=None, **numbers)


def test_without_watch_every_epoch_is_trained_and_the_last_is_kept() -> None:
    model, trainer = Model(), Walk(Model())
    trainer.model = model
    run_epochs(model, trainer, 4, 1, RunOptions(), None)
    assert trainer.trained == [1, 2, 3, 4] and model.epochs_trained == 4
    assert [report.loss for report in model.history] == [1, 1 / 2, 1 / 3, 1 / 4]
    assert all(report.metric is None for report in model.history)


def test_measuring_every_third_epoch_counts_patience_in_measurements_and_measures_the_last() -> None:
    model = Model()
    watch = Script([0.5, 0.4, 0.9])
    run_epochs(model, Walk(model), 8, 2, RunOptions(), watch, every=3)
    assert [report.epoch for report in model.history if report.metric is not None] == [3, 6, 8]
    assert model.epochs_trained == 8


@pytest.mark.parametrize("epoch", [0, 1, 2, 4])
def test_a_killed_training_continues_to_the_same_result_and_clears_its_checkpoint(
    epoch: int, tmp_path: Path
) -> None:
    metrics = [0.1, 0.4, 0.2, 0.3, 0.1, 0.9]
    straight = Model()
    run_epochs(straight, Walk(straight), 9, 3, RunOptions(), Script(metrics))

    first, folder = Model(), tmp_path / "fit"
    with pytest.raises(Killed):
        run_epochs(first, Walk(first), 9, 3, replace(killed_after(epoch), checkpoint=folder), Script(metrics))
    second = Model()
    trainer = Walk(second)
    run_epochs(second, trainer, 9, 3, RunOptions(checkpoint=folder), Script(metrics[epoch:]))

    assert trainer.trained == list(range(epoch + 1, 6))
    assert_array_equal(second.value, straight.value)
    assert second.epochs_trained == straight.epochs_trained == 2
    assert [(r.epoch, r.loss, r.metric) for r in second.history] == [
        (r.epoch, r.loss, r.metric) for r in straight.history
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_one_line_and_no_checkpoint_of_it_remains(
    loss: float, tmp_path: Path
) -> None:
    model = Model()
    with pytest.raises(DataError) as error:
        run_epochs(model, Walk(model, [1.0, loss]), 5, 3, RunOptions(checkpoint=tmp_path), None)
    assert (
        str(error.value) == f"walk had a loss of {loss} in epoch 2; its settings or the values are too large"
    )
    assert store.read_json(tmp_path / "checkpoint.json")["arrays"] == "epoch-1.safetensors"


def test_a_checkpoint_replaces_the_one_before(tmp_path: Path) -> None:
    model = Model()
    with pytest.raises(Killed):
        run_epochs(model, Walk(model), 9, 3, replace(killed_after(3), checkpoint=tmp_path), None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.json", "epoch-3.safetensors"]


def test_a_packed_generator_draws_on() -> None:
    generator = np.random.default_rng(7)
    generator.random(5)
    copy = unpack_generator(pack_generator(generator))
    assert_array_equal(copy.random(9), generator.random(9))


@pytest.mark.parametrize(
    "config",
    [
        LightGCNConfig(factors=4, epochs=4, batch_size=64, loss="bpr"),
        RNNConfig(factors=4, hidden=4, epochs=4, batch_size=64, negatives=4, dropout=0.5),
        RNNConfig(cell="lstm", layers=2, factors=4, hidden=4, epochs=4, batch_size=64, negatives=0),
    ],
    ids=["gcn", "gru", "lstm"],
)
def test_a_killed_neural_model_continues_to_the_same_bits(config: ModelConfig, tmp_path: Path) -> None:
    data = cycle(n_users=40).data
    straight = create(config).fit(data, RunOptions(seed=2))
    with pytest.raises(Killed):
        create(config).fit(data, replace(killed_after(2), seed=2, checkpoint=tmp_path))
    second = create(config).fit(data, RunOptions(seed=2, checkpoint=tmp_path))
    for name, array in straight.arrays().items():
        assert_array_equal(second.arrays()[name], array, err_msg=name)
    assert [report.loss for report in second.history] == [report.loss for report in straight.history]

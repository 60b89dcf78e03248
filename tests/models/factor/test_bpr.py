import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import UserBatch
from recx.errors import UsageError
from recx.models.base import EpochReport, ModelConfig, Recommender
from recx.models.factor import bpr_training
from recx.models.factor.bpr import BPR
from recx.models.factor.bpr_training import AgainstPool, PairByPair
from recx.models.factor.config import BPRConfig
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters, log_of, planted


class TestBPR(LearnsTaste):
    config = BPRConfig(factors=8, epochs=150)


class TestPopularNegatives(LearnsTaste):
    config = BPRConfig(factors=8, epochs=150, popularity=0.5, values="log")


class TestAdam(LearnsTaste):
    config = BPRConfig(factors=8, optimizer="adam", epochs=30, lr=0.02, batch_size=64, negatives=20)


class TestAdamPopularNegatives(LearnsTaste):
    config = replace(TestAdam.config, popularity=0.5, values="log")


@pytest.mark.parametrize("config", [BPRConfig(factors=8, epochs=40), TestAdam.config], ids=["sgd", "adam"])
def test_the_loss_falls(config: BPRConfig) -> None:
    model = BPR(config).fit(clusters().data, RUN)
    losses = [report.loss for report in model.history]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_settings_that_are_not_given_are_those_of_the_optimizer() -> None:
    told = BPRConfig(lr=0.3, reg=0.2, init_sd=0.1)
    for training, usual in ((PairByPair, (0.05, 0.01, 0.05)), (AgainstPool, (0.001, 0.001, 0.01))):
        for config, expected in ((BPRConfig(), usual), (told, (0.3, 0.2, 0.1))):
            model = BPR(config)
            found = training(model, clusters().log, 0)
            assert (found.lr, found.reg, found.init_sd) == expected
            assert_allclose(model.users.std(), expected[2], rtol=0.05)


def test_rows_are_penalised_by_a_power_of_their_events() -> None:
    """Two users and nine items have events, of which user 0 has three in four; others change nothing."""
    rows = [(0, i, 1.0) for i in range(9)] + [(1, i, 1.0) for i in range(3)]
    for power, expected in ((1.0, [0.1, 0.1]), (0.0, [0.1 * 6 / 9, 0.1 * 6 / 3])):
        config = BPRConfig(optimizer="adam", reg=0.1, reg_power=power)
        for empty in (0, 5):
            trainer = AgainstPool(BPR(config), log_of(rows, 2 + empty, 9 + empty), 0)
            assert_allclose(trainer.user_reg[:2], expected, rtol=1e-6)
            assert_allclose(trainer.item_reg[[0, 8]], [0.1 * (1.5 ** (power - 1)), 0.1 * 0.75 ** (power - 1)])
    heavy = [(0, 0, 30.0), (0, 1, 30.0), (1, 0, 10.0), (1, 1, 10.0), (1, 2, 10.0)]
    config = BPRConfig(optimizer="adam", reg=0.1, values="sum")
    drawn = AgainstPool(BPR(config), log_of(heavy, 2, 3), 0)
    assert_allclose(drawn.user_reg[0] / drawn.user_reg[1], 0.5, rtol=1e-6)


def test_annealed_steps_shrink_evenly_to_nothing() -> None:
    trainer = PairByPair(BPR(BPRConfig(lr=0.1, epochs=4, anneal=True)), clusters().log, 0)
    assert_allclose([trainer.step_size(number) for number in (1, 2, 3, 4)], [0.1, 0.075, 0.05, 0.025])
    trainer.model.config.anneal = False
    assert trainer.step_size(4) == 0.1


def test_annealed_factors_settle() -> None:
    """In the last epochs they move less than those of steps that keep their size."""

    def moved(anneal: bool) -> float:
        log, config = clusters(), BPRConfig(factors=8, epochs=60, anneal=anneal)
        trainer = PairByPair(BPR(config), log.log, 0)
        for number in range(1, 58):
            trainer.epoch(number)
        before = trainer.model.items.copy()
        for number in range(58, 61):
            trainer.epoch(number)
        return float(np.abs(trainer.model.items - before).mean())

    assert moved(anneal=True) < 0.5 * moved(anneal=False)


def test_an_annealed_fit_takes_all_its_epochs_and_is_measured_at_their_end() -> None:
    class Worsening:
        """Every measurement is worse than the one before."""

        metric, higher_is_better, taken = "ndcg@10", True, 0

        def measure(self, model: Recommender[ModelConfig]) -> float:
            self.taken += 1
            return -float(self.taken)

    watch = Worsening()
    config = BPRConfig(factors=4, epochs=12, every=2, patience=1, anneal=True)
    model = BPR(config).fit(clusters().data, RUN, watch)
    assert (len(model.history), watch.taken, model.epochs_trained) == (12, 1, 12)


def test_several_blocks_find_as_much_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    log = clusters()
    one = BPR(TestBPR.config).fit(log.data, RUN)
    monkeypatch.setattr(bpr_training, "SMALLEST", 16)
    assert PairByPair(BPR(TestBPR.config), log.log, 0).blocks == 4
    four = BPR(TestBPR.config).fit(log.data, RUN)
    assert log.hits(four, 10) > log.hits(one, 10) - 0.05


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_interrupted_fit_continues_to_the_same_arrays(optimizer: str, tmp_path: Path) -> None:
    config = BPRConfig(factors=4, epochs=6, values="sum", popularity=1.0, optimizer=optimizer)
    rows = [(u, i, float(1 + (u + i) % 4)) for u in range(60) for i in range(30) if (u * i) % 5 == 0]
    data = planted(log_of(rows, 60, 30), [0] * 60).data
    whole = BPR(config).fit(data, RUN)

    def stop(report: EpochReport, epochs: int) -> None:
        if report.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        BPR(config).fit(data, replace(RUN, checkpoint=tmp_path, progress=stop))
    resumed = BPR(config).fit(data, replace(RUN, checkpoint=tmp_path))
    for name, array in whole.arrays().items():
        assert_array_equal(resumed.arrays()[name], array)


def test_values_say_how_often_a_pair_is_drawn() -> None:
    rows = [(u, i, 1.0 + 3 * (i == 0)) for u in range(50) for i in range(4)]
    trainer = PairByPair(BPR(BPRConfig(values="sum")), log_of(rows, 50, 6), 0)
    generator = np.random.default_rng(1)
    drawn = sum(np.bincount(trainer.events(generator)[1], minlength=6) for _ in range(200)) / 200
    assert_allclose(drawn, 50 * np.array([4, 1, 1, 1, 0, 0]) / 1.75, rtol=0.02)
    indptr, items = trainer.events(generator)
    assert indptr[-1] == len(items) and (np.diff(indptr) >= 2).all()


def test_known_users_have_their_own_factors_and_strangers_those_of_their_history() -> None:
    log = clusters()
    model = BPR(TestBPR.config).fit(log.data, RUN)
    assert_allclose(model.score(log.batch), model.users @ model.items.T + model.bias, rtol=1e-5)
    strangers = UserBatch(np.full(160, -1, dtype=np.int32), log.batch.histories)
    assert not np.allclose(model.score(strangers), model.score(log.batch))
    assert model.knows(strangers).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": 0.0}, "lr is 0, it must be above 0"),
        ({"reg": -1.0}, "reg is -1, it must be at least 0"),
        ({"negatives": 0}, "negatives is 0, it must be at least 1"),
        ({"init_sd": 0.0}, "init_sd is 0, it must be above 0"),
        ({"optimizer": "adm"}, "no optimizer called 'adm'; did you mean 'adam'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        BPR(BPRConfig(**settings)).fit(clusters().data, RUN)

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import UserBatch
from recx.errors import UsageError
from recx.models.base import EpochReport
from recx.models.factor import bpr
from recx.models.factor.bpr import BPR, _Trainer
from recx.models.factor.config import BPRConfig
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters, log_of


class TestBPR(LearnsTaste):
    config = BPRConfig(factors=8, epochs=150)


class TestPopularNegatives(LearnsTaste):
    config = BPRConfig(factors=8, epochs=150, popularity=0.5, values="log")


def test_the_loss_falls() -> None:
    model = BPR(BPRConfig(factors=8, epochs=40)).fit(clusters().data, RUN)
    losses = [report.loss for report in model.history]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_several_blocks_find_as_much_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    log = clusters()
    one = BPR(TestBPR.config).fit(log.data, RUN)
    monkeypatch.setattr(bpr, "SMALLEST", 16)
    assert _Trainer(BPR(TestBPR.config), log.log, 0).blocks == 4
    four = BPR(TestBPR.config).fit(log.data, RUN)
    assert log.hits(four, 10) > log.hits(one, 10) - 0.05


def test_an_interrupted_fit_continues_to_the_same_arrays(tmp_path: Path) -> None:
    config = BPRConfig(factors=4, epochs=6, values="sum", popularity=1.0)
    whole = BPR(config).fit(clusters().data, RUN)

    def stop(report: EpochReport, epochs: int) -> None:
        if report.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        BPR(config).fit(clusters().data, replace(RUN, checkpoint=tmp_path, progress=stop))
    resumed = BPR(config).fit(clusters().data, replace(RUN, checkpoint=tmp_path))
    for name, array in whole.arrays().items():
        assert_array_equal(resumed.arrays()[name], array)


def test_values_say_how_often_a_pair_is_drawn() -> None:
    rows = [(u, i, 1.0 + 3 * (i == 0)) for u in range(50) for i in range(4)]
    trainer = _Trainer(BPR(BPRConfig(values="sum")), log_of(rows, 50, 6), 0)
    generator = np.random.default_rng(1)
    drawn = sum(np.bincount(trainer._events(generator)[1], minlength=6) for _ in range(200)) / 200
    assert_allclose(drawn, 50 * np.array([4, 1, 1, 1, 0, 0]) / 1.75, rtol=0.02)
    indptr, items = trainer._events(generator)
    assert indptr[-1] == len(items) and (np.diff(indptr) >= 2).all()


def test_known_users_have_their_own_factors_and_strangers_those_of_their_history() -> None:
    log = clusters()
    model = BPR(TestBPR.config).fit(log.data, RUN)
    assert_allclose(model.score(log.batch), model.users @ model.items.T + model.bias, rtol=1e-5)
    strangers = UserBatch(np.full(160, -1, dtype=np.int32), log.batch.histories)
    assert not np.allclose(model.score(strangers), model.score(log.batch))
    assert model.knows(strangers).all()


def test_a_step_size_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="lr above 0"):
        BPR(BPRConfig(lr=0)).fit(clusters().data, RUN)

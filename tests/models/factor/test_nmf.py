from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Pairs, UserBatch
from recx.errors import DataError, UsageError
from recx.models.base import EpochReport
from recx.models.factor.config import NMFConfig
from recx.models.factor.nmf import NMF, _Trainer
from tests.models.contract import RUN, LearnsTaste, PredictsRatings
from tests.models.planted import log_of, planted, rating_of, ratings


class TestRatings(PredictsRatings):
    config = NMFConfig(factors=4, epochs=200, reg=0.01)


class TestEvents(LearnsTaste):
    config = NMFConfig(factors=4, epochs=60, reg=0.001, unobserved=1)


def test_every_half_step_lowers_the_loss_and_no_factor_is_negative() -> None:
    log = ratings()

    def loss(model: NMF) -> float:
        predicted = model.score(log.batch)[log.log.users, log.log.items]
        penalty = np.square(model.user_factors[log.log.users]) + np.square(model.item_factors[log.log.items])
        return float(np.sum((log.log.values - predicted) ** 2) + 0.05 * penalty.sum())

    models = [NMF(NMFConfig(factors=3, epochs=epochs, reg=0.05)).fit(log.data, RUN) for epochs in range(1, 9)]
    assert all(np.diff([loss(model) for model in models]) < 0)
    assert min(models[-1].user_factors.min(), models[-1].item_factors.min()) >= 0


def test_the_whole_matrix_is_factored_as_lee_and_seung_do() -> None:
    rows = [(u, i, 1.0 + (u * i) % 3) for u in range(9) for i in range(7) if (u + i) % 3]
    log = planted(log_of(rows, 9, 7), [0] * 9)
    config = NMFConfig(factors=3, epochs=1, reg=0, unobserved=1)
    start = NMF(config)
    _Trainer(start, log.log, RUN.seed)
    whole = log.log.matrix("sum").toarray()
    p, q = start.user_factors.astype(np.float64), start.item_factors.astype(np.float64)
    for _ in range(5):
        p *= (whole @ q) / (p @ q.T @ q)
        q *= (whole.T @ p) / (q @ p.T @ p)
    model = NMF(replace(config, epochs=5)).fit(log.data, RUN)
    assert_allclose(model.score(log.batch), p @ q.T, rtol=1e-4)


def test_strangers_with_a_history_are_rated_by_it() -> None:
    log = ratings()
    model = NMF(TestRatings.config).fit(log.data, RUN)
    strangers = UserBatch(np.full(60, -1, dtype=np.int32), log.batch.histories)
    predicted = model.rate(strangers, Pairs(log.batch.users, log.target))
    truth = [rating_of(int(user), int(item)) for user, item in enumerate(log.target)]
    assert np.sqrt(np.mean((predicted - truth) ** 2)) < 0.7


def test_an_interrupted_fit_continues_to_the_same_arrays(tmp_path: Path) -> None:
    config = NMFConfig(factors=4, epochs=6)
    whole = NMF(config).fit(ratings().data, RUN)

    def stop(report: EpochReport, epochs: int) -> None:
        if report.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        NMF(config).fit(ratings().data, replace(RUN, checkpoint=tmp_path, progress=stop))
    resumed = NMF(config).fit(ratings().data, replace(RUN, checkpoint=tmp_path))
    for name, array in whole.arrays().items():
        assert_array_equal(resumed.arrays()[name], array)


def test_what_it_cannot_do_is_told_in_one_line() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        NMF(NMFConfig(unobserved=2)).fit(ratings().data, RUN)
    negative = planted(log_of([(0, 0, -1.0), (1, 0, 2.0)], 2, 1), [0, 0])
    with pytest.raises(DataError, match="below 0"):
        NMF(NMFConfig()).fit(negative.data, RUN)


def test_an_item_rated_again_counts_with_its_newest_rating() -> None:
    rows = [(u, i, float(1 + (u + i) % 5)) for u in range(12) for i in range(6)]
    again = planted(log_of([*[(0, 0, 1.0)], *rows], 12, 6), [0] * 12)
    once = planted(log_of(rows, 12, 6), [0] * 12)
    models = [NMF(NMFConfig(factors=2, epochs=5)).fit(log.data, RUN) for log in (again, once)]
    pairs = Pairs(np.array([0]), np.array([0]))
    first, second = (m.rate(once.batch, pairs) for m in models)
    assert_allclose(first, second)

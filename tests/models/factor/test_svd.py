from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Pairs, UserBatch
from recx.errors import DataError
from recx.models.base import EpochReport
from recx.models.factor.config import SVDConfig
from recx.models.factor.svd import SVD
from tests.models.abilities import ExplainsItself
from tests.models.contract import RUN, PredictsRatings
from tests.models.planted import rating_of, ratings


class TestSVD(ExplainsItself, PredictsRatings):
    config = SVDConfig(factors=8, epochs=60, lr=0.02, reg=0.05)


def test_the_loss_falls() -> None:
    model = SVD(SVDConfig(factors=8)).fit(ratings().data, RUN)
    losses = [report.loss for report in model.history]
    assert len(losses) == 20 and all(np.diff(losses) < 0)


def test_strangers_with_a_history_are_rated_by_it() -> None:
    log = ratings()
    model = SVD(TestSVD.config).fit(log.data, RUN)
    strangers = UserBatch(np.full(60, -1, dtype=np.int32), log.batch.histories)
    predicted = model.rate(strangers, Pairs(log.batch.users, log.target))
    truth = [rating_of(int(user), int(item)) for user, item in enumerate(log.target)]
    assert np.sqrt(np.mean((predicted - truth) ** 2)) < 0.7


def test_an_interrupted_fit_continues_to_the_same_arrays(tmp_path: Path) -> None:
    config = SVDConfig(factors=4, epochs=6)
    whole = SVD(config).fit(ratings().data, RUN)

    def stop(report: EpochReport, epochs: int) -> None:
        if report.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SVD(config).fit(ratings().data, replace(RUN, checkpoint=tmp_path, progress=stop))
    resumed = SVD(config).fit(ratings().data, replace(RUN, checkpoint=tmp_path))
    for name, array in whole.arrays().items():
        assert_array_equal(resumed.arrays()[name], array)


def test_a_step_too_large_is_told_in_one_line() -> None:
    with pytest.raises(DataError, match="did not converge: lower its lr or raise its reg"):
        SVD(SVDConfig(lr=50)).fit(ratings().data, RUN)


def test_a_score_is_the_predicted_rating() -> None:
    log = ratings()
    model = SVD(TestSVD.config).fit(log.data, RUN)
    pairs = Pairs(log.batch.users, log.target)
    assert_allclose(model.rate(log.batch, pairs), model.score(log.batch)[pairs.row, pairs.item], rtol=1e-5)

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Pairs, UserBatch
from recx.errors import DataError, UsageError
from recx.models.base import EpochReport
from recx.models.factor.config import SVDppConfig
from recx.models.factor.svdpp import SVDpp
from tests.models.abilities import ExplainsItself
from tests.models.contract import RUN, PredictsRatings
from tests.models.planted import log_of, planted, rating_of, ratings


class TestSVDpp(ExplainsItself, PredictsRatings):
    config = SVDppConfig(factors=8, epochs=60, lr=0.01, reg=0.05)


class TestKoren(ExplainsItself, PredictsRatings):
    config = SVDppConfig(factors=8, epochs=60, lr=0.02, reg=0.05, both_sides=False)


def test_the_loss_falls() -> None:
    losses = [report.loss for report in SVDpp(SVDppConfig(factors=8)).fit(ratings().data, RUN).history]
    assert len(losses) == 24 and all(np.diff(losses) < 0)


def test_a_rating_is_the_formula() -> None:
    log = ratings()
    model = SVDpp(TestKoren.config).fit(log.data, RUN)
    user, item = 7, int(log.target[7])
    items = log.log.items[log.log.users == user]
    implied = model.implicit[items].sum(axis=0) / np.sqrt(len(items))
    expected = model.mean + model.user_bias[user] + model.item_bias[item]
    expected += (model.user_factors[user] + implied) @ model.item_factors[item]
    assert_allclose(model.rate(log.batch, Pairs(np.array([7]), np.array([item]))), [expected], rtol=1e-5)


def test_what_was_rated_tells_even_where_the_ratings_do_not() -> None:
    """Everyone rates a cluster's items at random: only which items they are says who likes item 16 or 17."""
    generator = np.random.default_rng(0)
    rows = [
        (user, (user % 2) * 8 + int(item), float(generator.integers(2, 5)))
        for user in range(120)
        for item in generator.permutation(8)[:6]
    ]
    rows += [(user, 16 + side, 5.0 if user % 2 == side else 1.0) for user in range(100) for side in (0, 1)]
    log = planted(log_of(rows, 120, 18), [0] * 120)
    config = SVDppConfig(factors=4, epochs=60, lr=0.01, reg=0.02, both_sides=False)
    predicted = SVDpp(config).fit(log.data, RUN).score(log.batch)[100:, 16:]
    own = np.arange(100, 120) % 2
    assert np.mean(predicted[np.arange(20), own] - predicted[np.arange(20), 1 - own] > 1) == 1


def test_an_item_rated_again_is_one_member_of_the_set() -> None:
    log = ratings()
    model = SVDpp(TestSVDpp.config).fit(log.data, RUN)
    once = log.batch.histories.take(np.array([3]))
    twice = replace(
        once,
        indptr=once.indptr * 2,
        items=np.repeat(once.items, 2),
        values=np.repeat(once.values, 2),
        times=None,
    )
    who = np.array([3], dtype=np.int32)
    assert_allclose(model.score(UserBatch(who, twice)), model.score(UserBatch(who, once)), rtol=1e-6)


def test_strangers_with_a_history_are_rated_by_it() -> None:
    log = ratings()
    model = SVDpp(TestSVDpp.config).fit(log.data, RUN)
    strangers = UserBatch(np.full(60, -1, dtype=np.int32), log.batch.histories)
    predicted = model.rate(strangers, Pairs(log.batch.users, log.target))
    truth = [rating_of(int(user), int(item)) for user, item in enumerate(log.target)]
    assert np.sqrt(np.mean((predicted - truth) ** 2)) < 0.7


@pytest.mark.parametrize("both_sides", [True, False])
def test_an_interrupted_fit_continues_to_the_same_arrays(tmp_path: Path, both_sides: bool) -> None:
    config = SVDppConfig(factors=4, epochs=6, both_sides=both_sides)
    whole = SVDpp(config).fit(ratings().data, RUN)

    def stop(report: EpochReport, epochs: int) -> None:
        if report.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SVDpp(config).fit(ratings().data, replace(RUN, checkpoint=tmp_path, progress=stop))
    resumed = SVDpp(config).fit(ratings().data, replace(RUN, checkpoint=tmp_path))
    for name, array in whole.arrays().items():
        assert_array_equal(resumed.arrays()[name], array)


def test_settings_out_of_range_are_told() -> None:
    with pytest.raises(UsageError, match="lr is 0, it must be above 0"):
        SVDpp(SVDppConfig(lr=0)).fit(ratings().data, RUN)


def test_a_step_too_large_is_told_in_one_line() -> None:
    with pytest.raises(DataError, match="did not converge: lower its lr or raise its reg"):
        SVDpp(SVDppConfig(lr=50)).fit(ratings().data, RUN)

import numpy as np
from numpy.testing import assert_allclose

from recx.data import Histories, Pairs, UserBatch
from recx.models.neighbour.config import SlopeOneConfig
from recx.models.neighbour.slope_one import SlopeOne
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import RUN, PredictsRatings
from tests.models.planted import log_of, planted


class TestWeighted(ReadsHistories, ExplainsItself, PredictsRatings):
    config = SlopeOneConfig()
    rmse = 1.1
    """The taste that is planted, each likes one half, is no difference between two items: the rest is."""


class TestBasic(ExplainsItself, PredictsRatings):
    config = SlopeOneConfig(weighted=False, min_common=2, neighbours=30)
    rmse = 1.1


def lemire(config: SlopeOneConfig, item: int) -> float:
    """The example of Lemire's page: John 5 3 2, Mark 3 4 -, Lucy - 2 5. What of item 0 would Lucy think?"""
    rows = [(0, 0, 5.0), (0, 1, 3.0), (0, 2, 2.0), (1, 0, 3.0), (1, 1, 4.0), (2, 1, 2.0), (2, 2, 5.0)]
    model = SlopeOne(config).fit(planted(log_of(rows, 3, 4), [0, 0, 0]).data, RUN)
    lucy = Histories(
        np.array([0, 2]), np.array([1, 2], dtype=np.int32), np.array([2, 5], dtype=np.float32)
    )  # a stranger: nothing but the history is asked
    stranger = UserBatch(np.array([-1], dtype=np.int32), lucy)
    rated = model.rate(stranger, Pairs(np.zeros(1, dtype=np.int32), np.array([item], dtype=np.int32)))
    assert_allclose(model.score(stranger)[0, item], rated[0], rtol=1e-6)
    return float(rated[0])


def test_weighted_by_hand() -> None:
    # item 0 beats item 1 by (2 - 1) / 2 = .5 (two users) and item 2 by 3 (one user)
    assert_allclose(lemire(SlopeOneConfig(), 0), (2 * 2.5 + 1 * 8) / 3, rtol=1e-6)


def test_basic_by_hand() -> None:
    assert_allclose(lemire(SlopeOneConfig(weighted=False), 0), (2.5 + 8) / 2, rtol=1e-6)


def test_pairs_of_few_users_say_nothing() -> None:
    assert_allclose(lemire(SlopeOneConfig(min_common=2), 0), 2.5, rtol=1e-6)


def test_an_item_without_evidence_gets_the_baseline() -> None:
    rows = [(0, 0, 5.0), (0, 1, 3.0), (1, 2, 1.0)]
    log = planted(log_of(rows, 2, 3), [2, 0])
    model = SlopeOne(SlopeOneConfig()).fit(log.data, RUN)
    bias = model.biases
    expected = bias.mean + bias.of_users(log.batch.histories)[0] + bias.items[2]
    assert_allclose(model.score(log.batch)[0, 2], expected, rtol=1e-6)


def test_items_rated_together_explain_a_rating_and_the_biases_where_there_are_none() -> None:
    rows = [(0, 0, 5.0), (0, 1, 3.0), (0, 2, 2.0), (1, 0, 3.0), (1, 1, 4.0), (2, 1, 2.0), (2, 2, 5.0)]
    log = planted(log_of(rows, 3, 4), [0, 0, 0])
    model = SlopeOne(SlopeOneConfig()).fit(log.data, RUN)
    # what would Lucy think of item 0? it beats item 1 by .5 (two users) and item 2 by 3 (one user)
    by_two, by_one = sorted(model.explain(log.batch, 2, 0), key=lambda reason: reason.what)
    assert (by_two.kind, by_two.what, by_one.what) == ("item", 1, 2)
    assert_allclose([by_two.value, by_one.value], [2 * 2.5 / 3, 8 / 3], rtol=1e-6)
    assert {reason.what for reason in model.explain(log.batch, 2, 3)} <= {"mean", "user", "item"}

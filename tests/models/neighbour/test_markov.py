from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Histories, UserBatch
from recx.errors import DataError, UsageError
from recx.models.neighbour.config import MarkovConfig
from recx.models.neighbour.markov import UNIT, Markov
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import RUN, LearnsOrder
from tests.models.planted import clusters, log_of, planted


class TestMarkov(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsOrder):
    config = MarkovConfig()


class TestOneStep(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsOrder):
    config = MarkovConfig(window=1, decay=0.3, history_power=1.0, item_power=0.0, shrink=2.0)


class TestWeighted(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsOrder):
    config = MarkovConfig(values="log", window=2, own=0.1)


def asked(config: MarkovConfig, items: list[int]) -> np.ndarray:
    """Scores after 0, 1, 2 and 0, 2: T_01 = 1, T_02 = 1/2 + 1, T_12 = 1; degrees 2, 1, 2."""
    rows = [(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0), (1, 0, 1.0), (1, 2, 1.0)]
    model = Markov(config).fit(planted(log_of(rows, 2, 3), [0, 1]).data, RUN)
    history = Histories(
        np.array([0, len(items)]), np.array(items, dtype=np.int32), np.ones(len(items), dtype=np.float32)
    )
    return model.score(UserBatch(np.array([-1], dtype=np.int32), history))[0]


def test_one_over_the_gap_by_hand() -> None:
    assert_allclose(asked(MarkovConfig(history_power=0, item_power=0, shrink=0), [0]), [0, 1, 1.5], rtol=1e-6)
    assert_allclose(
        asked(MarkovConfig(window=1, history_power=0, item_power=0, shrink=0), [0]), [0, 1, 1], rtol=1e-6
    )


def test_degrees_and_shrinkage_divide_and_older_events_fade() -> None:
    config = MarkovConfig(history_power=1, item_power=0.5, shrink=1, decay=0.25)
    of_zero = np.array([0, 1 / (2 * 1 + 1), 1.5 / (2 * 2**0.5 + 1)])
    of_one = np.array([0, 0, 1 / (1 * 2**0.5 + 1)])
    assert_allclose(asked(config, [0]), of_zero, rtol=1e-6)
    assert_allclose(asked(config, [0, 1]), 0.25 * of_zero + of_one, rtol=1e-6)


def test_a_follower_counts_its_value_and_so_does_an_item_of_the_history() -> None:
    rows = [(0, 0, 1.0), (0, 1, 5.0), (0, 2, 3.0), (1, 0, 1.0), (1, 2, 2.0)]
    log = planted(log_of(rows, 2, 3), [0, 0])
    history = Histories(np.array([0, 2]), np.array([1, 0], np.int32), np.array([7, 4], np.float32))
    stranger = UserBatch(np.array([-1], dtype=np.int32), history)
    plain = MarkovConfig(values="sum", window=2, decay=0.5, history_power=0, item_power=0, shrink=0)
    of_zero, of_one = np.array([0, 5, 3 / 2 + 2]), np.array([0, 0, 3])
    scores = Markov(plain).fit(log.data, RUN).score(stranger)[0]
    assert_allclose(scores, 0.5 * 7 * of_one + 4 * of_zero, rtol=1e-6)
    divided = Markov(replace(plain, item_power=1.0)).fit(log.data, RUN).score(stranger)[0]
    assert_allclose(divided, scores / [2, 5, 5], rtol=1e-6)


def test_values_too_large_to_be_counted_are_refused() -> None:
    log = planted(log_of([(0, 0, 1.0), (0, 1, 1e12)], 1, 2), [0])
    with pytest.raises(DataError, match=r"add up to 1e\+12, too much for values=sum; set model.values=log"):
        Markov(MarkovConfig(values="sum")).fit(log.data, RUN)
    Markov(MarkovConfig(values="log")).fit(log.data, RUN)


def test_data_without_an_order_is_refused_in_one_line() -> None:
    data = clusters().data
    log = replace(data.interactions, order="none", times=None)
    with pytest.raises(UsageError, match="reads the order of events"):
        Markov(MarkovConfig()).fit(replace(data, interactions=log, known_at=None), RUN)


def test_an_event_that_arrives_late_between_others_moves_them_apart() -> None:
    whole = planted(log_of([(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0), (1, 3, 1.0), (1, 2, 1.0)], 2, 4), [0, 0])
    new = np.array([False, True, False, False, False])
    early = replace(whole.data, interactions=whole.log.take(~new))
    model = Markov(MarkovConfig(window=1, history_power=0.5, item_power=0.5, shrink=0)).fit(early, RUN)
    assert model.counts.tolist() == [UNIT, UNIT]  # 0 -> 2 and 3 -> 2
    model.update(whole.data, new)
    assert model.counts.tolist() == [UNIT, UNIT, UNIT]  # 0 -> 1 -> 2 and 3 -> 2
    refit = (
        Markov(MarkovConfig(window=1, history_power=0.5, item_power=0.5, shrink=0))
        .fit(whole.data, RUN)
        .arrays()
    )
    for name, array in model.arrays().items():
        assert_array_equal(array, refit[name], err_msg=name)

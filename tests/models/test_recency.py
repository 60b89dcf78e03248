import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Histories, Pairs
from recx.errors import UsageError
from recx.models.recency import add_own, at_pairs, check_weights, recency, weigh
from tests.models.planted import DAY, clusters, log_of

HISTORIES = Histories(
    np.array([0, 3, 3, 4]),
    np.array([0, 1, 0, 2], dtype=np.int32),
    np.array([1, 2, 4, 1], dtype=np.float32),
    np.array([0, 10, 20, 20]) * DAY,
)


def test_weights_fall_with_position_and_with_days_before_the_moment_asked() -> None:
    assert_allclose(recency(HISTORIES, None), 1)
    assert_allclose(recency(HISTORIES, None, decay=0.5), [0.25, 0.5, 1, 1])
    at = np.array([30, 30, 40]) * DAY
    assert_allclose(recency(HISTORIES, at, half_life=10), [1 / 8, 1 / 4, 1 / 2, 1 / 4])
    assert_allclose(recency(HISTORIES, None, half_life=10), [1 / 4, 1 / 2, 1, 1])
    assert_allclose(recency(HISTORIES, None, 0.5, 10), [1 / 16, 1 / 4, 1, 1])


def test_repeats_are_merged_by_newest_sum_or_log_of_the_sum() -> None:
    assert_allclose(weigh(HISTORIES, 3).toarray(), [[1, 1, 0], [0, 0, 0], [0, 0, 1]])
    assert_allclose(weigh(HISTORIES, 3, "binary", decay=0.5).toarray()[0], [1, 0.5, 0])
    assert_allclose(weigh(HISTORIES, 3, "sum", decay=0.5).toarray()[0], [4 + 0.25, 2 * 0.5, 0])
    assert_allclose(weigh(HISTORIES, 3, "log", decay=0.5).toarray()[0], np.log1p([4.25, 1, 0]))


def test_own_weights_are_added_and_looked_up() -> None:
    matrix = weigh(HISTORIES, 3, "sum")
    scores = add_own(np.ones((3, 3), dtype=np.float32), matrix, 2.0)
    assert_allclose(scores, 1 + 2 * matrix.toarray())
    row, item = (index.ravel().astype(np.int32) for index in np.indices((3, 3)))
    assert_allclose(at_pairs(matrix, Pairs(row, item)), matrix.toarray().ravel())


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"values": "logs"}, "did you mean 'log'"),
        ({"values": "log", "decay": 0.0}, "above 0"),
        ({"values": "log", "half_life": 9.0}, "needs dates"),
    ],
)
def test_settings_the_data_cannot_serve_are_refused(settings: dict, problem: str) -> None:
    undated = log_of([(0, 0, 1.0)], 1, 1, times=False)
    with pytest.raises(UsageError, match=problem):
        check_weights("ease", undated, **settings)


def test_a_decay_by_position_is_refused_where_order_means_nothing() -> None:
    from dataclasses import replace

    unordered = replace(clusters().log, order="none")
    with pytest.raises(UsageError, match="needs an order"):
        check_weights("ease", unordered, "binary", decay=0.9)

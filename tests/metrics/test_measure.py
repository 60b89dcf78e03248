from __future__ import annotations

from math import log2
from pathlib import Path

import numpy as np
import pytest

from recx.errors import DataError, UsageError
from recx.metrics import METRICS, question
from recx.metrics.config import ProtocolConfig
from recx.metrics.measure import OnWatch, measure
from recx.metrics.protocol import Protocol
from recx.models import base
from tests.synthetic import Told, dataset

# user 0 had item 0 and takes 2 and 3; user 1 had 1 and takes 0; user 2 had 2 and takes 3
DATA = dataset([(0, 0), (1, 1), (2, 2)], [], [(0, 2), (0, 3), (1, 0), (2, 3)], 3, 5)
PROTOCOL = Protocol.of(ProtocolConfig(k=[1, 2]), DATA)
MODEL = Told([[9, 3, 2, 1, 0], [5, 9, 4, 3, 2], [1, 2, 9, 8, 3]])


def test_every_number_of_a_small_case() -> None:
    means = measure(MODEL, DATA, DATA.split.final, PROTOCOL).means()
    # lists without what each user had: 1 2 | 0 2 | 3 4
    assert means["precision@1"] == pytest.approx(2 / 3)
    assert means["precision@2"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 2) / 3)
    assert means["recall@2"] == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert means["ndcg@2"] == pytest.approx((1 / log2(3) / (1 + 1 / log2(3)) + 1 + 1) / 3)
    assert means["coverage@1"] == 3 / 5
    assert means["coverage@2"] == 5 / 5
    assert "rmse" not in means


def test_numbers_are_the_same_whatever_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    rows = [(user, int(item)) for user in range(90) for item in random.permutation(40)[:6]]
    data = dataset(rows[::2], [], rows[1::2], 90, 40)
    model = Told(random.normal(size=(90, 40)))
    protocol = Protocol.of(ProtocolConfig(), data)
    whole = measure(model, data, data.split.final, protocol)
    monkeypatch.setattr(base, "BLOCK_BYTES", 1)
    blocks = measure(model, data, data.split.final, protocol)
    assert whole.means() == blocks.means()
    assert all(np.array_equal(whole.per_user[name], blocks.per_user[name]) for name in whole.per_user)


def test_numbers_are_the_same_whoever_is_judged_together(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    rows = [(user, int(item)) for user in range(90) for item in random.permutation(40)[:6]]
    data = dataset(rows[::2], [], rows[1::2], 90, 40)
    model = Told(random.normal(size=(90, 40)))
    protocol = Protocol.of(ProtocolConfig(), data)
    whole = measure(model, data, data.split.final, protocol, tuple(METRICS))
    monkeypatch.setattr(question, "BLOCK", 7)
    blocks = measure(model, data, data.split.final, protocol, tuple(METRICS))
    assert {"auc", "novelty@10", "serendipity@5", "tail_share@20"} < whole.per_user.keys()
    assert all(np.array_equal(whole.per_user[name], blocks.per_user[name]) for name in whole.per_user)


@pytest.mark.parametrize("metric", ["auc", "gini@2", "novelty@1", "coverage@2", "recall@2"])
def test_training_may_watch_any_metric_that_the_data_allow(metric: str) -> None:
    fold = DATA.split.final
    watched = OnWatch(DATA, fold, PROTOCOL, metric).measure(MODEL)
    assert watched == measure(MODEL, DATA, fold, PROTOCOL, tuple(METRICS)).means()[metric]


def test_a_metric_that_the_data_do_not_allow_is_told_from_the_start() -> None:
    with pytest.raises(UsageError, match="metric=revenue_ndcg@5: the catalogue of toy has no prices"):
        OnWatch(DATA, DATA.split.final, PROTOCOL, "revenue_ndcg@5")
    with pytest.raises(UsageError, match="metric=log_loss is calibrated on valid, after training"):
        OnWatch(DATA, DATA.split.final, PROTOCOL, "log_loss")


def test_ratings_are_clipped_to_the_scale_before_they_are_judged() -> None:
    ratings = [(0, 1, 5.0), (0, 2, 3.0), (1, 0, 1.0)]
    data = dataset([(0, 0, 4.0), (1, 1, 2.0)], [], ratings, 2, 3, value_range=(1, 5), relevant_from=4.0)
    model = Told([[0, 7.0, 3.5], [-2.0, 0, 0]])
    measured = measure(model, data, data.split.final, Protocol.of(ProtocolConfig(k=[1]), data))
    assert measured.means()["mse"] == pytest.approx((0 + 0.25 + 0) / 3)
    assert measured.users.tolist() == [0]
    users, columns = measured.table()
    assert users.tolist() == [0, 1]
    assert columns["ratings"].tolist() == [2, 1]
    assert columns["hit@1"][0] == 1
    assert np.isnan(columns["hit@1"][1])


def test_users_with_no_list_count_as_zero_and_are_told() -> None:
    data = dataset(
        [(0, 0), (1, 1)], [], [(0, 1), (1, 0)], 2, 3, available_from=np.array([0, 9, 9]), known_at=9
    )
    model = Told(np.ones((2, 3)))
    measured = measure(model, data, data.split.final, Protocol.of(ProtocolConfig(k=[2]), data))
    # only item 0 could be had: user 0 has it already
    assert measured.without_list == 1
    assert measured.per_user["recall@2"].tolist() == [0, 1]
    assert measured.means()["recall@2"] == 1 / 2


def test_what_is_measured_is_written_per_user(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    measure(MODEL, DATA, DATA.split.final, PROTOCOL).write(tmp_path / "per_user.parquet", DATA.users)
    table = pq.read_table(tmp_path / "per_user.parquet")
    assert table["user"].to_pylist() == ["u0", "u1", "u2"]
    assert table["precision@1"].to_pylist() == [0, 1, 1]


def test_a_target_with_nothing_new_is_an_error() -> None:
    data = dataset([(0, 0)], [], [(0, 0)], 1, 2)
    with pytest.raises(DataError, match="nobody has an item to be found in the test part with repeat=new"):
        measure(Told([[1, 0]]), data, data.split.final, Protocol.of(ProtocolConfig(), data))


def test_watch_looks_at_a_sample_of_users_that_depends_on_the_seed_alone() -> None:
    random = np.random.default_rng(0)
    watched = [(user, int(random.integers(20))) for user in range(300)]
    data = dataset([(0, 0)], watched, [], 300, 20)
    protocol = Protocol.of(ProtocolConfig(repeat="allow"), data)
    model = Told(random.normal(size=(300, 20)))
    some = [OnWatch(data, data.split.select, protocol, "ndcg@10", 50).measure(model) for _ in range(2)]
    every = OnWatch(data, data.split.select, protocol, "ndcg@10").measure(model)
    assert some[0] == some[1]
    assert every == measure(model, data, data.split.select, protocol).means()["ndcg@10"]
    assert every == pytest.approx(some[0], abs=0.15)


def test_watch_measures_errors_and_coverage_too() -> None:
    data = dataset([(0, 0, 4.0)], [(0, 1, 5.0), (0, 2, 3.0)], [], 1, 3, value_range=(1, 5))
    protocol = Protocol.of(ProtocolConfig(), data)
    model = Told([[0, 4.0, 3.0]])
    on_watch = OnWatch(data, data.split.select, protocol, "rmse")
    assert not on_watch.higher_is_better
    assert on_watch.measure(model) == pytest.approx(0.5**0.5)
    assert OnWatch(data, data.split.select, protocol, "coverage@1").measure(model) == pytest.approx(1 / 3)


def test_watching_ratings_where_there_are_none_is_an_error() -> None:
    with pytest.raises(UsageError, match="metric=rmse: toy holds no ratings; try ndcg@10"):
        OnWatch(DATA, DATA.split.final, PROTOCOL, "rmse")

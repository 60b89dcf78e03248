from __future__ import annotations

import numpy as np
import pytest

from recx.errors import UsageError
from recx.metrics.config import ProtocolConfig
from recx.metrics.lists import Targets
from recx.metrics.protocol import Protocol
from tests.synthetic import dataset

TRAIN = [(0, 0), (0, 1), (1, 1), (2, 2)]
VALID = [(0, 3)]
TEST = [(0, 1), (0, 4), (0, 4), (1, 1), (2, 5), (2, 0)]


def of(data, **settings) -> Protocol:  # type: ignore[no-untyped-def]
    return Protocol.of(ProtocolConfig(**settings), data)


def by_user(targets: Targets) -> dict[int, list[int]]:
    rows = np.split(targets.items, targets.indptr[1:-1])
    return {int(user): row.tolist() for user, row in zip(targets.users, rows, strict=True)}


def test_repeat_new_drops_what_the_user_had_and_users_left_with_nothing() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    assert by_user(of(data, repeat="new").relevant(data, data.split.final)) == {0: [4], 2: [0, 5]}


def test_repeat_allow_counts_each_item_once() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    assert by_user(of(data, repeat="allow").relevant(data, data.split.final)) == {
        0: [1, 4],
        1: [1],
        2: [0, 5],
    }


def test_repeat_auto_is_what_the_data_set_says() -> None:
    assert of(dataset(TRAIN, VALID, TEST, 3, 6, repeats=True)).repeat == "allow"
    assert of(dataset(TRAIN, VALID, TEST, 3, 6)).repeat == "new"


def test_catalogue_leaves_out_what_could_not_be_had_by_the_cut_off() -> None:
    since = np.array([0, 0, 0, 0, 50, 49])
    data = dataset(TRAIN, VALID, TEST, 3, 6, available_from=since, known_at=50)
    allowed = of(data).allowed(data, data.split.final)
    assert allowed.items.tolist() == [True, True, True, True, False, True]
    # yet what was bought of it stays a miss
    assert 4 in by_user(of(data).relevant(data, data.split.final))[0]


def test_candidates_train_are_the_items_of_the_fold() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    protocol = of(data, candidates="train")
    assert np.flatnonzero(protocol.allowed(data, data.split.valid).items).tolist() == [0, 1, 2]
    assert np.flatnonzero(protocol.allowed(data, data.split.final).items).tolist() == [0, 1, 2, 3]


def test_ties_are_ordered_by_the_seed_alone() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    config = ProtocolConfig()
    orders = [Protocol.of(config, data, seed).allowed(data, data.split.final).order for seed in (0, 0, 1)]
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])
    assert sorted(orders[0]) == list(range(6))


def test_ratings_below_the_threshold_are_not_relevant() -> None:
    ratings = [(0, 1, 3.0), (0, 2, 4.0), (0, 3, 5.0), (1, 2, 2.0)]
    data = dataset([(0, 0, 5.0)], [], ratings, 2, 4, value_range=(1, 5), relevant_from=4.0)
    targets = of(data).relevant(data, data.split.final)
    assert by_user(targets) == {0: [2, 3]}
    assert targets.grades.tolist() == [4, 5]
    assert by_user(of(data, relevant_from=5.0).relevant(data, data.split.final)) == {0: [3]}


def test_grades_are_positive_on_a_scale_below_zero() -> None:
    data = dataset([(0, 0, 1.0)], [], [(0, 1, -10.0), (0, 2, 10.0)], 1, 3, value_range=(-10, 10))
    assert of(data).relevant(data, data.split.final).grades.tolist() == [1, 21]


def test_the_hash_changes_with_everything_that_changes_a_number() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    hashes = {
        of(data, **settings).hash
        for settings in ({}, {"repeat": "allow"}, {"candidates": "train"}, {"k": [10]})
    } | {Protocol.of(ProtocolConfig(), data, seed=1).hash}
    assert len(hashes) == 5
    assert of(data, k=[20, 5, 10, 5]).hash == of(data).hash


def test_a_protocol_is_read_back_from_its_plain_form() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    assert Protocol.read(of(data).plain) == of(data)


def test_the_headline_is_ndcg_at_10_or_next_to_it() -> None:
    data = dataset(TRAIN, VALID, TEST, 3, 6)
    assert of(data).headline == "ndcg@10"
    assert of(data, k=[1, 8, 50]).headline == "ndcg@8"


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        ({"repeat": "alow"}, "repeat=alow; did you mean 'allow'?"),
        ({"candidates": "all"}, "candidates=all; there is catalogue, train"),
        ({"k": [0]}, "k=[0]: expected cut-offs of 1 or more, such as k=[5,10,20]"),
        ({"relevant_from": 4.0}, "relevant_from=4.0: toy holds no ratings; leave it out"),
    ],
)
def test_a_setting_outside_its_range_is_told_what_would_be_right(
    settings: dict[str, object], answer: str
) -> None:
    with pytest.raises(UsageError) as told:
        of(dataset(TRAIN, VALID, TEST, 3, 6), **settings)
    assert str(told.value) == answer

from __future__ import annotations

import numpy as np
import pytest

from recx.kernels.metrics import standardise_pairs
from recx.metrics.config import ProtocolConfig
from recx.metrics.interest import Calibration, draw_pairs
from recx.metrics.protocol import Protocol, keys
from recx.metrics.question import Question
from tests.synthetic import dataset


def drawn(repeat: str, n_items: int = 30, seed: int = 0):  # type: ignore[no-untyped-def]
    random = np.random.default_rng(1)
    rows = [(user, int(item)) for user in range(40) for item in random.permutation(n_items)[:12]]
    data = dataset(rows[::2], [], rows[1::2], 40, n_items)
    protocol = Protocol.of(ProtocolConfig(repeat=repeat), data, seed)
    fold = data.split.final
    question = Question.of(data, fold, protocol)
    return data, fold, question.targets, draw_pairs(question)


@pytest.mark.parametrize("repeat", ["allow", "new"])
def test_negatives_are_as_many_as_positives_and_were_never_taken(repeat: str) -> None:
    data, fold, targets, pairs = drawn(repeat)
    users = np.repeat(pairs.users, np.diff(pairs.indptr)).astype(np.int64)
    key = users * data.n_items + pairs.items
    assert len(np.unique(key)) == len(key)
    assert np.array_equal(np.bincount(users[pairs.taken]), np.bincount(users[~pairs.taken]))
    assert np.array_equal(
        key[pairs.taken], targets.users[targets.rows].astype(np.int64) * data.n_items + targets.items
    )
    assert not np.isin(key[~pairs.taken], keys(fold.target)).any()
    assert np.isin(key[~pairs.taken], keys(fold.history)).any() == (repeat == "allow")


def test_a_user_who_took_nearly_everything_gets_what_is_left() -> None:
    data, _, _, pairs = drawn("new", n_items=13)
    users = np.repeat(pairs.users, np.diff(pairs.indptr))
    # 6 in the history, 6 targets, one item left
    assert np.bincount(users[~pairs.taken]).tolist() == [1] * data.n_users


def test_the_draw_depends_on_the_seed_alone() -> None:
    same, again, other = (drawn("allow", seed=seed)[-1].items for seed in (0, 0, 1))
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)


def test_scores_are_standardised_over_the_candidates_of_a_user() -> None:
    scores = np.array([[1, 3, -np.inf, 5], [2, 2, 2, -np.inf]], np.float32)
    found = standardise_pairs(scores, np.array([0, 3, 4]), np.array([0, 2, 3, 1], np.int32))
    deviation = (8 / 3) ** 0.5
    # what the model did not reach counts as its lowest; a flat row says nothing
    assert found == pytest.approx([-2 / deviation, -2 / deviation, 2 / deviation, 0])


def test_calibration_finds_the_sigmoid_that_made_the_labels() -> None:
    random = np.random.default_rng(0)
    z = random.normal(size=40_000)
    taken = random.random(40_000) < 1 / (1 + np.exp(-(1.7 * z - 0.4)))
    found = Calibration.fit(z, taken)
    assert (found.slope, found.offset) == pytest.approx((1.7, -0.4), abs=0.05)


def test_calibration_stays_finite_on_scores_that_separate() -> None:
    z = np.concatenate([np.full(50, -1.0), np.full(50, 1.0)])
    found = Calibration.fit(z, z > 0)
    assert found(np.array([-1.0, 1.0])) == pytest.approx([1 / 52, 51 / 52], abs=1e-6)


def test_scores_that_say_nothing_have_the_error_of_a_coin() -> None:
    z = np.zeros(100)
    taken = np.arange(100) < 50
    found = Calibration.fit(z, taken)
    assert np.mean((found(z) - taken) ** 2) == pytest.approx(0.25)

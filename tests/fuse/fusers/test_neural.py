"""neural: the gate that weighs bases by user, and the network over features and vectors."""

from dataclasses import replace

import numpy as np
import pytest

from recx.fuse.fusers.config import NeuralConfig
from recx.fuse.fusers.neural import Neural
from recx.fuse.surroundings import Feature
from recx.fuse.table import Table
from recx.fuse.vectors import VECTORS
from tests.fuse.fusers.contract import FuserContract, RatingContract
from tests.fuse.tables import lesson, planted, planted_ratings

QUICK = {"nets": 2, "epochs": 15, "lr": 0.01}


class TestGate(FuserContract, RatingContract):
    config = NeuralConfig(**QUICK)


class TestMLP(FuserContract, RatingContract):
    config = NeuralConfig(kind="mlp", **QUICK)

    def test_parts_add_up_to_the_score(self) -> None:
        table, asked = self.tables(1.0, 0.5)
        assert self.learnt(table).parts(asked) is None


def segments(name: str, group: str, seed: int) -> Table:
    """Base a is right about half of the users, base b about the others; a column of the user tells them
    apart.
    """
    rng = np.random.default_rng(seed)
    table = planted(rng, (2.0, 2.0), extra=0)
    first = (table.users % 2 == 0)[table.groups]
    noise = rng.normal(size=table.votes.standard.shape).astype(np.float32)
    right = np.column_stack([first, ~first])
    standard = np.where(right, table.votes.standard, noise)
    told = (np.where(first, 1.0, -1.0) + 0.1 * rng.normal(size=len(table.users))[table.groups])[:, None]
    values = np.column_stack([table.values, told]).astype(np.float32)
    features = (*table.features, Feature(name, group))
    ranks = np.ones_like(table.votes.ranks)
    votes = replace(table.votes, standard=standard, ranks=ranks)
    return replace(table, features=features, values=values, votes=votes)


@pytest.mark.parametrize(
    ("name", "group"), [("user.events", "user"), ("a.user0", VECTORS)], ids=["feature", "vector"]
)
def test_the_gate_believes_the_base_that_is_right_about_the_user(name: str, group: str) -> None:
    fuser = Neural(NeuralConfig(**QUICK)).fit(segments(name, group, 0), None, lesson())
    asked = segments(name, group, 1)
    weights, first = fuser.weights(asked), (asked.users % 2 == 0)[asked.groups]
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights[first, 0].mean() > 0.8 and weights[~first, 1].mean() > 0.8
    alike = np.mean(asked.votes.standard, axis=1)
    assert lesson().judge.on(asked).better(fuser.score(asked), alike).low > 0


def test_the_gate_does_not_look_at_what_is_known_of_items() -> None:
    table, blind = segments("item.age", "item", 0), segments("b.item0", VECTORS, 0)
    for known in (table, blind):
        fuser = Neural(NeuralConfig(**QUICK)).fit(known, None, lesson())
        assert np.ptp(fuser.weights(known), axis=0).max() < 1e-6


def test_ratings_are_weighed_by_user_and_set_right_by_what_a_base_is_off() -> None:
    rng = np.random.default_rng(0)
    table, asked = (planted_ratings(rng, (0.3, 0.3), (0.7, 0.7)) for _ in range(2))
    fuser = Neural(NeuralConfig(nets=1, epochs=30, lr=0.02)).fit(table, None, lesson(metric="rmse"))
    assert abs(float(np.mean(fuser.score(asked) - asked.labels))) < 0.1


def test_nobody_to_learn_from_leaves_the_bases_alike() -> None:
    table = planted(np.random.default_rng(0), (1.0, 1.0), users=20)
    nothing = replace(table, labels=np.zeros_like(table.labels))
    fuser = Neural(NeuralConfig(**QUICK)).fit(nothing, None, lesson())
    assert np.allclose(fuser.weights(table), 0.5)

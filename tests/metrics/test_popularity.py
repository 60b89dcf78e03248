"""Novelty, serendipity and the tail, counted by hand on a shop of four items."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.data import Rankings
from recx.metrics import shelf_metric
from recx.metrics.config import ProtocolConfig
from recx.metrics.lists import Lists
from recx.metrics.protocol import Protocol
from recx.metrics.question import Question
from recx.models.base import RunOptions
from recx.models.baseline.config import PopularConfig
from recx.models.baseline.popular import Popular
from tests.synthetic import dataset

# item 0 was bought 5 times, item 1 twice, item 2 once, item 3 never
BOUGHT = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (0, 1), (5, 1), (5, 2)]
TAKEN = [(0, 2), (1, 1), (1, 3), (2, 3), (5, 0)]


def question(repeat: str = "new") -> Question:
    data = dataset(BOUGHT, [], TAKEN, 6, 4)
    return Question.of(data, data.split.final, Protocol.of(ProtocolConfig(k=[1, 2], repeat=repeat), data))


def lists(asked: Question, rows: list[list[int]]) -> Lists:
    items = np.array(rows, np.int32)
    rankings = Rankings(asked.targets.users, items, np.zeros(items.shape, np.float32))
    return Lists.judge(rankings, asked.targets)


def test_novelty_is_the_mean_surprise_of_what_is_shown() -> None:
    asked = question()
    bits = [-log2((count + 1) / (8 + 4)) for count in (5, 2, 1, 0)]
    found = shelf_metric("novelty")(lists(asked, [[2, 3], [1, -1], [-1, -1], [0, 3]]), asked.shelf, 2)
    assert found == pytest.approx([(bits[2] + bits[3]) / 2, bits[1], 0, (bits[0] + bits[3]) / 2])


def test_the_tail_lies_outside_the_bestsellers_that_make_80_percent() -> None:
    asked = question()
    # before item 0: nothing, before item 1: 5 of 8, before item 2: 7 of 8, which is more than 80 %
    assert asked.shelf.tail.tolist() == [0, 0, 1, 1]
    found = shelf_metric("tail_share")(lists(asked, [[0, 2], [3, -1], [-1, -1], [2, 3]]), asked.shelf, 2)
    assert found == pytest.approx([1 / 2, 1, 0, 1])


def test_serendipity_counts_hits_that_popularity_would_have_missed() -> None:
    asked = question()
    # users 0, 1, 2 and 5 look for 2 | 1, 3 | 3 | 0; who had items 0 and 1 is shown 2 first by popularity
    made = lists(asked, [[2, 3], [3, 1], [3, 1], [0, 3]])
    assert shelf_metric("serendipity")(made, asked.shelf, 1).tolist() == [0, 1, 1, 0]
    # popularity's two for user 1, who had item 0, are 1 and 2
    assert shelf_metric("serendipity")(made, asked.shelf, 2).tolist() == [0, 1 / 2, 1 / 2, 0]


def test_with_repeats_everybody_is_held_against_the_same_popularity() -> None:
    asked = question("allow")
    made = lists(asked, [[2, 3], [3, 1], [3, 1], [0, 3]])
    assert shelf_metric("serendipity")(made, asked.shelf, 1).tolist() == [1, 1, 1, 0]
    assert shelf_metric("serendipity")(made, asked.shelf, 2).tolist() == [1 / 2, 1 / 2, 1 / 2, 0]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from(["new", "allow"]))
def test_the_popularity_ranking_itself_is_never_serendipitous(seed: int, repeat: str) -> None:
    random = np.random.default_rng(seed)
    rows = [(user, int(item)) for user in range(20) for item in random.integers(0, 12, 8) ** 2 // 12]
    data = dataset(rows[::2], [], rows[1::2], 20, 12)
    asked = Question.of(data, data.split.final, Protocol.of(ProtocolConfig(repeat=repeat), data))
    if not len(asked.targets):
        return
    popular = Popular(PopularConfig(name="popular")).fit(data.training_data(data.split.final), RunOptions())
    from recx.metrics.measure import hold_against, recommend_all

    rankings = recommend_all(popular, asked.fold, 20, asked.allowed, asked.targets.users)
    measured = hold_against(rankings, asked)
    for k in (5, 10, 20):
        assert not measured.per_user[f"serendipity@{k}"].any()

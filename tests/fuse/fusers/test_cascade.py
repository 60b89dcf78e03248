"""cascade, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from recx.errors import UsageError
from recx.fuse.fusers.cascade import Cascade
from recx.fuse.fusers.config import CascadeConfig
from tests.fuse.tables import scored

SAID = [[9, 1, 3], [8, 4, 1], [7, 3, 2], [6, 5, 9]]
"""a puts the items in order, b the other way round but for one, c has its own mind."""


def order(*words: str, knows: list[bool] | None = None) -> list[int]:
    heard = None if knows is None else np.tile(knows, (4, 1))
    found = Cascade(CascadeConfig(stages=list(words))).score(scored(SAID, knows=heard))
    return list(np.argsort(-found, kind="stable"))


def test_what_the_first_keeps_is_ranked_again_by_the_next() -> None:
    # a keeps 0, 1 and 2, which b orders 1, 2, 0; 3, b's favourite, was not retrieved
    assert order("a:3", "b") == [1, 2, 0, 3]
    assert order("a:2", "b") == [1, 0, 2, 3]


def test_three_stages_keep_the_order_of_those_they_have_not_seen() -> None:
    # a keeps 0, 1, 2; b orders 1, 2, 0 and keeps 1, 2; c puts 2 before 1
    assert order("a:3", "b:2", "c") == [2, 1, 0, 3]


def test_a_base_that_does_not_know_the_user_changes_nothing_and_cuts_nothing() -> None:
    assert order("a:3", "b:1", "c", knows=[True, False, True]) == [0, 2, 1, 3]
    assert order("a:1", "b", "c", knows=[False, True, True]) == [3, 0, 2, 1]


def test_users_are_ranked_apart() -> None:
    rows = scored([*SAID, *SAID], sizes=[4, 4])
    found = Cascade(CascadeConfig(stages=["a:3", "b"])).score(rows)
    assert found.tolist() == [-2, 0, -1, -3] * 2


def test_without_stages_all_bases_take_their_turn() -> None:
    # each keeps more than there is, so the last one decides
    found = Cascade(CascadeConfig()).score(scored(SAID))
    assert list(np.argsort(-found)) == [3, 0, 2, 1]


def test_a_base_that_is_left_out_leaves_its_stage_out() -> None:
    rows = scored(SAID)
    fewer = replace(rows, votes=rows.votes.of(["a", "c"]))
    found = Cascade(CascadeConfig(stages=["a:3", "b:1", "c"])).score(fewer)
    assert list(np.argsort(-found)) == [0, 2, 1, 3]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a:10", "d"], "no base called 'd'; there is a, b, c"),
        (["a:ten", "b"], "'a:ten': expected a base and how many it keeps, such as a:50"),
        (["a"], "needs two stages or more"),
    ],
)
def test_stages_that_cannot_be_are_one_line(words: list[str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Cascade.check_bases(CascadeConfig(stages=words), ["a", "b", "c"])
    assert says in str(caught.value)

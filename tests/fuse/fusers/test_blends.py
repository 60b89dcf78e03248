"""Fusers without learning against examples counted by hand."""

import numpy as np
import pytest

from recx.fuse.fusers import FUSERS, config_class, create
from recx.fuse.fusers.config import RRFConfig, VoteConfig
from recx.fuse.table import Rows
from tests.fuse.tables import ranked, rated, scored

PLAIN = ("mean", "combsum", "combmnz", "median", "rrf", "isr", "borda", "condorcet", "vote")
SHORT = [[1, 2], [2, 0], [0, 1]]
"""a lists the first two items, b the third and the first."""


def score(name: str, rows: Rows) -> list[float]:
    return list(create(config_class(name)()).score(rows))


def test_rrf_adds_a_vote_of_1_over_60_plus_rank_for_every_list() -> None:
    assert score("rrf", ranked(SHORT)) == pytest.approx([1 / 61 + 1 / 62, 1 / 62, 1 / 61])
    assert create(RRFConfig(k=0)).score(ranked(SHORT)) == pytest.approx([3 / 2, 1 / 2, 1])


def test_mean_and_combsum_of_two_bases() -> None:
    rows = scored([[0, 1], [0.5, 0.25]])
    assert score("combsum", rows) == pytest.approx([1, 0.75])
    assert score("mean", rows) == pytest.approx([0.5, 0.375])


def test_ratings_are_averaged_in_their_own_scale() -> None:
    assert score("mean", rated([[3.0, 4.0], [1.0, 2.0]])) == pytest.approx([3.5, 1.5])


def test_a_base_that_does_not_know_the_user_has_no_vote() -> None:
    knows = np.array([[True, False]] * 3)
    assert score("rrf", ranked(SHORT, knows=knows)) == pytest.approx([1 / 61, 1 / 62, 0])
    rows = scored([[1, 5], [3, 5], [2, 5]], knows=knows)
    assert score("combsum", rows) == pytest.approx([1, 3, 2])
    assert score("mean", rows) == pytest.approx([1, 3, 2])


def test_where_no_base_knows_the_user_popularity_is_heard() -> None:
    nobody = np.zeros((2, 2), dtype=np.bool_)
    rows = scored([[1, 3], [4, 2]], knows=nobody)
    assert score("mean", rows) == pytest.approx([2, 3])
    assert score("rrf", ranked([[1, 1], [2, 2]], knows=nobody)) == pytest.approx([2 / 61, 2 / 62])


def test_combmnz_multiplies_the_sum_by_how_many_list_the_item() -> None:
    # a scales to 1, 1/2, 0 and b to 1/2, 0, 1; two lists, one, one
    assert score("combmnz", ranked(SHORT)) == pytest.approx([2 * (1 + 1 / 2), 1 / 2, 1])
    assert score("combmnz", ranked([[1, 0], [0, 0]])) == pytest.approx([1, 0])


def test_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() -> None:
    assert score("median", scored([[1, 9, 2], [5, 4, -50]])) == pytest.approx([2, 4])
    assert score("median", scored([[1, 9, 2, 4]])) == pytest.approx([3])
    knows = np.array([[True, False, True]])
    assert score("median", rated([[3, 1, 4]], knows=knows)) == pytest.approx([3.5])


def test_isr_multiplies_the_sum_of_inverse_squares_by_how_many_list_the_item() -> None:
    assert score("isr", ranked(SHORT)) == pytest.approx([2 * (1 + 1 / 4), 1 / 4, 1])


def test_borda_gives_points_by_place_and_shares_what_a_short_list_leaves() -> None:
    # four candidates. a: 4, 3, and (2 + 1) / 2 for each of the two it leaves out; b: 3, 2, 4, 1
    rows = ranked([[1, 2], [2, 3], [0, 1], [0, 0]])
    assert score("borda", rows) == pytest.approx([4 + 3, 3 + 2, 1.5 + 4, 1.5 + 1])


def test_borda_counts_places_among_the_candidates() -> None:
    # the union was cut: ranks 2, 5 and 9 are places 1, 2 and 3; a second user is counted alone
    rows = ranked([[5], [2], [9], [1], [0]], sizes=[3, 2])
    assert score("borda", rows) == pytest.approx([2, 3, 1, 2, 1])


def test_condorcet_puts_the_items_of_a_circle_side_by_side() -> None:
    # 0 beats 1, 1 beats 2, 2 beats 0, each by two lists to one; all beat 3 by three to none
    rows = ranked([[1, 3, 2], [2, 1, 3], [3, 2, 1], [4, 4, 4]])
    most = 2 * 3 * 4
    circle = 1 + 3 / most
    assert score("condorcet", rows) == pytest.approx([circle, circle, circle, -3 - 9 / most])


def test_condorcet_needs_a_majority_and_takes_what_is_not_listed_for_equal() -> None:
    # a: 0 before 1; b lists 2 alone. 0 and 1: one to none; 0 and 2, 1 and 2: one to one, a draw
    rows = ranked([[1, 0], [2, 0], [0, 1]])
    most = 2 * 2 * 3
    assert score("condorcet", rows) == pytest.approx([1 + 1 / most, -1 - 1 / most, 0])


def test_a_winner_of_every_pair_is_first_though_borda_has_another() -> None:
    # three lists of five put 0 first; the other two put it last, and 1 is second or first everywhere
    rows = ranked([[1, 1, 1, 3, 3], [2, 2, 2, 1, 1], [3, 3, 3, 2, 2]])
    assert int(np.argmax(score("condorcet", rows))) == 0
    assert int(np.argmax(score("borda", rows))) == 1


def test_vote_counts_who_has_the_item_near_the_top() -> None:
    rows = ranked([[1, 4, 0], [2, 1, 9], [9, 2, 1]])
    found = create(VoteConfig(depth=3)).score(rows)
    ties = [(1 / 61 + 1 / 64) / 3, (1 / 62 + 1 / 61 + 1 / 69) / 3, (1 / 69 + 1 / 62 + 1 / 61) / 3]
    assert found == pytest.approx([1 + ties[0], 2 + ties[1], 2 + ties[2]])
    assert found[1] == found[2] > found[0]


@pytest.mark.parametrize("name", PLAIN)
def test_copies_of_one_base_keep_its_order(name: str) -> None:
    ranks = np.array([[2], [1], [4], [3], [0]])
    found = score(name, ranked(np.repeat(ranks, 3, axis=1)))
    assert list(np.argsort(found)[::-1]) == [1, 0, 3, 2, 4]


@pytest.mark.parametrize("name", PLAIN)
def test_items_that_all_bases_treat_alike_stay_equal(name: str) -> None:
    # each stands first in one list and second in the other
    found = score(name, ranked([[1, 2], [2, 1], [3, 3]]))
    assert found[0] == found[1] > found[2]


@pytest.mark.parametrize("name", PLAIN)
def test_parts_add_up_where_there_are_any(name: str) -> None:
    rows = ranked([[1, 2], [2, 0], [0, 1], [1, 1], [0, 2]], sizes=[3, 2])
    parts = create(config_class(name)()).parts(rows)
    if name in ("median", "condorcet"):
        assert parts is None
    else:
        assert parts is not None and parts.total == pytest.approx(score(name, rows))


def test_every_fuser_has_settings_by_its_name() -> None:
    for name in FUSERS:
        assert config_class(name)().name == name
        assert create(config_class(name)()).learns == (name not in (*PLAIN, "cascade", "bagging"))

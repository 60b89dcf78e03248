"""Fusers without learning against examples counted by hand."""

import numpy as np
import pytest

from recx.fuse.fusers.combsum import CombSUM
from recx.fuse.fusers.config import CombSUMConfig, MeanConfig, RRFConfig
from recx.fuse.fusers.mean import Mean
from recx.fuse.fusers.rrf import RRF
from tests.fuse.tables import ranked, rated, scored

SHORT = [[1, 2], [2, 0], [0, 1]]
"""a lists the first two items, b the third and the first."""


def test_rrf_adds_a_vote_of_1_over_60_plus_rank_for_every_list() -> None:
    fuser = RRF(RRFConfig())
    assert fuser.score(ranked(SHORT)) == pytest.approx([1 / 61 + 1 / 62, 1 / 62, 1 / 61])
    assert RRF(RRFConfig(k=0)).score(ranked(SHORT)) == pytest.approx([3 / 2, 1 / 2, 1])


def test_mean_and_combsum_of_two_bases() -> None:
    rows = scored([[0, 1], [0.5, 0.25]])
    assert CombSUM(CombSUMConfig()).score(rows) == pytest.approx([1, 0.75])
    assert Mean(MeanConfig()).score(rows) == pytest.approx([0.5, 0.375])


def test_ratings_are_averaged_in_their_own_scale() -> None:
    assert Mean(MeanConfig()).score(rated([[3.0, 4.0], [1.0, 2.0]])) == pytest.approx([3.5, 1.5])


def test_a_base_that_does_not_know_the_user_has_no_vote() -> None:
    knows = np.array([[True, False]] * 3)
    assert RRF(RRFConfig()).score(ranked(SHORT, knows=knows)) == pytest.approx([1 / 61, 1 / 62, 0])
    rows = scored([[1, 5], [3, 5], [2, 5]], knows=knows)
    assert CombSUM(CombSUMConfig()).score(rows) == pytest.approx([1, 3, 2])
    assert Mean(MeanConfig()).score(rows) == pytest.approx([1, 3, 2])


def test_where_no_base_knows_the_user_popularity_is_heard() -> None:
    nobody = np.zeros((2, 2), dtype=np.bool_)
    rows = scored([[1, 3], [4, 2]], knows=nobody)
    assert Mean(MeanConfig()).score(rows) == pytest.approx([2, 3])
    assert RRF(RRFConfig()).score(ranked([[1, 1], [2, 2]], knows=nobody)) == pytest.approx([2 / 61, 2 / 62])

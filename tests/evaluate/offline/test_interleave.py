"""Team draft, counted by hand; who wins over many coins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recx.errors import UsageError
from recx.evaluate import evaluate
from recx.evaluate.files import read_report
from recx.evaluate.offline.config import InterleaveConfig
from recx.evaluate.offline.interleave import outcomes, team_draft
from recx.metrics.lists import Targets
from tests.evaluate.test_evaluate import Open, market, planted, run

LISTS_A = np.array([[1, 2, 3]], np.int32)
LISTS_B = np.array([[2, 4, 1]], np.int32)


def wanted(*items: list[int]) -> Targets:
    counts = np.array([len(each) for each in items])
    flat = np.concatenate([np.sort(each) for each in items]).astype(np.int32)
    indptr = np.append(0, np.cumsum(counts)).astype(np.int64)
    return Targets(np.arange(len(items), dtype=np.int32), indptr, flat, np.ones(len(flat), np.float32))


@pytest.mark.parametrize(
    ("a_first", "items", "teams"),
    [
        # A takes 1, B its best 2; in round two B goes first: 4
        ([True, False], [1, 2, 4], [0, 1, 1]),
        # B takes 2, A its best 1; in round two A goes first: 2 and 1 are gone, 3
        ([False, True], [2, 1, 3], [1, 0, 0]),
        ([True, True], [1, 2, 3], [0, 1, 0]),
        ([False, False], [2, 1, 4], [1, 0, 1]),
    ],
)
def test_captains_pick_in_turns(a_first: list[bool], items: list[int], teams: list[int]) -> None:
    drafted, whose = team_draft(LISTS_A, LISTS_B, np.array([a_first]))
    assert drafted.tolist() == [items]
    assert whose.tolist() == [teams]


def test_a_draft_ends_where_one_has_nothing_left() -> None:
    drafted, whose = team_draft(
        np.array([[5, -1, -1]], np.int32), np.array([[5, 6, 7]], np.int32), np.array([[True, True]])
    )
    assert drafted.tolist() == [[5, -1, -1]]
    assert whose.tolist() == [[0, -1, -1]]


def test_outcomes_counted_by_hand() -> None:
    # item 4 is B's third pick at the earliest: B has it where it goes first in round two, in 2 of 4 coins;
    # every series of coins comes with its opposite, so in exactly half of the draws
    assert outcomes(LISTS_A, LISTS_B, wanted([4]), 8, 0).tolist() == [-4]
    # item 1 is always A's, item 2 always B's
    assert outcomes(LISTS_A, LISTS_B, wanted([1]), 8, 0).tolist() == [8]
    assert outcomes(LISTS_A, LISTS_B, wanted([1, 2]), 8, 0).tolist() == [0]
    assert outcomes(LISTS_A, LISTS_B, wanted([9]), 8, 0).tolist() == [0]


@given(st.integers(0, 2**20), st.integers(1, 6))
def test_a_draft_is_fair(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (np.stack([random.permutation(9)[:k] for _ in range(5)]).astype(np.int32) for _ in range(2))
    coins = random.random((5, (k + 1) // 2)) < 0.5
    items, teams = team_draft(a, b, coins)
    mirrored, swapped = team_draft(b, a, ~coins)
    assert (items == mirrored).all()  # A and B are only names
    assert (teams == np.where(swapped < 0, -1, 1 - swapped)).all()
    for row in range(5):
        shown = items[row][items[row] >= 0]
        assert len(set(shown)) == len(shown) == k
        assert abs(int((teams[row] == 0).sum()) - int((teams[row] == 1).sum())) <= 1
    targets = wanted(*(random.permutation(9)[:3].tolist() for _ in range(5)))
    assert (outcomes(a, a, targets, 4, seed) == 0).all()  # equal lists are a tie, whatever the coins
    assert (outcomes(a, b, targets, 40, seed) == -outcomes(b, a, targets, 40, seed)).mean() > 0.5


def test_the_better_run_is_preferred(open_shop: Open) -> None:
    shop = open_shop(market())
    good, bad = (shop.train(name, planted(s, s, shop.dataset)) for name, s in (("good", 2), ("bad", 0)))
    report = evaluate(run(shop, [bad, good], offline=InterleaveConfig()))
    assert report.offline is not None
    assert (found := report.offline.preference) is not None
    assert (found.a, found.b) == ("bad", "good")
    assert found.for_b > found.for_a
    assert found.for_a + found.for_b + found.ties == report.tasks[0].n_users
    assert found.margin.high < 0
    assert max(found.p_t, found.p_sign) < 0.01
    assert read_report(Path(report.folder)) == report


def test_a_run_against_itself_is_a_tie(open_shop: Open) -> None:
    shop = open_shop(market())
    table = planted(1, 0, shop.dataset)
    same = evaluate(run(shop, [shop.train("a", table), shop.train("b", table)], offline=InterleaveConfig()))
    assert same.offline is not None
    assert (found := same.offline.preference) is not None
    assert (found.for_a, found.for_b, found.margin.value) == (0, 0, 0)
    assert (found.p_t, found.p_sign) == (1, 1)


@pytest.mark.parametrize(
    ("runs", "settings", "says"),
    [
        (1, {}, "offline=interleave takes two runs, not 1"),
        (3, {}, "takes two runs, not 3"),
        (2, {"k": 21}, "offline.k=21: expected 1 to 20, the largest cut-off"),
        (2, {"k": 0}, "offline.k=0"),
        (2, {"draws": 5}, "offline.draws=5: expected an even number"),
    ],
)
def test_what_cannot_be_interleaved_is_one_line(
    open_shop: Open, runs: int, settings: dict[str, int], says: str
) -> None:
    shop = open_shop(market())
    folders = [shop.train(f"m{at}", planted(1, at, shop.dataset)) for at in range(runs)]
    with pytest.raises(UsageError, match=says):
        evaluate(run(shop, folders, offline=InterleaveConfig(**settings)))  # type: ignore[arg-type]

"""Two runs that answer what they are told, compared and counted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.evaluate.compare import compare
from recx.evaluate.compare import verb as compare_verb
from recx.evaluate.compare.config import CompareConfig
from recx.evaluate.compare.result import Compared, Found, ItemChange, Moved
from recx.report.compare_page import page
from tests.evaluate.conftest import Shop
from tests.synthetic import dataset

A = [[9, 3, 2, 1, 0], [5, 9, 4, 3, 2], [1, 2, 9, 8, 3]]  # lists of 2: 1 2, 0 2, 3 4
B = [[0, 1, 5, 4, 0], [0, 9, 5, 4, 3], [1, 2, 9, 8, 3]]  # lists of 2: 2 3, 2 3, 3 4


@pytest.fixture
def shop(open_shop: Callable[[Dataset], Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Users 0, 1, 2 go on to choose 2 and 3, 0, 3."""
    opened = open_shop(dataset([(0, 0), (1, 1), (2, 2)], [], [(0, 2), (0, 3), (1, 0), (2, 3)], 3, 5))
    monkeypatch.setattr(compare_verb, "open_source", lambda folder: opened.runs[str(folder)])
    return opened


def compared(shop: Shop, a: str, b: str, **settings: object) -> Compared:
    given = {"k": [2], "threads": 1, "results": str(shop.folder / "results")} | settings
    return compare(CompareConfig(a=a, b=b, **given))  # type: ignore[arg-type]


def test_a_hand_counted_comparison(shop: Shop) -> None:
    found = compared(shop, shop.train("als", A), shop.train("ease", B))
    user, item = shop.dataset.users, shop.dataset.items
    assert (found.a, found.b, found.task.headline, found.k) == ("als", "ease", "ndcg@2", 2)
    moved = {each.metric: each for each in found.moved}
    assert moved["recall@2"] == Moved("recall@2", gained=1, lost=1, same=1)
    (gained,), (lost,) = found.gained, found.lost
    assert (gained.user, gained.history, gained.targets) == (user[0], 1, 2)
    assert (gained.found, gained.found_a, gained.found_b) == ([item[2]], [], [item[3]])
    assert (lost.user, lost.found_a, lost.found_b) == (user[1], [item[0]], [])
    assert (lost.a, lost.b) == (1.0, 0.0)
    assert [(each.item, each.a, each.b) for each in found.more] == [(item[3], 1, 3)]
    assert {(each.item, each.a, each.b) for each in found.less} == {(item[0], 1, 0), (item[1], 1, 0)}
    alone = [ItemChange(item[0], "", 1, 1, 0)], [ItemChange(item[3], "", 0, 0, 1)]
    assert found.found == Found(2, 1, 1, 0, *alone)
    assert found.overlap.jaccard == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)
    assert (found.overlap.same, found.overlap.users) == (1, 3)
    by_metric = {each.metric: each for each in found.task.comparisons}
    recall = by_metric["recall@2"]
    assert (recall.a, recall.b) == ("ease", "als")
    assert recall.difference.value == pytest.approx((1 + 0 + 1) / 3 - (0.5 + 1 + 1) / 3)
    assert found.verdict.endswith("; 1 users gain, 1 lose, 1 stay as they were.")
    assert "\n" not in found.verdict
    written = json.loads((Path(found.folder) / "compare.json").read_text())
    assert written["verdict"] == found.verdict
    assert "ease against als" in page(found)


def test_the_other_way_round_gains_are_losses(shop: Shop) -> None:
    a, b = shop.train("als", A), shop.train("ease", B)
    there, back = compared(shop, a, b), compared(shop, b, a)
    assert [(each.user, each.a, each.b) for each in there.gained] == [
        (each.user, each.b, each.a) for each in back.lost
    ]
    assert [each.item for each in there.more] == [each.item for each in back.less]
    assert there.found.only_a == back.found.only_b
    assert [each.p_t for each in there.task.comparisons] == [each.p_t for each in back.task.comparisons]


def test_equal_lists_and_runs_of_one_name(shop: Shop) -> None:
    found = compared(shop, shop.train("als", A), shop.train("als", A, seed=1))
    assert (found.a, found.b) == ("als 0000", "als 0001")
    assert not found.gained and not found.lost and not found.more and not found.less
    assert (found.overlap.jaccard, found.overlap.rbo, found.overlap.same) == (1, 1, 3)
    assert "are equal" in found.verdict
    assert "nobody" in page(found)


def test_a_fusion_against_its_own_base(shop: Shop) -> None:
    base = shop.train("good", A)
    stack = shop.fuse({"good": base}, {"stack": B})
    for a, settings in ((base, {}), (stack, {"entrant_a": "good"})):
        found = compared(shop, a, stack, **settings)
        assert (found.a, found.b) == ("good", "stack")
        assert [user.user for user in found.gained] == [shop.dataset.users[0]]
    with pytest.raises(UsageError, match=r"a and b are the same: stack of"):
        compared(shop, stack, stack)
    with pytest.raises(UsageError, match=r"entrant_?b?=goood.*did you mean 'good'"):
        compared(shop, stack, stack, entrant_b="goood")


def test_other_data_or_another_protocol_is_one_line_that_says_which(shop: Shop) -> None:
    a = shop.train("als", A)
    other = shop.train("ease", B, fingerprint="0123456789abcdef")
    with pytest.raises(DataError, match=r"another split \(fingerprint .*no comparison"):
        compared(shop, a, other)
    new, allow = (shop.fuse({"als": a}, {"stack": B}, repeat=repeat) for repeat in ("new", "allow"))
    with pytest.raises(DataError, match=r"repeat=new.*repeat=allow: another protocol"):
        compared(shop, new, allow)
    with pytest.raises(DataError, match=r"fused with repeat=new, not repeat=allow"):
        compared(shop, a, new, repeat="allow")
    with pytest.raises(UsageError, match=r"name two runs"):
        compared(shop, a, "")
    with pytest.raises(UsageError, match=r"most=0"):
        compared(shop, a, new, most=0)
    with pytest.raises(UsageError, match=r"no metric called 'ndgc'"):
        compared(shop, a, new, metrics=["ndgc"])

"""Slices: hand-counted, with what is too small said instead of shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.data import Catalog, Dataset
from recx.errors import UsageError
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.evaluate.result import FEWEST_USERS, SliceResult
from recx.evaluate.sliced import Sliced
from recx.evaluate.slices import Slice, check_slices, slices_of
from recx.metrics.config import ProtocolConfig
from recx.metrics.families import holm
from recx.metrics.lists import Targets
from recx.metrics.measure import Measured
from recx.metrics.protocol import Protocol
from recx.metrics.question import Question
from tests.evaluate.conftest import Shop
from tests.synthetic import dataset

Open = Callable[[Dataset], Shop]


def shop_with_cold_items(n_users: int = 40) -> Dataset:
    """Items 0 to 3 sell 1/2, 1/4, 1/8 and 1/8; nobody has bought 4 and 5. Every user takes 1 and 4 next."""
    bought = [(user, item) for user in range(n_users) for item in (0, *((1,), (1,), (2,), (3,))[user % 4])]
    return dataset(bought, [], [(user, item) for user in range(n_users) for item in (1, 4)], n_users, 6)


def asked(data: Dataset) -> Question:
    protocol = Protocol.of(ProtocolConfig(k=[1, 3], repeat="allow"), data)
    return Question.of(data, data.split.final, protocol)


def members(data: Dataset, *names: str) -> dict[str, list[int]]:
    return {part.name: np.flatnonzero(part.members).tolist() for part in slices_of(asked(data), names)}


def report_of(shop: Shop, tables: dict[str, object], **settings: object) -> list[SliceResult]:
    runs = [shop.train(name, table) for name, table in tables.items()]
    config = EvaluateConfig(
        runs=runs, k=[1, 3], repeat="allow", results=str(shop.folder / "results"), threads=1, **settings
    )  # type: ignore[arg-type]
    report = evaluate(config)
    assert read_report(Path(report.folder)) == report
    return report.tasks[0].slices


def test_only_targets_of_the_slice_count_and_only_users_who_have_one_are_asked() -> None:
    targets = Targets(
        np.array([3, 5, 8], np.int32),
        np.array([0, 2, 3, 4]),
        np.array([0, 4, 1, 4], np.int32),
        np.ones(4, np.float32),
    )
    cold = targets.only(targets.items == 4)
    assert cold.users.tolist() == [3, 8]
    assert cold.items.tolist() == [4, 4]
    assert cold.indptr.tolist() == [0, 1, 2]
    assert len(targets.only(targets.items == 9)) == 0


def test_cold_items_are_those_that_nobody_had_and_the_others_fall_into_thirds_of_the_interactions() -> None:
    # item 0 begins at 0, item 1 at 1/2, items 2 and 3 at 3/4 and 7/8 of the interactions
    assert members(shop_with_cold_items(), "popularity") == {
        "cold items": [4, 5],
        "head": [0],
        "middle": [1],
        "tail": [2, 3],
    }


def test_users_fall_into_thirds_by_their_events_and_those_without_one_stand_apart() -> None:
    events = [0, 1, 1, 2, 3, 5, 9]
    bought = [(user, place % 4) for user, count in enumerate(events) for place in range(count)]
    data = dataset(bought, [], [(user, 3) for user in range(7)], 8, 4)
    assert members(data, "activity") == {
        "no events": [0, 7],
        "up to 1 events": [1, 2],
        "1 to 3 events": [3, 4],
        "above 3 events": [5, 6],
    }


def test_users_fall_into_thirds_by_when_they_were_first_seen() -> None:
    day = 86_400
    data = dataset([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)], [], [(u, 2) for u in range(3)], 4, 3)
    history = data.split.final.history
    late = replace(history, times=np.array([5 * day, 7 * day, 0, 9 * day, 3 * day, 8 * day]))
    final = replace(data.split.final, history=late)
    assert members(replace(data, split=replace(data.split, final=final)), "newness") == {
        "first seen until 1970-01-01": [1],
        "first seen 1970-01-01 to 1970-01-04": [2],
        "first seen after 1970-01-04": [0],
    }


def test_a_column_of_numbers_makes_thirds_of_the_items_and_unknown_values_are_in_none() -> None:
    prices = np.array([1, 2, 3, 4, 5, np.nan], np.float32)
    data = replace(shop_with_cold_items(), catalog=Catalog({"price": prices}))
    assert members(data, "price") == {
        "price up to 2": [0, 1],
        "price 2 to 3": [2],
        "price above 3": [3, 4],
    }


def test_a_column_of_words_makes_a_slice_of_each_value_and_an_item_may_have_several() -> None:
    genres = np.array(["drama|war", "war", "drama", "noir", "war|noir", ""], object)
    data = replace(shop_with_cold_items(), catalog=Catalog({"genres": genres}))
    # the most targets come first: items 1 and 4 are taken by everybody
    assert members(data, "genres") == {"war": [0, 1, 4], "noir": [3, 4], "drama": [0, 2]}


def test_values_behind_the_most_frequent_share_a_slice() -> None:
    brands = np.array([f"b{item}" for item in range(12)], object)
    bought = [(user, item) for user in range(3) for item in range(12 - 2 * user)]
    data = dataset(bought, [], bought, 3, 12)
    found = members(replace(data, catalog=Catalog({"brand": brands})), "brand")
    assert list(found) == [*(f"b{item}" for item in range(8)), "other brand"]
    assert found["other brand"] == [8, 9, 10, 11]


def test_a_column_of_users_slices_the_users() -> None:
    ages = np.array(["young", "old"] * 20, object)
    data = replace(shop_with_cold_items(), catalog=Catalog(users={"age": ages}))
    parts = slices_of(asked(data), ["age"])
    assert [(part.name, part.kind, part.meaning) for part in parts] == [
        ("young", "users", "users whose age is young"),
        ("old", "users", "users whose age is old"),
    ]
    assert np.flatnonzero(parts[0].members).tolist() == list(range(0, 40, 2))


def test_without_names_all_usual_slices_are_made_that_the_data_allow() -> None:
    catalog = Catalog(
        {
            "title": np.array([f"thing {item}" for item in range(6)], object),
            "brand": np.array(["a", "a", "a", "b", "b", "b"], object),
            "price": np.arange(6, dtype=np.float32),
        }
    )
    parts = slices_of(asked(replace(shop_with_cold_items(), catalog=catalog)))
    assert list(dict.fromkeys(part.group for part in parts)) == [
        "popularity", "activity", "newness", "brand", "price",
    ]  # fmt: skip


def test_a_name_that_is_no_column_is_told_the_closest() -> None:
    data = replace(shop_with_cold_items(), catalog=Catalog({"brand": np.array(["a"] * 6, object)}))
    with pytest.raises(UsageError, match="no such slices and no such column; did you mean 'brand'"):
        check_slices(["brnad"], data)
    final = replace(data.split.final, history=replace(data.split.final.history, times=None))
    with pytest.raises(UsageError, match=r"slices=\[newness\]: toy has no dates"):
        check_slices(["newness"], replace(data, split=replace(data.split, final=final)))


def test_a_slice_counted_by_hand(open_shop: Open) -> None:
    """Lists of three: the seer's hold the cold item second for half of the users, the blind one's never."""
    data = shop_with_cold_items()
    shop = open_shop(data)
    n = data.n_users
    seer = np.tile(np.array([9, 8, 1, 0, 0, 2.0]), (n, 1))
    seer[: n // 2, 4] = 8.5
    blind = np.tile(np.array([9, 8, 7, 6, 1, 2.0]), (n, 1))
    cold, *others = report_of(shop, {"seer": seer, "blind": blind}, slices=["popularity"])
    assert (cold.group, cold.name, cold.n_users, cold.n_targets) == ("popularity", "cold items", n, n)
    assert cold.entrants["seer"]["recall@3"].value == 1 / 2
    assert cold.entrants["seer"]["hit@3"].value == 1 / 2
    assert cold.entrants["seer"]["ndcg@3"].value == pytest.approx(1 / 2 * 1 / np.log2(3))
    assert cold.entrants["seer"]["recall@1"].value == 0
    assert cold.entrants["seer"]["recall@3"].n == n
    assert cold.entrants["seer"]["recall@3"].low < 1 / 2 < cold.entrants["seer"]["recall@3"].high
    assert cold.entrants["blind"]["recall@3"].value == 0
    # nobody takes item 0 or items 2 and 3: there is nothing to measure, and it is said
    assert [(part.name, part.n_users, len(part.entrants)) for part in others] == [
        ("head", 0, 0),
        ("middle", n, 2),
        ("tail", 0, 0),
    ]


def test_the_two_that_lead_are_compared_on_every_slice_with_p_adjusted_for_their_number(
    open_shop: Open,
) -> None:
    random = np.random.default_rng(0)
    bought = [(user, int(item)) for user in range(90) for item in random.permutation(30)[:9]]
    data = dataset(bought[::2], [], bought[1::2], 90, 30)
    tables = {name: random.normal(size=(90, 30)) for name in ("first", "second", "third")}
    for name, strength in (("first", 2.0), ("second", 1.5)):
        tables[name][data.split.final.target.users, data.split.final.target.items] += strength
    found = report_of(open_shop(data), dict(tables), slices=["popularity", "activity"])
    compared = [part.leaders for part in found if part.leaders]
    assert len(compared) >= 4
    assert {(each.a, each.b, each.metric) for each in compared} == {("first", "second", "ndcg@3")}
    assert [each.p_holm for each in compared] == holm([each.p_t for each in compared])
    for part in found:
        if part.leaders:
            a, b = (part.entrants[label]["ndcg@3"].value for label in ("first", "second"))
            assert part.leaders.difference.value == pytest.approx(a - b)
            assert part.leaders.difference.low < a - b < part.leaders.difference.high


def test_ratings_are_sliced_by_their_errors(open_shop: Open) -> None:
    ratings = [(user, item, float(1 + (user + item) % 5)) for user in range(40) for item in range(6)]
    before = [(user, 6, 3.0) for user in range(40)]
    data = dataset(before, before, ratings, 40, 8, value_range=(1, 5), relevant_from=4.0)
    colours = np.array(["red", "red", "red", "blue", "blue", "blue", "", ""], object)
    data = replace(data, catalog=Catalog({"colour": colours}))
    truth = np.array([[1 + (user + item) % 5 for item in range(8)] for user in range(40)], float)
    off = truth.copy()
    off[:, :3] += np.where(truth[:, :3] > 3, -1, 1)
    found = report_of(open_shop(data), {"exact": truth, "off": off}, slices=["colour"])
    red, blue = (next(part for part in found if part.name == name) for name in ("red", "blue"))
    assert (red.n_users, red.n_targets) == (40, 120)
    assert red.entrants["off"]["rmse"].value == pytest.approx(1)
    assert red.entrants["off"]["rmse"].n == 120
    assert blue.entrants["off"]["rmse"].value == 0
    assert red.leaders is not None
    assert (red.leaders.a, red.leaders.b) == ("exact", "off")
    assert red.leaders.difference.value == pytest.approx(-1)


def test_a_slice_of_few_users_has_no_numbers() -> None:
    n = FEWEST_USERS
    data = dataset([(user, 1) for user in range(n)], [], [(user, 0) for user in range(n)], n, 2)
    question = asked(data)
    lists = np.zeros((n, 1), np.int32)
    entrants = {"all": [Measured(question.targets.users, {}, lists, np.ones(2, np.bool_), (1,))]}
    everybody = np.ones(n, np.bool_)
    few = everybody.copy()
    few[0] = False
    sliced = Sliced(question, entrants, "ndcg@3", ["all"], 0)
    whole, most = sliced.measure(
        [Slice("by", "all", "all of it", "users", everybody), Slice("by", "few", "but one", "users", few)]
    )
    assert whole.entrants["all"]["hit@1"].value == 1.0
    assert (most.n_users, most.n_targets, most.entrants, most.leaders) == (n - 1, n - 1, {}, None)

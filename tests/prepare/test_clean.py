"""Every rule drops what it says, counts it, and looks at nothing of the test period."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.data import Dataset
from recx.data.catalog import medians
from recx.errors import DataError, UsageError
from recx.prepare.features import align, fill
from recx.prepare.filters import core
from recx.prepare.log import Log
from recx.prepare.split.config import TimeSplit
from tests.prepare.conftest import Make, rows, shop


def lost(dataset: Dataset) -> dict[str, int]:
    return {row["rule"]: row["lost"] for row in dataset.facts["cleaning"] if row["lost"]}


def all_rows(dataset: Dataset) -> list[tuple[str, str]]:
    final = dataset.split.final
    return sorted(
        (dataset.users[user], dataset.items[item])
        for part in (final.fit, final.target)
        for user, item in zip(part.users, part.items, strict=True)
    )


def test_rows_without_an_id_or_date_are_dropped_and_counted(make: Make) -> None:
    made = make(rows(*shop(), ("", "i1", 5), ("u1", "", 5), (" ", "i1", 5), ("u1", "i1", "")))
    assert lost(made) == {"without user or item": 3, "without date": 1}


def test_duplicates_are_kept_unless_asked(make: Make) -> None:
    text = rows(*shop(), *shop()[:4], shop()[0])
    assert not lost(make(text))
    made = make(text, clean={"duplicates": "drop"})
    assert lost(made) == {"duplicates": 5}
    assert len(all_rows(made)) == 30


def test_equal_pairs_at_another_time_are_no_duplicates(make: Make) -> None:
    user, item, time = shop()[0]
    assert not lost(make(rows(*shop(), (user, item, time + 1)), clean={"duplicates": "drop"}))


def test_values_outside_the_scale_and_below_the_minimum_are_dropped(make: Make) -> None:
    bad = [("u1", "i1", 5, value) for value in (0, 6, "nan", "inf", 2)]
    text = rows(*[(*row, 4) for row in shop()], *bad, header="user,item,time,rating")
    made = make(text, feedback="explicit", value_range=[1.0, 5.0], clean={"min_value": 3.0})
    assert lost(made) == {"values that are no number": 2, "values outside 1 to 5": 2, "values below 3": 1}
    assert made.value_range == (1.0, 5.0)


def test_event_types_carry_weights_and_weight_0_drops(make: Make) -> None:
    kinds = ["view", "cart", "purchase"]
    text = rows(*[(*row, kinds[n % 3]) for n, row in enumerate(shop())], header="user,item,time,event")
    made = make(text, event_weights={"view": 1.0, "cart": 0.0, "purchase": 5.0})
    assert lost(made) == {"events of weight 0": 10}
    final = made.split.final
    assert made.event_names == ("cart", "purchase", "view")
    assert final.fit.events is not None
    for event, value in zip(final.fit.events, final.fit.values, strict=True):
        assert value == {"view": 1, "purchase": 5}[made.event_names[event]]


def test_an_event_without_a_weight_is_named_with_what_to_type(make: Make) -> None:
    text = rows(*[(*row, "view") for row in shop()], ("u1", "i1", 5, "wish"), header="user,item,time,event")
    with pytest.raises(
        DataError, match=r"'wish' without a weight; set dataset.event_weights=\{view:1,wish:1\}"
    ):
        make(text, event_weights={"view": 1.0})
    with pytest.raises(DataError, match="names events and toy has none"):
        make(rows(*shop()), event_weights={"view": 1.0})
    with pytest.raises(UsageError, match=r"event_weights.view=-1"):
        make(text, event_weights={"view": -1.0, "wish": 1.0})


def test_users_with_far_too_many_rows_are_outliers(make: Make) -> None:
    robot = [("robot", f"i{n % 5}", 1_600_000_000 + n) for n in range(400)]
    normal = shop(users=200)
    made = make(rows(*normal, *robot), split=TimeSplit(), clean={"outliers": 3.0})
    assert "robot" not in made.users.ids
    assert made.n_users == 200
    assert [rule for rule in lost(made) if rule.startswith("users with more than 15 rows")]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=60),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_the_core_is_the_largest_part_where_both_minima_hold(
    pairs: list[tuple[int, int]], min_user: int, min_item: int
) -> None:
    users, items = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    log = Log(["u"] * 8, ["i"] * 8, users, items, np.ones(len(users), np.float32))
    kept_users, kept_items = core(log, min_user, min_item)
    left = set(pairs)
    while True:  # one bad user or item at a time, the slow and obvious way
        counts_u = {u: sum(a == u for a, _ in left) for u, _ in left}
        counts_i = {i: sum(b == i for _, b in left) for _, i in left}
        smaller = {(u, i) for u, i in left if counts_u[u] >= min_user and counts_i[i] >= min_item}
        if smaller == left:
            break
        left = smaller
    assert set(np.flatnonzero(kept_users)) == {u for u, _ in left}
    assert set(np.flatnonzero(kept_items)) == {i for _, i in left}


def test_the_core_counts_what_lies_before_test_only(make: Make) -> None:
    day = 1_600_000_000
    before = [(f"u{u}", f"i{i}", day + 10 * u + i) for u in range(6) for i in range(4)]
    late = [(f"u{u}", "late", day + 9_000 + u) for u in range(6)]  # six users, all of them in test
    known = [("u1", "i1", day + 9_001), ("new", "i1", day + 9_002)]
    made = make(rows(*before, *late, *known), split=TimeSplit(test=0.25), clean={"min_item": 3})
    assert "late" not in made.items.ids
    assert "new" not in made.users.ids
    assert lost(made) == {"test rows of users and items outside the k-core": 7}
    assert len(made.split.final.target) == 1


def test_items_first_sold_in_test_stay_where_no_number_of_users_is_asked_for(make: Make) -> None:
    day = 1_600_000_000
    before = [(f"u{u}", f"i{i}", day + 10 * u + i) for u in range(6) for i in range(4)]
    late = [(f"u{u}", "late", day + 9_000 + u) for u in range(6)] + [("new", "i1", day + 9_002)]
    made = make(rows(*before, *late), split=TimeSplit(test=0.2), clean={"min_user": 2})
    cold = made.items.numbers(["late"])[0]
    assert cold >= 0 and made.split.final.fit.item_counts[cold] == 0
    assert (made.split.final.target.items == cold).sum() == 6
    assert "new" not in made.users.ids


def test_prices_are_medians_of_what_was_paid_before_test(make: Make) -> None:
    day = 1_600_000_000
    table = [(f"u{n % 5}", f"i{n % 2}", day + n, (n % 2 + 1) * (1 if n < 40 else 100)) for n in range(50)]
    text = rows(*table, header="user,item,time,price")
    made = make(text, split=TimeSplit(test=0.2), extras=["price"])
    np.testing.assert_array_equal(made.catalog.items["price"], np.float32([1, 2]))
    assert made.split.final.target.columns["price"].max() == 200


def test_each_fold_knows_the_prices_paid_before_its_cut_off_and_no_later_ones(make: Make) -> None:
    day = 1_600_000_000
    # 80 rows of train at 1 and 2, 10 of valid at 10 and 20, 10 of test at 100 and 200; "new" is sold in valid
    price = [1] * 80 + [10] * 10 + [100] * 10
    table: list[tuple[str, str, int, int]] = [
        (f"u{n % 5}", f"i{n % 2}", day + n, (n % 2 + 1) * price[n]) for n in range(100)
    ]
    table[82:84] = [(f"u{n % 5}", "new", day + n, 7) for n in (82, 83)]
    made = make(rows(*table, header="user,item,time,price"), split=TimeSplit(), extras=["price"])
    window, final = made.split.valid, made.split.final
    one, two, new = made.items.numbers(["i0", "i1", "new"])
    known = made.training_data(window).catalog.items["price"]
    assert (window.fit.columns["price"] <= 2).all() and (window.target.columns["price"] >= 7).all()
    # nobody has paid for "new" yet: it costs what the median item costs, as prices that are missing do
    assert (known[one], known[two], known[new]) == (1, 2, 1.5)
    later = made.training_data(final).catalog.items["price"]
    assert later[new] == 7
    np.testing.assert_array_equal(later, made.catalog.items["price"])


def test_prices_of_a_feature_file_are_known_at_all_times(make: Make, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,price\ni0,5\ni1,6\n")
    day = 1_600_000_000
    table = [(f"u{n % 5}", f"i{n % 2}", day + n, 1 + n) for n in range(100)]
    text = rows(*table, header="user,item,time,price")
    made = make(text, split=TimeSplit(), extras=["price"], item_file=str(tmp_path / "items.csv"))
    for fold in made.split.folds:
        assert made.training_data(fold).catalog is made.catalog
    assert made.catalog.items["price"].tolist() == [5, 6]


def test_nothing_learnt_depends_on_what_happens_in_the_test_period(make: Make) -> None:
    day = 1_600_000_000
    past = [(f"u{n % 7}", f"i{n * n % 11}", day + n, 1 + n % 3) for n in range(90)]
    futures = (
        [(f"u{n % 7}", f"i{n % 11}", day + 90 + n, 9) for n in range(10)],
        [("u1", "i1", day + 95, 1000) for _ in range(10)],
    )
    made = [
        make(
            rows(*past, *future, header="user,item,time,price"),
            split=TimeSplit(test=0.1),
            extras=["price"],
            clean={"min_user": 2, "min_item": 2, "outliers": 2.0},
        )
        for future in futures
    ]
    for one, other in zip(*(dataset.split.folds[:-1] for dataset in made), strict=True):
        assert one.fingerprint == other.fingerprint
    np.testing.assert_array_equal(*(dataset.catalog.items["price"] for dataset in made))
    assert made[0].items.ids == made[1].items.ids


def test_missing_features_are_filled_and_counted() -> None:
    features = {
        "price": np.array([1, np.nan, 3, 8], np.float32),
        "brand": np.array(["a", "", None, "b"], object),
        "whole": np.array([1, 2, 3, 4], np.float32),
    }
    filled, holes = fill(features, numbers=True)
    assert holes == {"price": 1, "brand": 2}
    assert filled["price"].tolist() == [1, 3, 3, 8]
    assert filled["brand"].tolist() == ["a", "", "", "b"]
    left, _ = fill(features, numbers=False)
    assert np.isnan(left["price"][1])


def test_features_are_lined_up_by_id() -> None:
    known = {"size": np.array([1, 2, 3], np.float32), "word": np.array(["x", "y", "z"], object)}
    found = align(["c", "q", "a"], ["a", "c", "a"], known)
    np.testing.assert_array_equal(found["size"], np.float32([2, np.nan, 1]))
    assert found["word"].tolist() == ["y", "", "x"]


def test_medians_of_odd_even_and_no_values() -> None:
    groups = np.array([0, 2, 0, 0, 2], np.int32)
    values = np.array([5, 1, 1, 2, 4], np.float32)
    np.testing.assert_array_equal(medians(groups, values, 3), np.float32([2, np.nan, 2.5]))


def test_compact_keeps_the_order_of_ids_and_items_that_are_to_stay() -> None:
    log = Log(
        ["a", "b", "c"],
        ["x", "y", "z", "cold"],
        np.array([0, 2], np.int32),
        np.array([2, 0], np.int32),
        np.ones(2, np.float32),
        item_features={"size": np.arange(4, dtype=np.float32)},
    )
    small = replace(log, keep_items=np.array([False, False, False, True])).compact()
    assert (small.user_ids, small.item_ids) == (["a", "c"], ["x", "z", "cold"])
    assert (small.users.tolist(), small.items.tolist()) == ([0, 1], [1, 0])
    assert small.item_features["size"].tolist() == [0, 2, 3]

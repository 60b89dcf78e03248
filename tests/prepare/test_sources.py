"""What each reader makes of its files; the public sets come out with their published sizes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from recx.config.compose import compose
from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.prepare import prepare
from recx.prepare.config import CleanConfig, PrepareConfig
from recx.prepare.sources import SOURCES, source_config_class
from recx.prepare.sources.config import (
    AdjacencyConfig,
    CompleteJourneyConfig,
    OnlineRetailConfig,
    SequencesConfig,
    SessionsConfig,
)
from recx.prepare.split.config import FilesSplit, LastSplit, SplitConfig, TimeSplit
from tests.prepare.conftest import SMALL, Make, config, rows, shop


def made(folder: Path, dataset: object, split: SplitConfig = SMALL) -> Dataset:
    return prepare(PrepareConfig(dataset, split, 0, str(folder / "prepared")))


def pairs(dataset: Dataset, part: str = "fit", fold: int = -1) -> list[tuple[str, str]]:
    found = getattr(dataset.split.folds[fold], part)
    return [(dataset.users[u], dataset.items[i]) for u, i in zip(found.users, found.items, strict=True)]


def test_every_source_has_settings_that_know_its_name() -> None:
    for name in SOURCES:
        assert source_config_class(name)().source == name


# --- tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "settings"),
    [
        ("user,item,time", {}),
        ("User_ID,Product-Id,Timestamp", {}),
        ("user_id:token,item_id:token,timestamp:float", {}),
        ("who,what,when", {"user": "who", "item": "what", "time": "when"}),
    ],
)
def test_columns_are_found_by_their_usual_names_or_mapped(
    make: Make, header: str, settings: dict[str, str]
) -> None:
    dataset = make(rows(*shop(), header=header), **settings)
    assert (dataset.n_users, dataset.n_items) == (6, 5)
    assert dataset.split.final.fit.order == "time"


@pytest.mark.parametrize(
    ("file", "separator"), [("a.csv", ","), ("a.tsv", "\t"), ("a.txt", "|"), ("a.csv", ";")]
)
def test_separators_are_recognised(make: Make, file: str, separator: str) -> None:
    assert make(rows(*shop()).replace(",", separator), file).n_users == 6


def test_gzip_jsonl_and_parquet_give_the_same_rows_as_csv(make: Make, tmp_path: Path) -> None:
    plain = make(rows(*shop()))
    lines = "\n".join(json.dumps(dict(zip(("user", "item", "time"), row, strict=True))) for row in shop())
    duckdb.sql(f"COPY (FROM read_csv('{tmp_path}/log.csv')) TO '{tmp_path}/table.parquet'")
    others = [
        make(gzip.compress(rows(*shop()).encode()), "log.csv.gz"),
        make(lines, "log.jsonl"),
        make(gzip.compress(lines.encode()), "log.jsonl.gz"),
        make((tmp_path / "table.parquet").read_bytes(), "log.parquet"),
    ]
    for other in others:
        for one, two in zip(plain.split.folds, other.split.folds, strict=True):
            assert one.fingerprint == two.fingerprint
        assert other.users.ids == plain.users.ids


def test_other_encodings_quotes_and_files_without_a_header_are_read(make: Make) -> None:
    text = 'user,item,time\n"Müller, A.",café,5\n' + rows(*shop()).partition("\n")[2]
    for encoding in ("latin-1", "utf-16", "utf-8-sig"):
        dataset = make(text.encode(encoding), encoding=encoding.replace("-sig", ""))
        assert "Müller, A." in dataset.users.ids
        assert "café" in dataset.items.ids
    headless = rows(*shop()).partition("\n")[2]
    assert make(headless, names=["user", "item", "time"]).n_users == 6


@pytest.mark.parametrize(
    ("times", "unit"),
    [
        (["1600000000", "1600086400.7"], "auto"),
        (["1600000000000", "1600086400000"], "auto"),
        (["1600000000000000", "1600086400000000"], "auto"),
        (["2020-09-13T12:26:40Z", "2020-09-14 14:26:40+02:00"], "auto"),
        (["2020-09-13 12:26:40", "2020-09-14 12:26:40.9"], "iso"),
        (["1600000000", "1600086400"], "s"),
    ],
)
def test_times_are_seconds_whatever_they_are_written_in(make: Make, times: list[str], unit: str) -> None:
    table = [(f"u{n % 3}", f"i{n % 2}", times[n % 2]) for n in range(24)]
    dataset = make(rows(*table), time_unit=unit)
    assert (dataset.facts["first"], dataset.facts["last"]) == ("2020-09-13T12:26:40Z", "2020-09-14T12:26:40Z")


def test_dates_and_typed_ids_in_parquet_are_understood(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "typed.parquet"
    duckdb.sql(
        "COPY (SELECT (range % 7)::DOUBLE AS customer, range % 5 AS sku, "
        f"TIMESTAMP '2020-01-01' + to_days(range::INT) AS date, "
        f"(range % 3)::DECIMAL(4,1) AS price FROM range(60)) TO '{file}'"
    )
    dataset = make(file.read_bytes(), "log.parquet", extras=["price"])
    assert dataset.users.ids == tuple("0123456")
    assert dataset.facts["last"] == "2020-02-29T00:00:00Z"
    assert set(dataset.split.final.fit.columns["price"]) == {0, 1, 2}


def test_ids_are_numbered_in_the_order_of_whole_numbers_then_words(make: Make) -> None:
    table = [(user, f"i{n % 3}", n) for n, user in enumerate(["10", "9", "b", "a", "007", "7"] * 4)]
    assert make(rows(*table)).users.ids == ("007", "7", "9", "10", "a", "b")


def test_without_dates_the_order_of_rows_means_nothing_unless_said(make: Make) -> None:
    text = rows(*[row[:2] for row in shop()], header="user,item")
    assert make(text).split.final.fit.order == "none"
    told = make(text, rows_in_order=True, split=LastSplit())
    assert told.split.final.fit.order == "sequence"
    assert set(pairs(told, "target")) == {(f"u{n}", "i4") for n in range(6)}
    assert make(rows(*shop()), time="none").split.final.known_at is None


def test_extra_columns_stay_beside_their_rows(make: Make) -> None:
    table = [(*row, n, 2 * n) for n, row in enumerate(shop())]
    dataset = make(rows(*table, header="user,item,time,quantity,price"), extras=["quantity", "price"])
    fit = dataset.split.final.fit
    np.testing.assert_array_equal(fit.columns["price"], 2 * fit.columns["quantity"])
    for row in range(len(fit)):
        number = 5 * int(dataset.users[fit.users[row]][1:]) + int(dataset.items[fit.items[row]][1:])
        assert fit.columns["quantity"][row] == number
    with pytest.raises(DataError, match="no column 'quantty'; did you mean 'quantity'"):
        make(rows(*table, header="user,item,time,quantity,price"), extras=["quantty"])


def test_feature_files_are_numbers_words_categories_and_dates(make: Make, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(
        "item_id,title,weight,kind,available_from\n"
        "i0,Red shoe,1.5,3,2020-01-01\ni1,,,4,\ni2,Hat,2.5,3,2020-01-02\ni9,Cold,9,5,2020-02-01\n"
    )
    (tmp_path / "users.jsonl").write_text('{"user": "u1", "age": 30}\n{"user": "u2", "age": 40}\n')
    dataset = make(
        rows(*shop()), item_file="items.csv", user_file="users.jsonl", categories=["kind"], cold_items=True
    )
    assert dataset.items.ids == ("i0", "i1", "i2", "i3", "i4", "i9")
    assert dataset.catalog.items["title"].tolist() == ["Red shoe", "", "Hat", "", "", "Cold"]
    assert dataset.catalog.items["kind"].tolist() == ["3", "4", "3", "", "", "5"]
    np.testing.assert_array_equal(dataset.catalog.items["weight"], np.float32([1.5, 2.5, 2.5, 2.5, 2.5, 9]))
    assert dataset.catalog.users["age"].tolist() == [35, 30, 40, 35, 35, 35]
    since = dataset.catalog.available_from
    assert since is not None
    assert since[0] == 1_577_836_800
    assert since[1] < 0
    assert dataset.facts["filled"] == {"items": {"title": 3, "weight": 3, "kind": 2}, "users": {"age": 4}}
    chosen = make(rows(*shop()), item_file="items.csv", features=["title"])
    assert list(chosen.catalog.items) == ["title"]
    assert chosen.n_items == 5
    with pytest.raises(UsageError, match=r"cold_items=yes needs dataset.clean.min_item=1"):
        make(rows(*shop()), item_file="items.csv", cold_items=True, clean={"min_item": 2})


def test_given_files_of_a_table_are_train_valid_and_test(tmp_path: Path) -> None:
    table = shop()
    for name, part in (("train", table[:20]), ("valid", table[20:25]), ("test", table[25:])):
        (tmp_path / f"{name}.csv").write_text(rows(*part))
    files = {"train_file": "train.csv", "valid_file": "valid.csv", "test_file": "test.csv"}
    dataset = prepare(config(tmp_path, FilesSplit(), path=str(tmp_path), **files))
    expected = [row[:2] for row in table]
    assert pairs(dataset, "fit", fold=1) == expected[:20]
    assert pairs(dataset, "target", fold=1) == expected[20:25]
    assert pairs(dataset, "target") == expected[25:]


# --- texts ------------------------------------------------------------------------------------------


def test_sequences_are_users_with_their_items_in_order(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("1 10 9 8 10\n2 8 9\n\n3 9 8 7\n")
    (tmp_path / "a.json").write_text('{"9": [4, 5], "7": [6]}')
    dataset = made(tmp_path, SequencesConfig(path=str(tmp_path), attributes="a.json"), LastSplit())
    assert dataset.items.ids == ("7", "8", "9", "10")
    assert pairs(dataset, "target") == [("1", "10"), ("2", "9"), ("3", "7")]
    assert pairs(dataset, "history") == [
        ("1", "10"),
        ("1", "9"),
        ("1", "8"),
        ("2", "8"),
        ("3", "9"),
        ("3", "8"),
    ]
    assert dataset.catalog.items["attributes"].tolist() == ["6", "", "4|5", ""]
    nameless = made(tmp_path, SequencesConfig(path=str(tmp_path), user_first=False), LastSplit())
    assert nameless.users.ids == ("1", "2", "4")
    assert pairs(nameless, "target") == [("1", "10"), ("2", "9"), ("4", "7")]


def test_bad_sequences_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "s.txt"
    for raw, said in (
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"1\n2\n", "no line holds an item"),
        (b"1 2\n2 \xff\xfe\n", "line 2 is not utf-8"),
        (bytes(300), "is binary"),
    ):
        file.write_bytes(raw)
        with pytest.raises(DataError, match=said):
            made(tmp_path, SequencesConfig(path=str(file)), LastSplit())
    file.write_text("1 2 3 4\n2 3 4 2\n")
    (tmp_path / "a.json").write_text("[1, 2]")
    with pytest.raises(DataError, match=r"a.json is no JSON object"):
        made(tmp_path, SequencesConfig(path=str(file), attributes="a.json"), LastSplit())


def test_adjacency_files_are_train_and_test_without_an_order(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("".join(f"{u} {' '.join(map(str, range(10)))}\n" for u in range(4)))
    (tmp_path / "test.txt").write_text("0 10 11\n2 12\n3\n")
    dataset = made(tmp_path, AdjacencyConfig(path=str(tmp_path)), FilesSplit())
    assert dataset.n_items == 13
    assert pairs(dataset, "target") == [("0", "10"), ("0", "11"), ("2", "12")]
    assert len(dataset.split.valid.target) == 4
    assert dataset.split.final.fit.order == "none"
    mixed = made(tmp_path, AdjacencyConfig(path=str(tmp_path)), SMALL)
    assert mixed.facts["interactions"] == 43
    with pytest.raises(DataError, match=r"valid.txt is missing"):
        made(tmp_path, AdjacencyConfig(path=str(tmp_path), valid_file="valid.txt"), FilesSplit())


def test_sessions_are_users_and_test_lines_are_questions(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("".join(f"{n % 5} {n % 3} {n % 4}\n" for n in range(40)))
    test = tmp_path / "test.tsv"
    test.write_text("1 2 3\t4\n1 2\t3\n")
    settings = SessionsConfig(path=str(tmp_path), train_file="train.txt", test_file="test.tsv")
    dataset = made(tmp_path, settings, FilesSplit())
    assert dataset.n_users == 42
    assert pairs(dataset, "target") == [("test-1", "4"), ("test-2", "3")]
    given = [pair for pair in pairs(dataset, "history") if pair[0].startswith("test")]
    assert given == [("test-1", "1"), ("test-1", "2"), ("test-1", "3"), ("test-2", "1"), ("test-2", "2")]
    assert not [pair for pair in pairs(dataset, "fit") if pair[0].startswith("test")]
    test.write_text("1 2 3\t4\n1 2 3\n")
    with pytest.raises(
        DataError, match=r"test.tsv: line 2 '1 2 3' does not read: items so far, TAB, next item"
    ):
        made(tmp_path, settings, FilesSplit())


# --- the named sets, in small -----------------------------------------------------------------------


def journey(folder: Path) -> CompleteJourneyConfig:
    """Eleven lines too many for every reason there is."""
    good = (
        "SELECT range % 12 AS household_id, range % 7 AS product_id, 2 AS quantity, 6.0 AS sales_value, "
        "TIMESTAMP '2017-01-01' + to_hours(range::INT) AS transaction_timestamp FROM range(200)"
    )
    at = "TIMESTAMP '2017-01-02'"
    bad = (
        f"(1, 1, 0, 5.0, {at}), (1, 1, -1, 5.0, {at}), (1, 1, 1, 0.0, {at}), (1, 8, 1, 3.0, {at}), "
        f"(NULL, 1, 1, 3.0, {at}), (1, 1, 1, 1.0, NULL)"
    )
    duckdb.sql(f"COPY ({good} UNION ALL VALUES {bad}) TO '{folder}/transactions.parquet'")
    products = ", ".join(f"({n}, 'GROCERY', 'National', 'FOOD', NULL)" for n in range(7))
    names = "product_id, department, brand, product_category, product_type"
    products += ", (8, 'FUEL', 'Private', 'GAS', 'GAS')"
    duckdb.sql(f"COPY (FROM (VALUES {products}) AS t({names})) TO '{folder}/products.parquet'")
    people = (
        "SELECT 1 AS household_id, '65+' AS age, 'low' AS income, NULL AS home_ownership, "
        "'x' AS marital_status, '2' AS household_size, 'y' AS household_comp, '0' AS kids_count"
    )
    duckdb.sql(f"COPY ({people}) TO '{folder}/demographics.parquet'")
    return CompleteJourneyConfig(path=str(folder), clean=CleanConfig())


def test_complete_journey_drops_returns_and_fuel_and_knows_prices(tmp_path: Path) -> None:
    dataset = made(tmp_path, journey(tmp_path), TimeSplit())
    assert {row["rule"]: row["lost"] for row in dataset.facts["cleaning"] if row["lost"]} == {
        "without household, product or date": 2,
        "quantity not above 0": 2,
        "paid not above 0": 1,
        "departments FUEL, MISCELLANEOUS, COUPON": 1,
    }
    assert dataset.repeats
    assert "simulated" in dataset.notes[0]
    assert dataset.catalog.items["price"].tolist() == [3.0] * 7
    assert set(dataset.split.final.fit.columns["quantity"]) == {2}
    assert dataset.catalog.users["age"][dataset.users.numbers(["1"])[0]] == "65+"
    assert dataset.catalog.users["age"][0] == ""


def test_complete_journey_without_a_file_says_which(tmp_path: Path) -> None:
    settings = journey(tmp_path)
    (tmp_path / "products.parquet").unlink()
    with pytest.raises(DataError, match=r"products.parquet is missing"):
        made(tmp_path, settings, TimeSplit())


RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.mark.parametrize("date", ["2010-12-01 08:{:02d}:00", "12/1/2010 8:{:02d}"])
def test_online_retail_counts_every_kind_of_dirt(tmp_path: Path, date: str) -> None:
    good = [
        f"{n},8512{n % 5}a,HEART,{1 + n % 3},{date.format(n)},2.5,{17000 + n % 7}.0,France" for n in range(50)
    ]
    bad = [
        good[0],  # a duplicate
        f"C9,85120A,HEART,-1,{date.format(9)},2.5,17001.0,France",
        f"60,85120A,HEART,-1,{date.format(9)},2.5,17001.0,France",
        f"61,85120A,HEART,1,{date.format(9)},0,17001.0,France",
        f"62,POST,POSTAGE,1,{date.format(9)},18,17001.0,France",
        f"63,85120A,HEART,1,{date.format(9)},2.5,,France",
    ]
    (tmp_path / "shop.csv").write_text(RETAIL + "\n".join([*good, *bad]) + "\n")
    settings = OnlineRetailConfig(path=str(tmp_path), clean=CleanConfig(duplicates="drop"))
    dataset = made(tmp_path, settings, TimeSplit())
    rules = {row["rule"]: row["lost"] for row in dataset.facts["cleaning"]}
    assert rules == {
        "read": 0,
        "without customer": 1,
        "without product or date": 0,
        "cancelled invoices": 1,
        "quantity not above 0": 1,
        "price not above 0": 1,
        "stock codes that are no products": 1,
        "duplicates": 1,
    }
    assert dataset.items.ids == ("85120A", "85121A", "85122A", "85123A", "85124A")
    assert dataset.users.ids[0] == "17000"
    assert dataset.catalog.items["description"][0] == "HEART"
    assert dataset.catalog.users["country"][0] == "France"
    assert dataset.facts["first"] == "2010-12-01T08:00:00Z"


def test_online_retail_without_a_column_names_it(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(DataError, match="has no column 'Description'; it has InvoiceNo, StockCode"):
        made(tmp_path, OnlineRetailConfig(path=str(tmp_path)))


# --- the public sets --------------------------------------------------------------------------------

PUBLISHED = {
    # option: users, items, rows, rows of the final target, users with a target
    "dataset=amazon-beauty": (22_363, 12_101, 198_502, 22_363, 22_363),
    "dataset=gowalla": (29_858, 40_981, 1_027_370, 217_242, 29_858),
    "dataset=ml-100k split=files": (943, 1_682, 100_000, 20_000, 459),
    "dataset=ml-100k split=kfold": (943, 1_682, 100_000, 20_000, 943),
    "dataset=amazon-grocery": (14_681, 8_713, 121_892, 12_282, 3_578),
    "dataset=online_retail": (3_944, 3_090, 378_614, 33_035, 1_000),
}


@pytest.mark.parametrize("words", PUBLISHED)
def test_public_sets_come_out_with_their_sizes(
    words: str, data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECX_DATA_HOME", str(data_home))
    settings = compose("prepare", [*words.split(), f"data_dir={tmp_path}"]).settings
    dataset = prepare(settings, dry_run=True)
    final = dataset.split.final
    sizes = (
        dataset.n_users,
        dataset.n_items,
        dataset.facts["interactions"],
        len(final.target),
        len(final.users),
    )
    assert sizes == PUBLISHED[words]


def test_complete_journey_comes_with_the_package(tmp_path: Path) -> None:
    settings = compose("prepare", ["dataset=complete_journey", f"data_dir={tmp_path}"]).settings
    dataset = prepare(settings)
    facts = dataset.facts
    assert facts["cleaning"][0]["rows"] == 1_469_307
    assert (facts["users"], facts["items"], facts["interactions"]) == (2_358, 9_537, 1_121_691)
    assert len(dataset.split.final.users) == 2_002
    assert set(dataset.catalog.items) == {"department", "product_category", "product_type", "brand", "price"}
    for fold in dataset.split.folds:
        assert fold.fit.times is not None
        assert fold.known_at is not None
        assert fold.fit.times.max() < fold.known_at

"""Whatever is wrong with a file is one line with file, place and value, and nothing is left behind."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from recx.errors import DataError, UsageError
from recx.prepare import prepare
from recx.prepare.config import DatasetConfig, PrepareConfig
from recx.prepare.split.config import SplitConfig, TimeSplit
from tests.prepare.conftest import SMALL, Make, config, rows, shop

GOOD = rows(*shop())
PACKED = gzip.compress(GOOD.encode() * 50)

BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("log.csv", b"", "log.csv is empty"),
    "blank": ("log.csv", b"\n\n\n", "log.csv is empty"),
    "a header only": ("log.csv", b"user,item,time\n", "log.csv has no rows"),
    "binary": ("log.csv", bytes(range(256)) * 9, "log.csv is binary, not text"),
    "latin-1": ("log.csv", GOOD.encode() + "u1,caf\xe9,1600000000\n".encode("latin-1"),
                "log.csv: line 32 is not utf-8; set dataset.encoding=latin-1"),
    "too few columns": ("log.csv", GOOD.encode() + b"u1,i1\n", "log.csv: line 32 has 2 columns instead of 3"),
    "too many columns": ("log.csv", GOOD.encode() + b"u1,i1,5,6\n", "line 32 has 4 columns instead of 3"),
    "an open quotation mark": ("log.csv", b'user,item,time\nu1,"i1,5\nu2,i2,6\n',
                               "line 2 opens a quotation mark and never closes it"),
    "cut short": ("log.csv", GOOD.encode()[:-14], "log.csv: line 31 has 2 columns instead of 3"),
    "a word as date": ("log.csv", GOOD.encode() + b"u1,i1,soon\n", "line 32: time 'soon' is no time"),
    "a wrong date": ("log.csv", b"user,item,date\nu1,i1,2020-01-31\nu2,i2,31.01.2020\n",
                     "line 3: date '31.01.2020' is no date like 2026-01-31"),
    "no user column": ("log.csv", b"who,item,time\na,b,1\n",
                       "log.csv has no user column among who, item, time; name it with dataset.user=..."),
    "two equal columns": ("log.csv", b"user,item,item\na,b,1\n", "does not name the columns"),
    "gzip cut short": ("log.csv.gz", PACKED[: len(PACKED) // 2], "log.csv.gz: the gzip stream is damaged"),
    "gzip that is none": ("log.csv.gz", GOOD.encode(), "log.csv.gz: the gzip stream is damaged"),
    "gzip damaged": ("log.csv.gz", PACKED[:40] + b"xxxx" + PACKED[44:], "the gzip stream is damaged"),
    "parquet that is none": ("log.parquet", GOOD.encode(), "log.parquet: it is no Parquet file"),
    "json cut short": ("log.jsonl", b'{"user": 1, "item": 2}\n{"user": 1, "it', "log.jsonl: line 2 '{"),
    "json of something else": ("log.jsonl", b'{"user": 1, "item": 2}\n[1, 2]\n', "line 2 '[1, 2]' is no"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_and_leaves_nothing(name: str, make: Make, tmp_path: Path) -> None:
    file, raw, said = BAD[name]
    with pytest.raises(DataError) as caught:
        make(raw, file)
    assert said in str(caught.value)
    assert str(tmp_path / file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "prepared").glob("*") if path.name != ".locks"]


def test_a_parquet_file_cut_short_or_damaged_is_one_line(make: Make, tmp_path: Path) -> None:
    good = tmp_path / "good.parquet"
    table = "SELECT range % 70 AS user, range % 11 AS item, 1600000000 + range AS time FROM range(9000)"
    duckdb.sql(f"COPY ({table}) TO '{good}'")
    raw = good.read_bytes()
    assert make(raw, "log.parquet").n_users == 70
    with pytest.raises(DataError, match="no Parquet file, or was cut short"):
        make(raw[: len(raw) // 2], "log.parquet")
    with pytest.raises(DataError, match=r"damaged|cannot be read"):
        make(raw[:500] + b"x" * 300 + raw[800:], "log.parquet")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dataset.path=nowhere.csv: no such file or folder"):
        prepare(config(tmp_path, path="nowhere.csv"))
    with pytest.raises(DataError, match=r"no data for 'toy'; give its file or folder with dataset.path"):
        prepare(config(tmp_path))
    with pytest.raises(DataError, match=r"items.csv is missing"):
        (tmp_path / "log.csv").write_text(GOOD)
        prepare(config(tmp_path, path=str(tmp_path / "log.csv"), item_file="items.csv"))


def test_a_folder_of_several_tables_asks_which(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(DataError, match=r"2 candidates \(a.csv, b.csv\); choose one with dataset.file"):
        prepare(config(tmp_path, path=str(tmp_path)))
    assert prepare(config(tmp_path, path=str(tmp_path), file="b.csv")).n_users == 6


def test_a_mapped_column_that_is_not_there_names_those_that_are(make: Make) -> None:
    with pytest.raises(DataError, match=r"no column 'buyer' \(dataset.user\); it has user, item, time"):
        make(GOOD, user="buyer")


def test_text_where_numbers_belong_is_shown_with_its_line(make: Make) -> None:
    text = rows(
        *[(*row, 3) for row in shop()], ("u1", "i1", 1_600_000_000, "great"), header="user,item,time,rating"
    )
    with pytest.raises(DataError, match=r"log.csv: line 32: rating 'great' is no number"):
        make(text, feedback="explicit")


def test_ratings_without_a_column_of_them_are_refused(make: Make) -> None:
    with pytest.raises(DataError, match="no value column"):
        make(GOOD, feedback="explicit")


def test_a_date_in_the_future_is_an_error_unless_it_is_to_be_dropped(make: Make) -> None:
    text = GOOD + "u1,i1,4070908800\n"
    with pytest.raises(DataError, match=r"user 'u1', item 'i1' is dated 2099-01-01, in the future"):
        make(text)
    assert dropped(make(text, clean={"before": "2026-01-01"}), "dated 2026-01-01 or later") == 1


def test_a_date_before_the_year_1_is_an_error(make: Make) -> None:
    with pytest.raises(DataError, match=r"before the year 1; check the time column"):
        make(GOOD + "u1,i1,-99999999999999\n", time_unit="s")


def dropped(dataset: object, rule: str) -> int:
    facts = dataset.facts  # type: ignore[attr-defined]
    return next(int(row["lost"]) for row in facts["cleaning"] if row["rule"] == rule)


def test_dates_out_of_order_are_sorted_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(rows(*reversed(shop())))
    said: list[str] = []
    dataset = prepare(config(tmp_path, path=str(tmp_path / "log.csv")), said.append)
    assert any("not in the order of their dates" in line for line in said)
    times = dataset.split.final.fit.times
    assert times is not None
    users = dataset.split.final.fit.users
    assert all(times[1:][users[1:] == users[:-1]] >= times[:-1][users[1:] == users[:-1]])


def test_one_user_or_one_item_is_no_data_set(make: Make) -> None:
    with pytest.raises(DataError, match="only one user is left"):
        make(rows(*[("u", f"i{n}", n) for n in range(20)]))
    with pytest.raises(DataError, match="only one item is left"):
        make(rows(*[(f"u{n}", "i", n) for n in range(20)]))


def test_nothing_left_names_the_rule_that_took_it(make: Make) -> None:
    with pytest.raises(
        DataError, match="nothing is left of 30 rows; the rule 'k-core before test: 9 items a user"
    ):
        make(GOOD, clean={"min_user": 9})
    with pytest.raises(DataError, match="the rule 'without user or item' dropped 2 rows"):
        make("user,item\n,a\nb,\n")


@pytest.mark.parametrize(
    ("split", "said"),
    [
        (SplitConfig("last"), "split=last needs an order"),
        (SplitConfig("time"), "split=time needs dates"),
        (SplitConfig("files"), "split=files needs a test file"),
    ],
)
def test_a_split_that_the_data_cannot_carry_says_what_to_type(
    make: Make, split: SplitConfig, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        make(rows(*[row[:2] for row in shop()], header="user,item"), split=split)


def test_rows_of_one_date_cannot_be_cut_in_time(make: Make) -> None:
    with pytest.raises(DataError, match="all rows have the same one"):
        make(rows(*[(*row[:2], 5) for row in shop()]), split=TimeSplit())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "a/b"}, "dataset.name=a/b"),
        ({"source": "cvs"}, "no such source; did you mean 'csv'"),
        ({"feedback": "implict"}, "dataset.feedback=implict; did you mean 'implicit'"),
        ({"time_unit": "m"}, "dataset.time_unit=m"),
        ({"encoding": "utf8"}, "dataset.encoding=utf8; did you mean 'utf-8'"),
        ({"separator": "::"}, "dataset.separator=::"),
        ({"clean": {"duplicates": "dorp"}}, "duplicates=dorp; did you mean 'drop'"),
        ({"clean": {"before": "tomorrow"}}, "dataset.clean.before=tomorrow"),
        ({"clean": {"min_user": 0}}, "min_user=0"),
        ({"value_range": [5.0, 1.0]}, "dataset.value_range"),
    ],
)
def test_a_setting_out_of_range_is_a_usage_error(
    tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    (tmp_path / "log.csv").write_text(GOOD)
    made = config(tmp_path, path=str(tmp_path / "log.csv"))
    for key, value in settings.items():
        if isinstance(value, dict):
            for rule, limit in value.items():
                setattr(made.dataset.clean, rule, limit)
        else:
            setattr(made.dataset, key, value)
    with pytest.raises(UsageError, match=said):
        prepare(made)


def test_unknown_split_settings_are_usage_errors(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(GOOD)
    path = str(tmp_path / "log.csv")
    for split, said in (
        (SplitConfig("tiem"), "did you mean 'time'"),
        (SplitConfig("time", watch="outer"), "split.watch=outer"),
        (TimeSplit(test=0.5, valid=0.5), "leave no"),
        (TimeSplit(test=1.5), "expected a share"),
    ):
        with pytest.raises(UsageError, match=said):
            prepare(config(tmp_path, split, path=path))


def test_a_plain_dataset_config_takes_the_class_of_its_source(tmp_path: Path) -> None:
    made = prepare(PrepareConfig(DatasetConfig("tiny", "synthetic"), SMALL, data_dir=str(tmp_path)))
    assert made.name == "tiny"
    assert made.n_users == 400

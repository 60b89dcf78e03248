"""Leaks planted in a prepared data set on disk, each found by its name; clean splits without a finding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from recx.audit.finding import Audit
from recx.data.split import FIT, HISTORY, TARGET
from recx.errors import DataError, UsageError
from recx.prepare import stored
from recx.prepare.stored import INTERACTIONS, ITEMS
from tests.audit.conftest import DAY, START, Columns, change, head, leaks, log, notes

Prepared = Callable[..., Path]
Audited = Callable[[Path], Audit]
STARS = ("dataset.feedback=explicit", "dataset.value_range=[1,5]")
SPLITS = {
    "time": ("split=time",),
    "time, in steps": ("split=time", "windows=rolling"),
    "time, cored": ("split=time", "dataset.clean.min_user=8", "dataset.clean.min_item=8"),
    "last": ("split=last",),
    "random": ("split=random",),
    "random, stars in folds": ("split=random", "windows=kfold", *STARS),
    "kfold": ("split=kfold",),
    "users": ("split=users",),
}


def asked(rows: Columns, fold: str = "final") -> np.ndarray:
    return np.flatnonzero(rows[f"fold:{fold}"] & TARGET)


def learnt(rows: Columns, fold: str = "final") -> np.ndarray:
    return np.flatnonzero(rows[f"fold:{fold}"] & FIT)


@pytest.mark.parametrize("words", SPLITS.values(), ids=SPLITS)
def test_a_clean_split_has_no_finding(prepared: Prepared, audited: Audited, words: tuple[str, ...]) -> None:
    found = audited(prepared(*words))
    assert (leaks(found), notes(found), found.exit_code) == ({}, [], 0)
    assert {check.name for check in found.checks if check.verdict == "clean"} >= {"two-uses", "statistics"}


def test_events_after_the_cut_that_are_learnt(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=time")

    def plant(rows: Columns) -> None:
        rows["fold:final"][asked(rows)[:3]] = FIT | HISTORY

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == ["future-events"]
    (one,) = found["future-events"]
    assert one.what == "3 learnt rows are dated after the cut-off of test"
    assert one.evidence == {"late": 3}
    assert len(one.rows) == 3


def test_events_after_test_began_in_a_train_file(
    prepared: Prepared, audited: Audited, tmp_path: Path
) -> None:
    """Files say what is train and what is test: the division is by time, but for four rows."""
    from tests.audit.conftest import NAMES, write

    rows = sorted(log(), key=lambda row: row[3])
    words = ("split=files", "dataset.file=null", "dataset.train_file=train.csv", "dataset.test_file=test.csv")
    found = []
    for late in (0, 4, 60):
        (tmp_path / "raw").mkdir(exist_ok=True)
        write(tmp_path / "raw/train.csv", NAMES, [*rows[:800], *rows[-1 : -1 - late : -1]])
        write(tmp_path / "raw/test.csv", NAMES, rows[800 : len(rows) - late])
        found.append(leaks(audited(prepared(*words))))
    assert found[0] == {}
    assert found[1]["future-events"][0].what == "4 learnt rows are dated after the cut-off of test"
    assert found[2]["future-events"][0].what == "60 learnt rows are dated after the cut-off of test"


def test_a_users_later_event_that_is_given_before_the_last_one(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=last")

    def plant(rows: Columns) -> None:
        row = int(asked(rows)[0])
        rows["time"][row], rows["time"][row - 1] = rows["time"][row - 1], rows["time"][row]

    change(folder, INTERACTIONS, plant)
    (one,) = leaks(audited(folder))["future-events"]
    assert one.what == "1 learnt rows are dated after the same user's first row of test"


def test_the_same_pair_in_train_and_test(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=time")

    def plant(rows: Columns) -> None:
        row = int(asked(rows)[0])
        rows["item"][row] = rows["item"][learnt(rows)[rows["user"][learnt(rows)] == rows["user"][row]][0]]

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == ["same-pair"]
    assert found["same-pair"][0].what.startswith("1 of 96 rows of test hold a pair that is learnt")
    head(folder, repeats=True)
    assert leaks(audited(folder)) == {}


def test_users_who_come_back_are_a_note_that_says_so(prepared: Prepared, audited: Audited) -> None:
    rows = log()
    again = [(u, i, v, t + 9 * DAY, p) for u, i, v, t, p in rows[::4]]
    found = audited(prepared("split=time", rows=[*rows, *again]))
    assert leaks(found) == {}
    assert set(notes(found)) == {"same-pair"}


def test_a_row_of_test_that_has_a_copy_in_train(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=random", "dataset.repeats=yes")

    def plant(rows: Columns) -> None:
        for row in asked(rows)[::50][:2]:
            own = learnt(rows)[rows["user"][learnt(rows)] == rows["user"][row]][0]
            for name in ("item", "time"):
                rows[name][own] = rows[name][row]

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == ["duplicates"]
    assert found["duplicates"][-1].evidence["rows"] == 2


def test_rows_that_somebody_has_added_at_the_end_of_the_file(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=random", "dataset.repeats=yes")

    def plant(rows: Columns) -> Columns:
        copied = asked(rows)[:2]
        more = {name: column[copied] for name, column in rows.items()}
        for name in more:
            if name.startswith("fold:"):
                more[name] = np.full(2, FIT | HISTORY, np.uint8)
        return {name: np.concatenate([column, more[name]]) for name, column in rows.items()}

    change(folder, INTERACTIONS, plant, forge=False)
    found = leaks(audited(folder))
    assert list(found) == ["changed-files", "duplicates"]
    assert found["duplicates"][-1].what.startswith("2 of ")


@pytest.mark.parametrize("fold", ["final", "window-0", "select"])
def test_rows_of_test_that_are_learnt(prepared: Prepared, audited: Audited, fold: str) -> None:
    folder = prepared("split=random")

    def plant(rows: Columns) -> None:
        rows[f"fold:{fold}"][asked(rows)[:7]] |= FIT

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == ["two-uses"]
    assert found["two-uses"][0].what == f"7 rows of test are learnt or given in {fold}"


def test_a_price_that_is_the_median_of_all_rows(prepared: Prepared, audited: Audited) -> None:
    rows = log()
    folder = prepared("split=time", rows=rows)

    def priced(rows: Columns) -> Columns:
        return {"price" if name == "paid" else name: column for name, column in rows.items()}

    change(folder, INTERACTIONS, priced)
    header = stored.facts(folder)
    head(folder, paid=["price"], settings=header["settings"])
    data = stored.load(folder)
    honest, knowing = data.split.final.fit, data.split.final.fit.merged(data.split.final.target)
    known = np.concatenate([honest.columns["price"], data.split.final.target.columns["price"]])
    items = np.concatenate([honest.items, data.split.final.target.items])
    assert len(known) == len(knowing)
    for log_items, paid, wrong in (
        (honest.items, honest.columns["price"], 0),
        (items, known, 1),
    ):
        medians = [np.median(paid[log_items == item]) for item in range(data.n_items)]
        prices = np.array(medians, np.float32)
        change(folder, ITEMS, lambda columns, prices=prices: {**columns, "price": prices})
        found = leaks(audited(folder))
        assert list(found) == ["statistics"] * wrong
    assert found["statistics"][0].what.startswith("price of ")


@pytest.mark.parametrize("knows", ["train", "valid", "test"])
@pytest.mark.parametrize("statistic", ["sold", "log of sold", "mean stars"])
def test_a_feature_that_counts_test(prepared: Prepared, audited: Audited, knows: str, statistic: str) -> None:
    folder = prepared("split=time", *STARS)
    data = stored.load(folder)
    final = data.split.final
    log = {
        "train": data.split.valid.fit,
        "valid": final.fit,
        "test": final.fit.merged(final.target),
    }[knows]
    counts = np.bincount(log.items, minlength=data.n_items).astype(np.float32)
    column = {
        "sold": counts,
        "log of sold": np.log1p(counts),
        "mean stars": np.bincount(log.items, log.values, minlength=data.n_items) / counts,
    }[statistic]
    change(folder, ITEMS, lambda columns: {**columns, "feature": column.astype(np.float32)})
    found = audited(folder)
    assert list(leaks(found)) == (["statistics"] if knows == "test" else [])
    # valid is no test, but a fuser learns from its labels
    assert notes(found) == (["statistics"] if knows == "valid" else [])
    told = [one.what for check in found.checks for one in check.findings]
    assert all(what.startswith("feature of items follows the ") for what in told)


def test_a_core_that_was_taken_over_test(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=time", "dataset.clean.min_user=8")

    def plant(rows: Columns) -> Columns:
        own = learnt(rows)[rows["user"][learnt(rows)] == rows["user"][asked(rows)[0]]]
        keep = np.ones(len(rows["user"]), dtype=bool)
        keep[own[7:]] = False
        return {name: column[keep] for name, column in rows.items()}

    change(folder, INTERACTIONS, plant)
    (one,) = leaks(audited(folder))["statistics"]
    assert one.what.startswith("1 users have fewer than 8 items before test")


@pytest.mark.parametrize("knows", ["before", "test"])
@pytest.mark.parametrize("of", ["user", "item", "all"])
def test_stars_from_which_a_mean_over_test_was_taken(
    prepared: Prepared, audited: Audited, knows: str, of: str
) -> None:
    folder = prepared("split=random", *STARS)

    def plant(rows: Columns) -> None:
        among = np.ones(len(rows["user"]), dtype=bool)
        if knows == "before":
            among[asked(rows)] = False
        groups = np.zeros(len(among), np.int64) if of == "all" else rows[of]
        values = rows["value"].astype(np.float64)
        means = np.bincount(groups[among], values[among]) / np.bincount(groups[among])
        rows["value"] = (values - means[groups]).astype(np.float32)

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == (["statistics"] if knows == "test" else [])


@pytest.mark.parametrize("words", [True, False])
def test_a_feature_that_is_dated_after_the_events_it_describes(
    prepared: Prepared, audited: Audited, words: bool
) -> None:
    folder = prepared("split=time")

    def dated(days: int) -> Callable[[Columns], Columns]:
        when = START + days * DAY
        day = f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d}"
        return lambda columns: {
            **columns,
            "updated": np.full(len(columns["id"]), day if words else np.float32(when)),
        }

    change(folder, ITEMS, dated(-10))
    assert leaks(audited(folder)) == {}
    change(folder, ITEMS, dated(400))
    found = leaks(audited(folder))
    assert list(found) == ["late-features"]
    assert found["late-features"][-1].what == "updated is dated after 96 of the 96 rows of test it describes"


def test_a_column_of_the_rows_that_is_dated_later(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=time")
    change(
        folder, INTERACTIONS, lambda rows: {**rows, "shipped": (rows["time"] + 2 * DAY).astype(np.float32)}
    )
    assert list(leaks(audited(folder))) == ["late-features"]


def test_watch_that_holds_rows_of_test(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=random")

    def plant(rows: Columns) -> None:
        rows["fold:select"][asked(rows)] |= TARGET

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == ["selection"]
    assert found["selection"][0].what.endswith("rows of watch are rows of test")


@pytest.mark.parametrize("of", ["final", "select"])
def test_labels_of_a_stacker_that_are_test_or_watch(prepared: Prepared, audited: Audited, of: str) -> None:
    folder = prepared("split=random")

    def plant(rows: Columns) -> None:
        rows["fold:window-0"][asked(rows, of)[:5]] = TARGET

    change(folder, INTERACTIONS, plant)
    found = leaks(audited(folder))
    assert list(found) == ["stacker-labels"]
    assert found["stacker-labels"][0].evidence == {"rows": 5}


def test_stopping_on_valid_is_a_note(prepared: Prepared, audited: Audited) -> None:
    found = audited(prepared("split=random", "split.watch=valid"))
    assert leaks(found) == {}
    assert notes(found) == ["stacker-labels"]


def test_ids_in_the_order_of_first_appearance_are_a_note(prepared: Prepared, audited: Audited) -> None:
    rows = sorted(log(), key=lambda row: row[3])
    seen: dict[str, int] = {}
    numbered = [(u, str(seen.setdefault(i, len(seen))), v, t, p) for u, i, v, t, p in rows]
    found = audited(prepared("split=time", rows=numbered))
    assert (leaks(found), notes(found), found.exit_code) == ({}, ["ordered-ids"], 0)


def test_a_file_that_is_not_what_was_written(prepared: Prepared, audited: Audited) -> None:
    folder = prepared("split=time")
    change(folder, ITEMS, lambda columns: {**columns, "brand": columns["brand"][::-1]}, forge=False)
    found = audited(folder)
    assert list(leaks(found)) == ["changed-files"]
    assert found.exit_code == 5


def test_what_cannot_be_looked_at_is_one_line(prepared: Prepared, audited: Audited, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        audited(tmp_path / "nothing")
    with pytest.raises(DataError, match="holds no prepared data set"):
        audited(tmp_path)
    folder = prepared("split=time")
    change(folder, INTERACTIONS, lambda rows: {n: c for n, c in rows.items() if n != "fold:select"})
    with pytest.raises(DataError, match="has no column 'fold:select'"):
        audited(folder)
    (folder / INTERACTIONS).write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match="damaged"):
        audited(folder)

"""A data set is addressed by what it is made from, written whole, and checked when read."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.data import Dataset
from recx.data.interactions import Interactions
from recx.errors import DataError
from recx.prepare import plan, prepare
from recx.prepare.config import PrepareConfig
from recx.prepare.plan import folder_of
from recx.prepare.sources.config import SyntheticConfig
from recx.prepare.split.config import KFoldSplit, TimeSplit
from recx.prepare.stored import facts, load, prepared_folders
from tests.prepare.conftest import SMALL, config, rows, shop


def synthetic(folder: Path, **settings: object) -> PrepareConfig:
    shape = {"n_users": 60, "n_items": 24, "clusters": 3, "events_per_user": 12, **settings}
    return PrepareConfig(SyntheticConfig(**shape), TimeSplit(), 0, str(folder / "prepared"))  # type: ignore[arg-type]


def columns(part: Interactions) -> dict[str, object]:
    given = {"users": part.users, "items": part.items, "values": part.values, "times": part.times}
    return {**given, "events": part.events, **part.columns}


def assert_same(one: Dataset, other: Dataset) -> None:
    for left, right in zip(one.split.folds, other.split.folds, strict=True):
        assert (left.name, left.known_at, left.fingerprint) == (right.name, right.known_at, right.fingerprint)
        for part in ("fit", "history", "target"):
            a, b = columns(getattr(left, part)), columns(getattr(right, part))
            assert a.keys() == b.keys()
            for name in a:
                np.testing.assert_array_equal(a[name], b[name], err_msg=f"{left.name} {part} {name}")
    assert one.users.ids == other.users.ids
    assert one.items.ids == other.items.ids
    for kind in ("items", "users"):
        a, b = getattr(one.catalog, kind), getattr(other.catalog, kind)
        assert a.keys() == b.keys()
        for name in a:
            assert a[name].dtype == b[name].dtype
            np.testing.assert_array_equal(a[name], b[name])
    np.testing.assert_array_equal(one.catalog.available_from, other.catalog.available_from)


def test_what_is_read_back_is_what_was_made(tmp_path: Path) -> None:
    settings = synthetic(tmp_path)
    in_memory = prepare(settings, dry_run=True)
    assert not (tmp_path / "prepared").exists()
    stored = prepare(settings)
    assert_same(in_memory, stored)
    assert_same(stored, load(folder_of(settings)))
    assert stored.split.final.fit.values.dtype == np.float32
    assert stored.split.final.fit.users.dtype == np.int32


def test_the_folder_is_named_after_data_set_split_and_fingerprint(tmp_path: Path) -> None:
    settings = synthetic(tmp_path)
    made = prepare(settings)
    assert folder_of(settings) == tmp_path / "prepared" / f"synthetic-time-{made.fingerprint[:8]}"
    assert prepared_folders(tmp_path / "prepared") == [folder_of(settings)]
    names = sorted(path.name for path in folder_of(settings).iterdir())
    data = ["dataset.json", "interactions.parquet", "items.parquet", "users.parquet"]
    assert names == sorted([*data, "manifest.json", "code.json"])


def test_preparing_twice_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = synthetic(tmp_path)
    prepare(settings)
    before = {path: path.stat().st_mtime_ns for path in folder_of(settings).iterdir()}
    monkeypatch.setattr(plan, "build", None)  # whoever calls it fails
    said: list[str] = []
    prepare(settings, said.append)
    assert {path: path.stat().st_mtime_ns for path in folder_of(settings).iterdir()} == before
    assert said == [f"synthetic: prepared before, {folder_of(settings)}"]


def test_where_the_raw_file_lies_is_no_part_of_the_fingerprint_but_its_content_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(*shop()))
    (tmp_path / "b.csv").write_text(rows(*shop()))
    (tmp_path / "c.csv").write_text(rows(*shop(items=6)))
    a, b, c = (folder_of(config(tmp_path, path=str(tmp_path / f"{name}.csv"))) for name in "abc")
    assert a == b
    assert a != c
    (tmp_path / "a.csv").write_text(rows(*shop(items=6)))
    assert folder_of(config(tmp_path, path=str(tmp_path / "a.csv"))) == c


def test_settings_and_seed_change_the_fingerprint_only_where_they_have_a_say(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(rows(*shop()))
    path = str(tmp_path / "log.csv")
    plain = folder_of(config(tmp_path, path=path))
    assert folder_of(config(tmp_path, path=path, seed=1)) != plain  # a random split
    assert folder_of(config(tmp_path, path=path, clean={"min_user": 2})) != plain
    assert folder_of(config(tmp_path, replace(SMALL, test=0.3), path=path)) != plain
    by_time = [folder_of(config(tmp_path, TimeSplit(), seed, path=path)) for seed in (0, 1)]
    assert by_time[0] == by_time[1]


def test_the_seed_decides_what_is_drawn(tmp_path: Path) -> None:
    settings = replace(synthetic(tmp_path), split=KFoldSplit())
    one, again = prepare(settings, dry_run=True), prepare(settings, dry_run=True)
    other = prepare(replace(settings, seed=1), dry_run=True)
    assert_same(one, again)
    assert one.split.final.fingerprint != other.split.final.fingerprint


@pytest.mark.parametrize("name", ["interactions.parquet", "users.parquet", "items.parquet"])
def test_a_file_edited_by_hand_is_named_when_read_and_made_anew_when_prepared(
    tmp_path: Path, name: str
) -> None:
    settings = synthetic(tmp_path)
    made = prepare(settings)
    file = folder_of(settings) / name
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(DataError, match=f"{name} was changed after it had been written"):
        load(folder_of(settings))
    said: list[str] = []
    assert_same(prepare(settings, said.append), made)
    assert any("damaged" in line for line in said)
    file.unlink()
    with pytest.raises(DataError, match=f"{name} is missing"):
        load(folder_of(settings))


def test_a_folder_without_a_data_set_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no prepared data set; run: recx prepare"):
        load(tmp_path)
    settings = synthetic(tmp_path)
    prepare(settings)
    (folder_of(settings) / "dataset.json").write_text('{"name": "syn')
    with pytest.raises(DataError, match=r"dataset.json is not valid JSON"):
        load(folder_of(settings))
    prepare(settings)
    load(folder_of(settings))


def test_a_folder_of_another_version_is_one_line(tmp_path: Path) -> None:
    settings = synthetic(tmp_path)
    prepare(settings)
    header = folder_of(settings) / "dataset.json"
    told = facts(folder_of(settings))
    del told["paid"]
    header.write_text(json.dumps(told))
    with pytest.raises(DataError, match=r"says nothing of 'paid': another recx has written it; prepare"):
        load(folder_of(settings))


def test_facts_tell_counts_dates_cuts_cleaning_and_source(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        rows(*shop(), *shop()[:3], (""), header="user,item,time").replace("\n\n", "\n")
    )
    settings = config(tmp_path, TimeSplit(), path=str(tmp_path / "log.csv"), clean={"duplicates": "drop"})
    made = prepare(settings)
    told = facts(folder_of(settings))
    assert (told["users"], told["items"], told["interactions"]) == (6, 5, 30)
    assert (told["first"], told["last"]) == ("2020-09-13T12:26:40Z", "2020-10-12T12:26:40Z")
    assert [row["rule"] for row in told["cleaning"]] == [
        "read",
        "without user or item",
        "without date",
        "duplicates",
    ]
    assert told["cleaning"][-1] == {"rule": "duplicates", "lost": 3, "rows": 30, "users": 6, "items": 5}
    assert told["source"][0]["file"] == "log.csv"
    final = told["folds"][-1]
    assert final["name"] == "final"
    assert (final["fit"], final["target"]) == (27, 3)
    assert final["cut"] == "2020-10-10T12:26:40Z"
    assert told["settings"]["dataset"]["clean"]["duplicates"] == "drop"
    assert dict(made.facts) == told


def test_a_copied_folder_can_be_read_anywhere(tmp_path: Path) -> None:
    settings = synthetic(tmp_path)
    made = prepare(settings)
    shutil.move(folder_of(settings), tmp_path / "elsewhere")
    assert_same(load(tmp_path / "elsewhere"), made)


def test_what_prepare_makes_has_not_changed_without_a_new_version(tmp_path: Path) -> None:
    # where this fails, prepare makes something else of equal input: raise fingerprint.VERSION, mend GOLDEN
    made = prepare(synthetic(tmp_path), dry_run=True)
    assert [fold.fingerprint for fold in made.split.folds] == GOLDEN


GOLDEN = ["c4f392e67e3befa0", "f8e0dcc3c8309de0", "4902a2f3b15100ad"]

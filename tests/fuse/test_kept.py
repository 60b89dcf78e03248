"""What bases say is kept from one fusion to the next, found out when damaged, and bounded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.config.compose import compose
from recx.fuse import fuse, learning
from recx.fuse.kept import GIGABYTE, Kept
from recx.fuse.runs import FuseRun
from recx.models.base import Recommender
from recx.train.runs import TrainRun

Fuse = Callable[..., FuseRun]
SOME = {"scores": np.arange(6, dtype=np.float32).reshape(2, 3), "knows": np.array([True, False])}


@pytest.fixture
def fused(tmp_path: Path) -> Fuse:
    small = ["dataset=synthetic", "dataset.n_users=120", "dataset.n_items=50", "threads=1", "fuser.trees=9"]
    places = [f"data_dir={tmp_path}/prepared", f"results={tmp_path}/results"]

    def make(*words: str) -> FuseRun:
        return fuse(
            compose("fuse", [*small, *places, "bases=[popular,item_knn,bias@biased]", *words]).settings
        )

    return make


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which fits a fusion loads from now on."""
    names: list[str] = []
    load = learning.load_model

    def noted(run: TrainRun, fit: str) -> Recommender[object]:  # type: ignore[type-var]
        names.append(f"{run.label} {fit}")
        return load(run, fit)

    monkeypatch.setattr(learning, "load_model", noted)
    return names


EXPLICIT = ("dataset.feedback=explicit", "split=random", "windows=kfold", "windows.folds=2")


@pytest.mark.parametrize("words", [(), EXPLICIT], ids=["implicit", "explicit"])
def test_bases_that_have_answered_are_not_asked_again(
    fused: Fuse, loaded: list[str], words: tuple[str, ...]
) -> None:
    first = fused(*words)
    assert loaded
    loaded.clear()
    again = fused(*words, "fuser.leaves=3")
    assert not loaded and again.folder != first.folder
    # and the fusion is the one that asking makes
    asked = fused(*words, "fuser.leaves=3", "fuser.reg=1.0", "cache=0", "union=299")
    assert loaded
    assert (again.folder / "meta.txt").read_bytes() == (asked.folder / "meta.txt").read_bytes()


def test_other_candidates_another_policy_or_other_bases_are_asked_anew(
    fused: Fuse, loaded: list[str]
) -> None:
    fused()
    for words in (
        ("top=30",),
        ("repeat=new",),
        ("bases=[popular,item_knn]",),
        ("bases.item_knn.neighbours=5",),
    ):
        loaded.clear()
        fused(*words)
        assert loaded, words


def test_a_damaged_entry_is_found_and_made_again(fused: Fuse, loaded: list[str], tmp_path: Path) -> None:
    fused()
    (entry, *_) = sorted((tmp_path / "results/scores").glob("*.safetensors"))
    good = entry.read_bytes()
    arrays = store.read_arrays(entry)
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    for leaves, damage in enumerate((good[:-40], flipped, b""), start=3):
        entry.write_bytes(damage)
        loaded.clear()
        fused(f"fuser.leaves={leaves}")
        assert loaded
        assert entry.read_bytes() == good
    # scores that were changed, in a file that is whole
    store.write_arrays(entry, {**arrays, "scores": arrays["scores"] + 1})
    assert Kept(entry.parent, 1).find(entry.stem) is None
    assert not entry.exists()


def test_what_is_kept_comes_back_equal(tmp_path: Path) -> None:
    kept = Kept(tmp_path, 1)
    kept.keep("a", SOME)
    found = kept.find("a")
    assert found is not None and found.keys() == SOME.keys()
    for name, array in SOME.items():
        np.testing.assert_array_equal(found[name], array)
    assert kept.find("b") is None


def test_the_longest_unused_goes_when_room_is_needed(tmp_path: Path) -> None:
    Kept(tmp_path, 1).keep("old", SOME)
    taken = (tmp_path / "old.safetensors").stat().st_size
    kept = Kept(tmp_path, 2.5 * taken / GIGABYTE)
    kept.keep("middle", SOME)
    for age, name in enumerate(["middle", "old"]):
        os.utime(tmp_path / f"{name}.safetensors", (1000 - age, 1000 - age))
    assert kept.find("old") is not None  # used: no longer the oldest
    kept.keep("new", SOME)
    assert {path.stem for path in tmp_path.glob("*.safetensors")} == {"old", "new"}
    assert kept.size <= kept.bound


def test_nothing_is_kept_where_there_is_no_room(tmp_path: Path) -> None:
    for bound in (0.0, 1 / GIGABYTE):
        kept = Kept(tmp_path, bound)
        kept.keep("a", SOME)
        assert not list(tmp_path.glob("*.safetensors"))
        assert kept.find("a") is None

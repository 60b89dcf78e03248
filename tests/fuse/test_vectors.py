"""Vectors of bases: the same axes in every fold, and their way from a model to a fuser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recx.config.compose import compose
from recx.data import user_batches
from recx.errors import UsageError
from recx.fuse import fuse
from recx.fuse.config import FuseConfig
from recx.fuse.runs import SPACE, FuseRun
from recx.fuse.vectors import WIDTH, Space, align
from recx.metrics.protocol import Protocol
from recx.prepare import stored


def settings(home: Path, *words: str) -> FuseConfig:
    small = ["dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60", "threads=1"]
    places = [f"data_dir={home}/prepared", f"results={home}/results", "bases=[popular,als,lsa]"]
    bases = ["bases.als.factors=6", "bases.als.epochs=3", "bases.lsa.factors=12"]
    quick = ["fuser=neural", "fuser.nets=1", "fuser.epochs=3"]
    composed: FuseConfig = compose("fuse", [*small, *places, *bases, *quick, *words]).settings
    return composed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def done(home: Path) -> FuseRun:
    return fuse(settings(home))


def test_fits_that_are_turned_against_each_other_are_turned_back() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(200, 20)) * 0.8 ** np.arange(20)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    turned = first @ np.linalg.qr(rng.normal(size=(20, 20)))[0]
    found = align({"window-0": first.astype(np.float32), "final": turned.astype(np.float32)})
    assert found["final"].items.shape == (200, WIDTH)
    assert found["final"].items == pytest.approx(found["window-0"].items, abs=1e-4)
    # users are turned alike: what they have in common with items is what it was, but for what is cut off
    users = rng.normal(size=(5, 20)) @ np.diag(0.8 ** np.arange(20))
    on = {"window-0": users, "final": users @ np.linalg.lstsq(first, turned, rcond=None)[0]}
    both = [on[fold] @ found[fold].turn for fold in on]
    assert both[0] == pytest.approx(both[1], abs=1e-4)


def test_fewer_numbers_than_are_kept_are_all_kept() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    axes = align({"window-0": vectors})["window-0"]
    assert axes.items.shape == (30, 3)
    assert axes.items @ axes.items.T == pytest.approx(vectors @ vectors.T, abs=1e-4)


def test_vectors_are_columns_of_those_bases_that_have_them(done: FuseRun) -> None:
    features = done.fusion.parts["ranking"].features
    told = [feature.name for feature in features if feature.group == "vectors"]
    assert {name.partition(".")[0] for name in told} == {"als", "lsa"}
    assert len(told) == 2 * 6 + 2 * WIDTH
    assert {"popular", "als", "lsa"} <= {part.label for part in done.fusion.contributions}


def test_axes_are_read_back_and_point_the_same_way_in_every_fold(done: FuseRun) -> None:
    fusion = done.fusion
    data = stored.load(fusion.dataset)
    protocol, fold = Protocol.read(fusion.protocol), data.split.valid
    allowed = protocol.allowed(data, fold)
    batch = next(user_batches(fold.users, fold.history, fold.known_at, 64))
    bases = fusion.bases(fold.name)
    users = bases.describe(batch)[0].users
    labels = list(fusion.base_runs)
    for name in (fold.name, "final"):
        space = Space.read(fusion.folder / SPACE / f"{name}.safetensors", labels)
        assert list(space.axes) == ["als", "lsa"]
        # items of a fold lie where those of the other do, all in all
        found, wanted = space.axes["lsa"].items, bases.space.axes["lsa"].items
        assert np.mean(np.sum(found * wanted, axis=1)) > 0.5 * np.mean(np.sum(wanted * wanted, axis=1))
    assert users.shape == (len(batch), 6)
    scores = dict(fusion.score_all(batch, allowed, fold.name))["neural"]
    assert np.isfinite(scores[scores > -np.inf]).all()


def test_what_is_kept_of_vectors_gives_the_same_fusion(home: Path, done: FuseRun) -> None:
    # the answers of the first fusion are read by the second and not by the third
    second, third = (fuse(settings(home, "fuser.holdout=.21", f"cache={size}")) for size in (4, 0))
    if second.folder == third.folder:  # the cache is no part of what a fusion is
        third = fuse(settings(home, "fuser.holdout=.21", "cache=0", f"results={home}/other"))
    files = [(each.folder / "meta.safetensors").read_bytes() for each in (second, third)]
    assert files[0] == files[1]


def test_a_base_that_a_budget_leaves_out_takes_its_vectors_with_it(home: Path) -> None:
    # nearly any single base is good enough
    fusion = fuse(settings(home, "fuser.budget=.9")).fusion
    assert len(fusion.base_runs) == 1
    told = {f.name.partition(".")[0] for f in fusion.parts["ranking"].features if f.group == "vectors"}
    assert told <= set(fusion.base_runs)
    data = stored.load(fusion.data)
    fold = data.split.final
    batch = next(user_batches(fold.users, fold.history, fold.known_at, 64))
    allowed = Protocol.read(fusion.protocol).allowed(data, fold)
    assert "neural" in dict(fusion.score_all(batch, allowed))


def test_trees_may_look_at_vectors_too(home: Path) -> None:
    words = ["fuser=stack", "fuser.trees=3", "fuser.bags=1", "fuser.features=[base,vectors]"]
    config: FuseConfig = compose(
        "fuse",
        [
            "dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60", "threads=1",
            f"data_dir={home}/prepared", f"results={home}/results", "bases=[popular,lsa]", *words,
        ],
    ).settings  # fmt: skip
    assert "lsa.item0" in {feature.name for feature in fuse(config).fusion.parts["ranking"].features}


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("fuser.kind=gates", "fuser.kind=gates: expected one of gate, mlp"),
        ("fuser.dropout=1", "fuser.dropout=1: expected a share from 0 to below 1"),
        ("fuser.features=[base,vector]", "fuser.features=vector: expected some of base, user, item, pair, v"),
        ("fuser.lr=0", "fuser.lr=0: expected a number above 0"),
    ],
)
def test_settings_out_of_range_are_one_line(home: Path, word: str, told: str) -> None:
    with pytest.raises(UsageError, match=told.replace(".", r"\.")):
        fuse(settings(home, word))

"""Every way in which a base may get to know the labels of its window, planted in runs on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.config.compose import compose
from recx.data import Interactions, TrainingData
from recx.errors import DataError, UsageError
from recx.fuse import fuse
from recx.fuse.config import FuseConfig
from recx.metrics.measure import rating_questions
from recx.models import create
from recx.models.base import RunOptions, item_shares
from recx.prepare import stored
from recx.train import train
from recx.train.runs import MODEL, TrainRun, open_run, write_model

WINDOW = "window-0"
Fuse = Callable[..., FuseConfig]
Train = Callable[..., TrainRun]
Row = tuple[int, int, int]  # user, item, time


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    """Settings of a small data set and of places of its own."""
    small = ["dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60", "threads=1"]
    return [*small, f"data_dir={tmp_path}/prepared", f"results={tmp_path}/results"]


@pytest.fixture
def made(shop: list[str]) -> Train:
    """Train a model."""
    return lambda *words: train(compose("train", [*shop, *words]).settings)


@pytest.fixture
def fused(shop: list[str]) -> Callable[..., object]:
    """Fuse finished runs."""

    def make(*runs: TrainRun, words: tuple[str, ...] = ()) -> object:
        given = ",".join(str(run.folder) for run in runs)
        return fuse(compose("fuse", [*shop, "fuser.trees=5", f"runs=[{given}]", *words]).settings)

    return make


def forge(run: TrainRun) -> None:
    """Make checksums say that a run's files are what was written."""
    manifest = store.read_json(run.folder / store.MANIFEST)
    manifest["files"] = store.checksums(run.folder)
    for name, note in manifest["fits"].items():
        note["sha256"] = store.sha256(run.folder / MODEL / f"{name}.safetensors")
    store.write_json(run.folder / store.MANIFEST, manifest)


def leak(run: TrainRun) -> None:
    """Put a fit that has learnt the labels in the place of the window's, and forge what it has stored."""
    data = stored.load(run.dataset)
    window = data.split.valid
    known = TrainingData(data.split.final.fit, data.catalog, data.split.final.known_at)
    model = create(run.model).fit(known, RunOptions(seed=run.seed, threads=1))
    model.popularity = item_shares(window.fit)
    write_model(run.folder / MODEL, WINDOW, model)
    forge(run)


def test_honest_runs_pass_every_check(made: Train, fused: Callable[..., object]) -> None:
    runs = [made(f"model={name}") for name in ("popular", "random", "personal", "item_knn", "ease")]
    runs.append(made("model=als", "model.factors=8", "model.epochs=5"))
    fused(*runs, words=("audit=all",))


def test_an_altered_folder_is_refused(made: Train, fused: Callable[..., object]) -> None:
    run = made("model=ease")
    file = run.folder / MODEL / f"{WINDOW}.safetensors"
    arrays = store.read_arrays(file)
    store.write_arrays(file, {**arrays, "popularity": arrays["popularity"] * 2})
    with pytest.raises(DataError, match=r"window-0.safetensors was changed after the run had finished"):
        fused(run, made("model=popular"))


def test_a_fit_on_train_and_valid_in_the_place_of_the_windows_is_refused(
    made: Train, fused: Callable[..., object]
) -> None:
    run = made("model=ease")
    model = run.folder / MODEL
    (model / f"{WINDOW}.safetensors").write_bytes((model / "final.safetensors").read_bytes())
    forge(run)
    with pytest.raises(DataError, match=r"ease-\S*: the fit for window-0 has learnt what lies before final"):
        fused(run, made("model=popular"))


@pytest.mark.parametrize(
    "words", [("model=ease",), ("model=als", "model.factors=16", "model.epochs=8"), ("model=popular",)]
)
def test_a_fit_that_knows_the_labels_and_hides_it_is_found_out_by_its_scores(
    made: Train, fused: Callable[..., object], words: tuple[str, ...]
) -> None:
    run = made(*words)
    leak(run)
    open_run(run.folder)
    with pytest.raises(DataError, match=rf"{run.model.name}-\S*: the fit for window-0 has seen its labels"):
        fused(run, made("model=personal"))
    fused(run, made("model=personal"), words=("audit=no",))


def test_ratings_that_know_the_labels_are_found_out(made: Train, fused: Callable[..., object]) -> None:
    words = ("dataset.feedback=explicit", "split=random", "windows=kfold", "windows.folds=2")
    run = made("model=svd", "model.factors=8", *words)
    other = made("model=bias", *words)
    fused(run, other, words=(*words, "audit=all"))
    leak_of = stored.load(run.dataset).split.windows[1]
    assert leak_of.name == "window-1"
    data = stored.load(run.dataset)
    model = create(run.model).fit(data.training_data(data.split.final), RunOptions(threads=1))
    model.popularity = item_shares(leak_of.fit)
    write_model(run.folder / MODEL, leak_of.name, model)
    forge(run)
    with pytest.raises(DataError, match=r"svd-\S*: the fit for window-1 has seen its labels"):
        fused(run, other, words=(*words, "fuser.trees=6"))


def test_a_run_on_another_split_is_told_which_labels_it_has_learnt(
    made: Train, fused: Callable[..., object]
) -> None:
    run = made("model=popular", "split.valid=.05")
    data, asked = stored.load(run.dataset), made("model=popular")
    wanted = stored.load(asked.dataset).split.valid.target
    learnt = data.split.valid.fit
    pairs = {(u, i) for u, i in zip(learnt.users.tolist(), learnt.items.tolist(), strict=True)}
    seen = sum(pair in pairs for pair in zip(wanted.users.tolist(), wanted.items.tolist(), strict=True))
    told = rf"its fit for window-0 has learnt {seen:,} of the {len(wanted):,} labels asked here"
    with pytest.raises(UsageError, match=told):
        fused(run, asked)


def _rows(log: Interactions) -> list[Row]:
    assert log.times is not None
    return list(zip(log.users.tolist(), log.items.tolist(), log.times.tolist(), strict=True))


def test_ratings_of_noise_are_predicted_out_of_fold_and_not_at_all(made: Train) -> None:
    """Every rating outside watch is predicted once, by a fit that has not seen it: AUC .5."""
    from sklearn.metrics import roc_auc_score

    words = ("dataset.feedback=explicit", "split=random", "windows=kfold")
    run = made("model=svd", "model.factors=16", "model.reg=0.001", "model.epochs=30", *words)
    data = stored.load(run.dataset)
    final, model = data.split.final, create(run.model)
    noise = np.random.default_rng(0).random(len(final.fit)) < 0.5
    truth = dict(zip(_rows(final.fit), noise.tolist(), strict=True))

    def noisy(log: Interactions) -> Interactions:
        return replace(log, values=np.array([5.0 if truth[key] else 1.0 for key in _rows(log)], np.float32))

    outside: list[tuple[Row, float]] = []
    inside: list[tuple[Row, float]] = []
    for window in data.split.windows:
        model.fit(TrainingData(noisy(window.fit), data.catalog, window.known_at), RunOptions(threads=1))
        for log, told in ((window.target, outside), (window.fit, inside)):
            for batch, pairs, rows in rating_questions(log, window):
                told += zip(_rows(rows), model.rate(batch, pairs).tolist(), strict=True)
    watch = Counter(_rows(data.split.select.target))
    assert Counter(key for key, _ in outside) + watch == Counter(_rows(final.fit))
    auc = [
        roc_auc_score([truth[key] for key, _ in told], [rating for _, rating in told])
        for told in (outside, inside)
    ]
    assert auc[0] == pytest.approx(0.5, abs=0.03)
    assert auc[1] > 0.7

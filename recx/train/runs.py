"""Finished trainings: what lies in results/train, checked and read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from recx import store
from recx.errors import DataError
from recx.models import config_class, create
from recx.models.base import EpochReport, ModelConfig, Recommender
from recx.train import keys
from recx.train.boosted import Boosted

MODEL = "model"
"""Folder of the fitted arrays inside a run."""


@dataclass(frozen=True)
class Fit:
    """One fit of a run."""

    name: str  # "select", "window-0" ... or "final": the fold's name
    key: str  # model settings + fold + seed + sources: equal keys, equal arrays
    epochs: int  # 0 for closed forms
    seconds: float
    peak_megabytes: float
    history: tuple[EpochReport, ...]
    fold: str  # fingerprint of what was learnt: `fuse` compares it with what lies before its window

    @property
    def plain(self) -> store.Json:
        """As the manifest holds it."""
        return {**vars(self), "history": [list(astuple(report)) for report in self.history]}

    @staticmethod
    def read(note: store.Json) -> Fit:
        """The fit that a manifest's note describes."""
        values = {field.name: note[field.name] for field in fields(Fit)}
        return Fit(**values | {"history": tuple(EpochReport(*row) for row in note["history"])})


@dataclass(frozen=True)
class TrainRun:
    """A finished `recx train`."""

    folder: Path
    label: str  # the model's name, or the label a fusion gave it
    model: ModelConfig
    dataset: Path  # folder of the prepared data set
    dataset_fingerprint: str
    seed: int
    sources: str  # hash of the model's source files
    stopped_on_valid: bool  # split.watch=valid: such a run may not feed a stacker
    fits: dict[str, Fit]
    metric: str | None  # what watch measured, None where nothing was watched
    watch: dict[str, float]  # metrics of the select fit on watch; empty where there was no select fit
    valid: dict[str, float]  # metrics of the window fit on valid, by name
    milliseconds_per_user: float | None = None
    """In which the window fit scores all items for a user; None: it was not measured."""
    after: Path | None = None  # run whose ratings this one's are added to, and which it was fitted after
    after_lr: float = 1.0  # share of this one's that is added
    bootstrap: int = 0  # number of the sample of rows that was learnt; 0: all rows

    @property
    def scoring_fit(self) -> str:
        """The fit that scores test: final, or with refit=no the last window's."""
        return "final" if "final" in self.fits else self.valid_fit

    @property
    def valid_fit(self) -> str:
        """The fit that scores valid: the last window's."""
        return [name for name in self.fits if name not in ("select", "final")][-1]


def open_run(folder: Path) -> TrainRun:
    """Read a finished train run; DataError where it is unfinished, damaged or something else."""
    return run_of(folder, store.read_manifest(folder))


def run_of(folder: Path, manifest: store.Json) -> TrainRun:
    """The train run that a manifest describes; DataError where it is another one's."""
    if manifest.get("verb") != "train":
        raise DataError(f"{folder} is a {manifest.get('verb')} run, not a train run")
    try:
        return TrainRun(
            folder,
            manifest["label"],
            config_class(manifest["model"]["name"])(**manifest["model"]),
            Path(manifest["dataset"]["folder"]),
            manifest["dataset"]["fingerprint"],
            manifest["seed"],
            manifest["sources"],
            manifest["stopped_on_valid"],
            {name: Fit.read(note) for name, note in manifest["fits"].items()},
            manifest["metric"],
            manifest["watch"],
            manifest["valid"],
            manifest.get("milliseconds_per_user"),
            _beside(folder, manifest.get("after")),
            manifest.get("after_lr", 1.0),
            manifest.get("bootstrap", 0),
        )
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{folder / store.MANIFEST} was edited, or written by another recx ({error}); train again"
        ) from error


def files_of(runs: Iterable[TrainRun]) -> dict[str, str]:
    """sha256 of the fitted models of ``runs``, by path."""
    return {
        str(run.folder / name): digest
        for run in runs
        for name, digest in store.read_json(run.folder / store.MANIFEST)["files"].items()
        if name.startswith(f"{MODEL}/")
    }


def _beside(folder: Path, after: str | None) -> Path | None:
    """A run that lies inside another is named from there."""
    return folder / after if after else None


def load_model(run: TrainRun, fit: str) -> Recommender[Any]:
    """The fitted model of ``fit``, ready to score.

    Raises DataError where the model's source has changed since: its arrays may mean something else now.
    """
    if fit not in run.fits:
        raise DataError(f"{run.folder} has no fit '{fit}', only {', '.join(run.fits)}")
    if run.sources != keys.sources(run.model.name):
        raise DataError(f"{run.folder} was trained by another version of {run.model.name}; train it again")
    model = read_model(run.folder / MODEL, fit, run.model, run.fits[fit])
    if run.after is None:
        return model
    return Boosted(load_model(open_run(run.after), fit), model, run.after_lr)


def read_model(folder: Path, name: str, config: ModelConfig, fit: Fit | None = None) -> Recommender[Any]:
    """The model written as ``name`` into ``folder``."""
    model = create(config)
    arrays = store.read_arrays(folder / f"{name}.safetensors")
    model.popularity = arrays.pop("popularity")
    model.restore(arrays)
    if fit:
        model.history, model.epochs_trained = fit.history, fit.epochs
    return model


def write_model(folder: Path, name: str, model: Recommender[Any]) -> None:
    """Write a fitted model so that ``read_model`` gives it back."""
    store.write_arrays(folder / f"{name}.safetensors", {"popularity": model.popularity, **model.arrays()})

"""Training in epochs: early stopping on watch, checkpoints that continue to the same result, and the learning
curve.

The same loop drives numba kernels and torch modules; a model brings a Trainer, which knows one epoch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recx import clock, store
from recx.errors import UsageError
from recx.models.base import EpochReport, Recommender, RunOptions, Validation, not_converged

State = Mapping[str, npt.NDArray[Any]]


class Trainer(Protocol):
    """One model being trained."""

    def epoch(self, number: int) -> float:
        """Train one pass, ``number`` counting from 1, leave the model ready to score; the mean loss."""

    def state(self) -> State:
        """All that the next epoch depends on: parameters, optimiser, random state. Arrays, copied."""

    def load(self, state: State) -> None:
        """Continue from ``state``, to the same bits; leave the model ready to score."""


def run_epochs(
    model: Recommender[Any],
    trainer: Trainer,
    epochs: int,
    patience: int,
    run: RunOptions,
    watch: Validation | None,
    every: int = 1,
) -> None:
    """Train up to ``epochs``; with ``watch`` stop after ``patience`` measurements without a gain and keep the
    best.

    ``every`` is the number of epochs between two measurements. Sets ``model.history`` and
    ``model.epochs_trained``. Raises UsageError where one of the three numbers is below 1, DataError where the
    loss is not finite.
    """
    for setting, number in (("epochs", epochs), ("patience", patience), ("every", every)):
        if number < 1:
            raise UsageError(f"{model.config.name}: {setting}={number}; it must be at least 1")
    progress = _Progress.resume(run.checkpoint, trainer)
    while progress.epoch < epochs and not (watch and progress.waited >= patience):
        started = clock.working()
        number = progress.epoch + 1
        loss = trainer.epoch(number)
        seconds = clock.working() - started
        if not math.isfinite(loss):
            raise not_converged(model.config, f"had a loss of {loss} in epoch {number}")
        metric = watch.measure(model) if watch and (number % every == 0 or number == epochs) else None
        report = EpochReport(number, loss, metric, seconds)
        progress.add(report, trainer, watch is None or watch.higher_is_better)
        if run.progress:
            run.progress(report, epochs)
        if run.checkpoint:
            progress.save(run.checkpoint, trainer)
    if progress.best is not None:
        trainer.load(progress.best)
    model.history = tuple(progress.reports)
    model.epochs_trained = progress.best_epoch or progress.epoch
    if run.checkpoint:
        _clear(run.checkpoint)


class _Progress:
    """Where training stands: what a checkpoint holds beside the trainer's own state."""

    def __init__(self) -> None:
        self.reports: list[EpochReport] = []
        self.best: State | None = None
        self.best_epoch = 0
        self.waited = 0

    @property
    def epoch(self) -> int:
        return len(self.reports)

    def add(self, report: EpochReport, trainer: Trainer, higher_is_better: bool) -> None:
        """Note an epoch, and the trainer's state where it is the best so far."""
        self.reports.append(report)
        if report.metric is None:
            return
        sign = 1 if higher_is_better else -1
        earlier = [r.metric for r in self.reports if r.epoch == self.best_epoch and r.metric is not None]
        if not earlier or sign * report.metric > sign * earlier[0]:
            self.best, self.best_epoch, self.waited = trainer.state(), report.epoch, 0
        else:
            self.waited += 1

    def save(self, folder: Path, trainer: Trainer) -> None:
        """Write a checkpoint; the json, written last, names the arrays that belong to it."""
        arrays = {f"now.{name}": array for name, array in trainer.state().items()}
        arrays |= {f"best.{name}": array for name, array in (self.best or {}).items()}
        name = f"epoch-{self.epoch}.safetensors"
        store.write_arrays(folder / name, arrays)
        rows = [[r.epoch, r.loss, r.metric, r.seconds] for r in self.reports]
        store.write_json(folder / "checkpoint.json", {"arrays": name, "history": rows,
                         "best_epoch": self.best_epoch, "waited": self.waited})  # fmt: skip
        for old in folder.glob("epoch-*.safetensors"):
            if old.name != name:
                old.unlink()

    @staticmethod
    def resume(folder: Path | None, trainer: Trainer) -> _Progress:
        """The progress a checkpoint holds, loaded into ``trainer``; a fresh one where there is none."""
        progress = _Progress()
        if folder is None or not (folder / "checkpoint.json").is_file():
            return progress
        note = store.read_json(folder / "checkpoint.json")
        arrays = store.read_arrays(folder / note["arrays"])
        parts: dict[str, dict[str, npt.NDArray[Any]]] = {"now": {}, "best": {}}
        for name, array in arrays.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = array
        progress.reports = [EpochReport(*row) for row in note["history"]]
        progress.best_epoch, progress.waited = note["best_epoch"], note["waited"]
        progress.best = parts["best"] or None
        trainer.load(parts["now"])
        return progress


def _clear(folder: Path) -> None:
    """Remove a checkpoint, what a killed process left beside it, and the folder."""
    store.sweep_up(folder)
    (folder / "checkpoint.json").unlink(missing_ok=True)
    for arrays in folder.glob("epoch-*.safetensors"):
        arrays.unlink()
    with suppress(OSError):
        folder.rmdir()


def pack_generator(generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A numpy generator's state as bytes, for a checkpoint."""
    return np.frombuffer(json.dumps(generator.bit_generator.state).encode(), dtype=np.uint8).copy()


def unpack_generator(packed: npt.NDArray[np.uint8]) -> np.random.Generator:
    """The generator whose state was packed."""
    generator = np.random.default_rng(0)
    generator.bit_generator.state = json.loads(packed.tobytes())
    return generator

"""The fits of one run: made in order, taken over where they lie on disk, measured on watch and valid."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, replace
from typing import Any

from recx import store
from recx.data import Fold
from recx.manifest import Record
from recx.metrics.measure import OnWatch, measure
from recx.models import create
from recx.models.base import EpochReport, Recommender, RunOptions
from recx.session import Session
from recx.train import keys
from recx.train.plan import Plan
from recx.train.runs import Fit, read_model, write_model

MODEL = "model"
"""Folder of the fitted arrays inside a run."""


class Fits:
    """Makes the fits of a plan inside a run folder."""

    def __init__(self, plan: Plan, record: Record, session: Session, label: str, run: RunOptions) -> None:
        self.plan = plan
        self.record = record
        self.session = session
        self.label = label
        self.run = run
        self.made: dict[str, Fit] = {}
        self.folder = record.folder / MODEL

    def make(self) -> None:
        """All of them; then the learning curves and the metrics on valid are written."""
        epochs = None
        watch: dict[str, float] = {}
        valid: dict[str, float] = {}
        split = self.plan.dataset.split
        for fold in self.plan.folds:
            model = self._fit(fold, epochs)
            if fold is split.select:
                epochs = model.epochs_trained
                watch = self._means(model, fold)
            elif fold is split.valid:
                valid = self._means(model, fold, keep=True)
        self._write_history()
        store.write_text(self.record.folder / store.CONFIG, _yaml(self.record.facts["config"]))
        self.record.note(watch=watch, valid=valid)

    def _fit(self, fold: Fold, epochs: int | None) -> Recommender[Any]:
        """The model of one fold: read where this run or an earlier one has made it, else trained and written."""
        selecting = fold is self.plan.dataset.split.select
        config = self.plan.model if epochs is None else replace(self.plan.model, epochs=epochs)  # type: ignore[call-arg]
        watched = self.plan.watched if selecting else ""
        key = keys.fit_key(config, fold, self.run.seed, watched)
        if left := self._left_over(fold.name, key):
            self.made[fold.name] = left
            return read_model(self.folder, fold.name, config, left)
        name = f"{self.label} · {fold.name}"
        self.session.listener.stage(name)
        model = create(config)

        def epoch(report: EpochReport, most: int) -> None:
            self.session.listener.epoch(name, report, most)

        checkpoint = self.record.folder / "checkpoint" / f"{fold.name}-{key}"
        run = replace(self.run, progress=epoch, checkpoint=checkpoint if epochs or selecting else None)
        watch = OnWatch(self.plan.dataset, fold, self.plan.protocol, self.plan.metric) if selecting else None
        with self.record.stage(fold.name) as measured:
            model.fit(self.plan.dataset.training_data(fold), run, watch)
        write_model(self.folder, fold.name, model)
        fit = Fit(fold.name, key, model.epochs_trained, measured["seconds"], measured["peak_megabytes"], model.history)
        digest = store.sha256(self.folder / f"{fold.name}.safetensors")
        self.made[fold.name] = fit
        self.record.note(fits={**self.record.facts.get("fits", {}), fold.name: {**_plain(fit), "sha256": digest}})
        return model

    def _left_over(self, name: str, key: str) -> Fit | None:
        """What an interrupted attempt at this run has finished."""
        if not (self.record.folder / store.MANIFEST).is_file():
            return None
        found = self.record.facts.get("fits", {}).get(name)
        file = self.folder / f"{name}.safetensors"
        if not found or found["key"] != key or not file.is_file() or store.sha256(file) != found["sha256"]:
            return None
        return Fit(name, key, found["epochs"], found["seconds"], found["peak_megabytes"],
                   tuple(EpochReport(*row) for row in found["history"]))  # fmt: skip

    def _means(self, model: Recommender[Any], fold: Fold, keep: bool = False) -> dict[str, float]:
        """Mean of every metric on the target of ``fold``; ``keep`` writes them per user too."""
        table = measure(model, self.plan.dataset, fold, self.plan.protocol)
        if keep:
            table.write(self.record.folder / "per_user.parquet")
        return table.means()

    def _write_history(self) -> None:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["fit", "epoch", "loss", self.plan.metric, "seconds"])
        for fit in self.made.values():
            rows.writerows([fit.name, *astuple(report)] for report in fit.history)
        store.write_text(self.record.folder / "history.csv", text.getvalue())


def _plain(fit: Fit) -> store.Json:
    return {
        "key": fit.key,
        "epochs": fit.epochs,
        "seconds": fit.seconds,
        "peak_megabytes": fit.peak_megabytes,
        "history": [list(astuple(report)) for report in fit.history],
    }


def _yaml(config: object) -> str:
    import yaml

    text: str = yaml.safe_dump(config, sort_keys=False)
    return text

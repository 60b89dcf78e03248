"""The fits of one run: made in order, taken over where they lie on disk, measured on watch and valid."""

from __future__ import annotations

import csv
import io
import math
import shutil
from dataclasses import astuple, replace
from typing import Any

from recx import store
from recx.data import Fold, TrainingData
from recx.manifest import Record
from recx.metrics import ACCURACY, parse
from recx.metrics.measure import OnWatch, measure
from recx.models import create
from recx.models.base import EpochReport, Recommender, RunOptions, item_shares, not_converged
from recx.session import Session
from recx.train import keys
from recx.train.boosted import Boosted, left_over
from recx.train.pace import milliseconds_per_user
from recx.train.plan import Plan
from recx.train.resampled import fitted, resampled, seed_of
from recx.train.runs import MODEL, Fit, read_model, write_model


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
        pace: float | None = None
        split = self.plan.dataset.split
        for fold in self.plan.folds:
            model = self._fit(fold, epochs)
            if fold is split.select:
                epochs = model.epochs_trained
                watch = self._means(model, fold)
            elif fold is split.valid:
                valid = self._means(model, fold, keep=True)
                pace = round(milliseconds_per_user(model, fold), 4)
        self._write_history()
        store.write_yaml(self.record.folder / store.CONFIG, self.record.facts["config"])
        self.record.note(watch=watch, valid=valid, milliseconds_per_user=pace)

    def _fit(self, fold: Fold, epochs: int | None) -> Recommender[Any]:
        """The model of one fold: read where this or another run has made it, else trained and written."""
        selecting = fold is self.plan.dataset.split.select
        config = self.plan.model if epochs is None else replace(self.plan.model, epochs=epochs)  # type: ignore[call-arg]
        watched = self.plan.watched if selecting else ""
        changed = self.plan.changed(fold)
        key = keys.fit_key(config, self.plan.dataset, fold, self.run.seed, watched, changed)
        earlier = self._earlier(fold)
        if made := self._made_before(fold.name, key):
            self._keep(made)
            return self._sum(earlier, read_model(self.folder, fold.name, config, made))
        name = f"{self.label} · {fold.name}"
        self.session.listener.stage(name)
        model = create(config)

        def epoch(report: EpochReport, most: int) -> None:
            self.session.listener.epoch(name, report, most)

        checkpoint = self.record.folder / f"checkpoint-{fold.name}-{key}"
        run = replace(
            self.run,
            seed=seed_of(self.run.seed, self.plan.config.bootstrap),
            progress=epoch,
            checkpoint=checkpoint if epochs or selecting else None,
        )
        with self.record.stage(fold.name) as measured:
            dataset, rows = self.plan.dataset, fold
            if earlier is not None:
                # what is left over of ratings has no scale to be clipped to
                dataset, rows = replace(dataset, value_range=None), left_over(fold, earlier)
            watch = OnWatch(dataset, rows, self.plan.protocol, self.plan.metric) if selecting else None
            model.fit(self._sampled(dataset.training_data(rows)), run, watch)
            # the fallback is what was drawn from
            model.popularity = item_shares(fold.fit)
        write_model(self.folder, fold.name, model)
        fit = Fit(
            fold.name,
            key,
            model.epochs_trained,
            measured["seconds"],
            measured["peak_megabytes"],
            model.history,
            fold.fingerprint,
        )
        self._keep(fit)
        return self._sum(earlier, model)

    def _earlier(self, fold: Fold) -> Recommender[Any] | None:
        """The fitted model whose ratings are to be added to, if there is one."""
        if self.plan.after is None:
            return None
        return fitted(self.plan.after, self.plan.dataset, fold, self.run)

    def _sum(self, earlier: Recommender[Any] | None, model: Recommender[Any]) -> Recommender[Any]:
        return model if earlier is None else Boosted(earlier, model, self.plan.config.after_lr)

    def _sampled(self, data: TrainingData) -> TrainingData:
        return resampled(data, self.plan.config.bootstrap, self.run.seed)

    def _keep(self, fit: Fit) -> None:
        """Note a fit in the manifest, so that an interrupted run finds it again."""
        self.made[fit.name] = fit
        digest = store.sha256(self.folder / f"{fit.name}.safetensors")
        self.record.note(fits={**self.record.facts["fits"], fit.name: {**fit.plain, "sha256": digest}})

    def _made_before(self, name: str, key: str) -> Fit | None:
        """The fit of this key, taken over from an interrupted attempt at this run or from another run."""
        for run in (self.record.folder, keys.find_fit(self.record.folder.parent, key)):
            if run is None:
                continue
            notes = store.read_json(run / store.MANIFEST).get("fits", {})
            found = next((note for note in notes.values() if note["key"] == key), None)
            file = run / MODEL / f"{found['name']}.safetensors" if found else None
            if not found or not file or not file.is_file() or store.sha256(file) != found["sha256"]:
                continue
            if run != self.record.folder:
                with store.atomic_write(self.folder / f"{name}.safetensors") as temporary:
                    shutil.copyfile(file, temporary)
            return replace(Fit.read(found), name=name)
        return None

    def _means(self, model: Recommender[Any], fold: Fold, keep: bool = False) -> dict[str, float]:
        """Mean of every metric on the target of ``fold``; ``keep`` writes them per user too."""
        asked = (*ACCURACY, parse(self.plan.metric).name)
        table = measure(model, self.plan.dataset, fold, self.plan.protocol, asked)
        if keep:
            table.write(self.record.folder / "per_user.parquet")
        means = table.means()
        for name, value in means.items():
            if not math.isfinite(value):
                raise not_converged(self.plan.model, f"has a {name} of {value} in the {fold.name} fit")
        return means

    def _write_history(self) -> None:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["fit", "epoch", "loss", self.plan.metric, "seconds"])
        for fit in self.made.values():
            rows.writerows([fit.name, *astuple(report)] for report in fit.history)
        store.write_text(self.record.folder / "history.csv", text.getvalue())

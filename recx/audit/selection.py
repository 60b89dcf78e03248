"""Selection on test: what stopped a fit, what a search was judged on, what a leaderboard ranks by."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.audit.finding import Check, Finding
from recx.audit.run import Run
from recx.data import Dataset
from recx.errors import DataError
from recx.metrics import parse
from recx.metrics.config import ProtocolConfig
from recx.metrics.measure import measure
from recx.metrics.protocol import Protocol
from recx.sweep.leaderboard import BOARD
from recx.train.runs import load_model

NAME = "selection"
CLOSE = 1e-3
"""Relative difference of one metric measured twice, on another number of threads."""
MANY = 5
"""Settings of one model in one report from which the best is as good as chosen on test."""
SELECT = "select"
WINDOW = "window"
"""Stands in what a search is judged on: users of the last window, users of the window in folds."""


def check_selection(run: Run, dataset: Dataset, ask: bool) -> Check:
    """The check selection of a run; with ``ask`` what watch says is measured again."""
    look = {"train": _training, "fuse": _fusion, "sweep": _sweep, "evaluate": _report}[run.verb]
    looked, findings = look(run, dataset, ask)
    return Check(NAME, run.name, looked, tuple(findings))


Looked = tuple[str, list[Finding]]


# --- train ---


def _training(run: Run, dataset: Dataset, ask: bool) -> Looked:
    watch = str(run.config.get("split", {}).get("watch", "inner"))
    findings = [*_watch(run, watch)]
    looked = "what stopped the fits"
    if SELECT in run.train.fits:
        findings += _epochs(run)
        looked += ", and how many epochs they have"
        if ask and run.train.metric and run.train.watch and SELECT in run.stored and not run.outdated:
            findings += _measured_again(run, dataset)
            looked += f"; {run.train.metric} on watch, measured again"
    return looked, findings


def _watch(run: Run, watch: str) -> Iterator[Finding]:
    where = f"{run.folder.name}/{store.MANIFEST}"
    if watch not in ("inner", "valid"):
        yield Finding(
            "leak", f"fits were stopped on {watch}", f"{where}, split.watch", "train with split.watch=inner"
        )
    elif run.train.stopped_on_valid:
        yield Finding(
            "note",
            "fits were stopped on valid: numbers on valid flatter, test is untouched",
            f"{where}, stopped_on_valid",
            "train with split.watch=inner before anything is fused or compared on valid",
        )


def _epochs(run: Run) -> Iterator[Finding]:
    """The select fit chooses the epochs, by its best measurement, for all others."""
    train = run.train
    select = train.fits[SELECT]
    measured = [(report.metric, report.epoch) for report in select.history if report.metric is not None]
    chosen = select.epochs
    if measured and train.metric:
        sign = 1 if parse(train.metric).higher_is_better else -1
        best = max(measured, key=lambda at: (sign * at[0], -at[1]))[1]
        if best != chosen:
            yield _chosen(run, f"select has {chosen} epochs, its best on watch is epoch {best}", chosen, best)
    for name, fit in train.fits.items():
        if name != SELECT and chosen and fit.epochs != chosen:
            yield _chosen(run, f"{name} has {fit.epochs} epochs, select found {chosen}", fit.epochs, chosen)


def _chosen(run: Run, what: str, made: int, found: int) -> Finding:
    return Finding(
        "leak",
        f"{what}: something else than watch has chosen",
        f"{run.folder.name}/{store.MANIFEST}, fits",
        f"train {run.train.model.name} again",
        {"epochs": made, "on_watch": found},
    )


def _measured_again(run: Run, dataset: Dataset) -> Iterator[Finding]:
    """The metric that stopped the fits, on watch and, where it is another one, on the other parts."""
    train, split = run.train, dataset.split
    metric = str(train.metric)
    noted = train.watch.get(metric)
    if noted is None:
        return
    known = {field.name for field in fields(ProtocolConfig)}
    config = ProtocolConfig(**{name: value for name, value in run.config.items() if name in known})
    protocol, model = Protocol.of(config, dataset), load_model(train, SELECT)
    parts = {"watch": split.select, "valid": split.valid, "test": split.final}
    values = dict[str, float]()
    for part, fold in parts.items():
        try:
            values[part] = measure(model, dataset, fold, protocol, (parse(metric).name,)).means()[metric]
        except DataError:  # nothing to find there
            continue
        if part == "watch" and np.isclose(noted, values[part], rtol=CLOSE, atol=1e-6):
            return
    same = [part for part, value in values.items() if np.isclose(noted, value, rtol=CLOSE, atol=1e-6)]
    yield Finding(
        "leak",
        f"{metric} of select is noted as {noted:.4f} on watch, where it is {values.get('watch', 0):.4f}"
        + (f"; that is its value on {same[0]}" if same else ""),
        f"{run.folder.name}/{store.MANIFEST}, watch",
        f"train {train.model.name} again",
        {"noted": noted, **{f"on_{part}": value for part, value in values.items()}},
    )


# --- fuse ---


def _fusion(run: Run, dataset: Dataset, ask: bool) -> Looked:
    facts: dict[str, Any] = run.manifest["fusion"]
    search = facts.get("search")
    if not search:
        return "no settings of the fuser were searched", []
    return f"what {len(search['trials'])} settings of the fuser were judged on", [
        *_searched(run, facts, search)
    ]


def _searched(run: Run, facts: dict[str, Any], search: dict[str, Any]) -> Iterator[Finding]:
    where = f"{store.MANIFEST}, fusion.search"
    if WINDOW not in str(search["judged"]):
        yield Finding(
            "leak",
            f"the fuser's settings were judged on {search['judged']}, not on users of its windows",
            where,
            "fuse again with fuser.search",
            {"settings": len(search["trials"])},
        )
    sign = 1 if parse(search["metric"]).higher_is_better else -1
    values = [sign * trial["value"] for trial in search["trials"]]
    chosen = search["trials"][search["best"]]["settings"]
    used = {name: facts["fuser"].get(name) for name in chosen}
    if values[search["best"]] < max(values) or used != chosen:
        yield Finding(
            "leak",
            f"the fuser has settings that were not best on {search['judged']}: something else has chosen",
            where,
            "fuse again with fuser.search",
            {"used": sign * values[search["best"]], "best": sign * max(values)},
        )


# --- sweep ---


def _sweep(run: Run, dataset: Dataset, ask: bool) -> Looked:
    metric = str(run.manifest.get("metric"))
    looked = f"{metric} of every trial on the leaderboard against what its training noted on watch"
    path = run.folder / BOARD
    if not path.is_file():
        raise DataError(f"{path} is missing; start the same sweep again")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    trials = {part.name: part for part in run.parts}
    ranked = [(row, trials.get(Path(row["run"] or "").name)) for row in rows if row["state"] == "ok"]
    findings = [*_ranked(metric, [(row, trial) for row, trial in ranked if trial])]
    best = ranked[0][1] if ranked else None
    if ask and best and not best.outdated:
        looked += "; that of the best, measured again"
        findings += _measured_again(best, dataset)
    if seen := [part for part in run.parts if set(part.train.fits) - {SELECT}]:
        findings.append(
            Finding(
                "note",
                f"{len(seen)} trials have more fits than that of select, which alone is looked at",
                f"trials/train/{seen[0].name}",
                "none is needed to choose; leave trials as the sweep makes them",
            )
        )
    return looked, findings


def _ranked(metric: str, ranked: list[tuple[dict[str, str], Run]]) -> Iterator[Finding]:
    wrong = []
    for row, trial in ranked:
        watch, listed = trial.train.watch.get(metric), float(row.get(metric) or "nan")
        if watch is None or not np.isclose(watch, listed, rtol=CLOSE, atol=1e-6):
            wrong.append((row["trial"], listed, watch))
    if wrong:
        number, listed, watch = wrong[0]
        yield Finding(
            "leak",
            f"{len(wrong)} of {len(ranked)} trials are ranked by another number than {metric} on watch, such "
            f"as trial {number}: {listed:.4f} on the leaderboard, {watch} on watch",
            f"{BOARD}, column {metric}",
            "start the sweep again under another sweep_name",
            {"trials": len(wrong)},
        )


# --- evaluate ---


def _report(run: Run, dataset: Dataset, ask: bool) -> Looked:
    """A report of many settings of one model chooses among them on test, whatever it is called."""
    settings: dict[str, set[str]] = {}
    for part in run.parts:
        for one in part.parts if part.verb == "fuse" else [part]:
            settings.setdefault(one.train.model.name, set()).add(str(asdict(one.train.model)))
    counts = Counter({name: len(found) for name, found in settings.items()})
    findings = [
        Finding(
            "note",
            f"{count} settings of {name} are measured on test: the best of them is chosen on test",
            f"{store.MANIFEST}, runs",
            f"choose on watch: recx sweep model={name} …, and evaluate the winner",
            {"settings": count},
        )
        for name, count in counts.items()
        if count >= MANY
    ]
    return "how many settings of one model are measured on test", findings

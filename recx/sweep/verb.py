"""`sweep`: many trainings, chosen among by what they score on watch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path

from recx import store
from recx.errors import DataError, UsageError
from recx.manifest import Record
from recx.metrics import Metric, parse
from recx.models import model_class
from recx.prepare import prepare
from recx.prepare.plan import folder_of
from recx.session import Session
from recx.sweep import search
from recx.sweep.config import Interval, SweepConfig
from recx.sweep.leaderboard import Leaderboard, Trial, typed
from recx.sweep.ledger import CODE, Ledger
from recx.sweep.search import Parameters, trial_config
from recx.sweep.trial import EpochNews, Job
from recx.sweep.workers import Workers
from recx.train import keys
from recx.train.config import TrainConfig
from recx.train.plan import Plan

QUIET = Session()
WHERE_AND_HOW = ("results", "data_dir", "dataset.path", "threads", "device")
"""Settings of train that may change between the beginning and the continuation of a sweep."""


def sweep(config: SweepConfig, session: Session = QUIET) -> Leaderboard:
    """Train every combination (or draw) of the space, ranked by the metric on watch.

    Valid and test are not looked at: a trial makes the select fit alone. Trials that have ended are not
    repeated when the same sweep is started again, one that was interrupted goes on after its last finished
    epoch.

    Raises UsageError for a space that cannot be searched and for a sweep_name that was used with other
    settings, DataError where every trial failed.
    """
    points = search.trials(config)
    configs = [trial_config(config, point) for point in points]
    if config.workers < 1:
        raise UsageError(f"workers={config.workers}: expected 1 or more")
    settings, metric = _shared(config, configs, session)
    folder = Path(config.results) / "sweep" / _name(config, settings)
    with store.claimed(folder):
        ledger = Ledger(folder, settings, metric.higher_is_better)
        ledger.plan(points, search.axes(config), config.retry_failed)
        record = Record(folder, "sweep", session, asdict(config), config.seed)
        record.note(metric=str(metric), trials=len(ledger.trials()))
        try:
            with record.stage("trials"):
                board = _run(ledger, config, metric, session)
            record.end()
            return board
        except DataError as error:
            record.fail(error)
            raise
        except KeyboardInterrupt:
            done = sum(trial.state != "unfinished" for trial in ledger.trials())
            raise KeyboardInterrupt(
                f"interrupted; {done} of {len(ledger.trials())} trials are kept, the same command continues"
            ) from None


def _run(ledger: Ledger, config: SweepConfig, metric: Metric, session: Session) -> Leaderboard:
    """Run what the ledger lists as unfinished and keep the leaderboard up to date."""
    trials = ledger.trials()
    waiting = {trial.number: trial for trial in trials if trial.state == "unfinished"}
    tell = session.listener
    before = f", {done} done before" if (done := len(trials) - len(waiting)) else ""
    tell.stage(f"sweep {ledger.folder.name} · {len(trials)} trials{before}")
    workers = max(1, min(config.workers, len(waiting)))
    threads = max(1, (config.threads or len(os.sched_getaffinity(0))) // workers)

    def job(trial: Trial) -> Job:
        asked = trial_config(config, trial.parameters)
        asked = replace(asked, threads=threads, results=str(ledger.folder / "trials"))
        return Job(trial.number, asked, session.command, session.origins)

    def epoch(number: int, news: EpochNews) -> None:
        if workers == 1:  # a line for one training, not for several that take turns
            tell.epoch(f"trial {number} of {len(trials)}", news.report, news.epochs)

    board = _board(ledger, config, metric)
    with Workers(workers) as pool:
        for number, outcome in pool.run(map(job, waiting.values()), ledger.start, epoch):
            ledger.finish(number, outcome)
            board = _board(ledger, config, metric)
            result = outcome.error or f"{metric} {outcome.value:.4f}"
            tell.say(
                f"trial {number}  {_shown(waiting[number].parameters)}  {result}  {outcome.seconds:.1f} s"
            )
    if board.best is None:
        raise DataError(
            f"every trial of {ledger.folder} failed; the first: {board.trials[0].error}; "
            "set that right and add retry_failed=yes"
        )
    return board


def _board(ledger: Ledger, config: SweepConfig, metric: Metric) -> Leaderboard:
    board = Leaderboard.of(ledger.folder, str(metric), metric.higher_is_better, ledger.trials())
    board.write(trial_config(config, board.best.parameters) if board.best else None)
    return board


def _shared(config: SweepConfig, configs: list[TrainConfig], session: Session) -> tuple[store.Json, Metric]:
    """What all trials share, by dotted setting, and the metric they are compared by."""
    space = search.axes(config)
    if "seed" in space and folder_of(config) != folder_of(replace(config, seed=config.seed + 1)):
        raise UsageError(
            f"seed: split={config.split.method} draws by it, so the trials would not be on the same data; "
            "sweep it with another split"
        )
    dataset = prepare(config, session.listener.say)
    rates = {asked.model.name: model_class(asked.model.name).rates for asked in configs}
    metrics = {name: Plan.of(config, dataset, rate, True).metric for name, rate in rates.items()}
    if len(set(metrics.values())) > 1:
        told = ", ".join(f"{name} by {metric}" for name, metric in metrics.items())
        raise UsageError(f"these models are not measured alike ({told}); set metric=ndcg@10 or another one")
    metric = parse(next(iter(metrics.values())))
    if metric.k is not None and metric.k not in config.k:
        raise UsageError(f"metric={metric}: k={config.k} does not measure it; set k=[{metric.k}]")
    asked = {field.name: getattr(config, field.name) for field in fields(TrainConfig)}
    base = asdict(TrainConfig(**asked)) | {"models": {name: asdict(m) for name, m in config.models.items()}}
    settings = {
        key: value
        for key, value in _flat(base).items()
        if key not in WHERE_AND_HOW and key not in space and not (config.models and key.startswith("model."))
    }
    for key, axis in space.items():
        settings[key] = str(axis) if isinstance(axis, Interval) else axis
    settings |= {f"{CODE}{name}": keys.sources(name) for name in sorted(rates)}
    settings |= {"search": config.search, "metric": str(metric), "data": dataset.fingerprint}
    # through JSON, as the ledger will give it back
    plain: store.Json = json.loads(json.dumps(settings))
    return plain, metric


def _name(config: SweepConfig, settings: store.Json) -> str:
    if config.sweep_name == "auto":
        models = "+".join(config.models) or config.model.name
        return f"{models}-{config.dataset.name}-{keys.digest(settings)[:8]}"
    if not re.fullmatch(r"\w[\w.+-]*", config.sweep_name):
        raise UsageError(f"sweep_name={config.sweep_name}: expected a name of letters, digits, - and .")
    return config.sweep_name


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    leaves: dict[str, object] = {}
    for key, value in tree.items():
        leaves |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return leaves


def _shown(parameters: Mapping[str, object] | Parameters) -> str:
    return " ".join(f"{key}={typed(value)}" for key, value in parameters.items())

"""`evaluate`: finished runs on test, by one protocol, in one report. Nothing else in recx opens test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from recx import clock, store
from recx.data import Dataset
from recx.errors import UsageError
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.estimates import best_of, compare, estimates, headline_of, statistics_of
from recx.evaluate.exposure import deciles, shares
from recx.evaluate.files import PER_USER, write_report, write_users
from recx.evaluate.result import Entrant, Report, TaskResult
from recx.evaluate.scoring import Scored, score_task
from recx.evaluate.sliced import Sliced
from recx.evaluate.slices import check_slices, slices_of
from recx.evaluate.sources import About, Source, check_same_data, load_dataset, open_source
from recx.evaluate.tasks import Task, asked_metrics, plan_tasks
from recx.evaluate.verdict import verdict
from recx.manifest import Record
from recx.metrics import INTEREST, RATING
from recx.metrics.measure import Measured, nothing_to_find
from recx.metrics.needs import out_of_reach
from recx.metrics.question import Question
from recx.prepare import stored
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()


def evaluate(config: EvaluateConfig, session: Session = QUIET) -> Report:
    """Every entrant of ``config.runs`` on test, with intervals, paired differences and a verdict.

    Fuse runs made for different values of ``repeat`` become tasks of one report; train runs join each.
    Raises UsageError where a run does not exist, DataError where one is damaged, or where runs do not belong
    in one table: other data, another split, another protocol.
    """
    if not config.runs:
        raise UsageError(
            "runs=[]: name the runs to evaluate, such as runs=[results/train/als-…]; recx ls lists them"
        )
    sources = [open_source(folder) for folder in dict.fromkeys(map(Path, config.runs))]
    check_same_data(sources)
    place, dataset = load_dataset(sources[0], config.data_dir)
    tasks = plan_tasks(config, sources, dataset)
    asked_metrics(config, dataset)
    check_slices(config.slices, dataset)
    folder = store.run_folder(Path(config.results), "evaluate", dataset.name)
    with store.claimed(folder), limit_threads(config.threads), clock.told(session.listener):
        record = Record(folder, "evaluate", session, asdict(config), config.seed)
        record.note(dataset={"folder": str(place), "fingerprint": dataset.fingerprint})
        try:
            report = _report(config, tasks, dataset, place, record, session)
        except Exception as error:
            record.fail(error)
            raise
        write_report(report)
        record.end()
    return report


def _report(
    config: EvaluateConfig, tasks: list[Task], dataset: Dataset, place: Path, record: Record, session: Session
) -> Report:
    results = []
    everyone: dict[tuple[str, str], Measured] = {}
    for task in tasks:
        with record.stage(task.name):
            result, scored = _task(config, task, dataset, session)
        results.append(result)
        everyone |= {(task.name, name): each.measured for name, each in scored.items()}
    write_users(record.folder / PER_USER, everyone, dataset.users)
    shown = ("command", "config", "seed", "started", "versions", "commit", "machine", "dataset")
    manifest = {name: record.facts[name] for name in shown} | {"stages": record.stages}
    return Report(
        dataset.name, list(dataset.notes), stored.facts(place), results, manifest, str(record.folder)
    )


def _task(
    config: EvaluateConfig, task: Task, dataset: Dataset, session: Session
) -> tuple[TaskResult, dict[str, Scored]]:
    """One table: scores, intervals, differences to the best base, words."""
    fold = dataset.split.final
    question = Question.of(dataset, fold, task.protocol, asked_metrics(config, dataset))
    targets = question.targets
    if not len(targets) and dataset.feedback == "implicit":
        raise nothing_to_find(fold, task.protocol)
    scored = score_task(task, question, session.listener.stage)
    session.listener.stage(f"evaluate {task.name} · intervals")
    numbers = {
        name: statistics_of(each.measured, config.seed, paired=len(scored) > 1)
        for name, each in scored.items()
    }
    kinds = {name: _kind(task, name) for name in scored}
    headline = headline_of(task.protocol.headline, kinds, numbers)
    bases = {
        name: numbers[name][headline].value
        for name, kind in kinds.items()
        if kind == "base" and headline in numbers[name]
    }
    reference = best_of(bases, headline)
    comparisons = compare(numbers, reference) if reference else []
    decile = deciles(fold)
    cut = int(task.protocol.headline.partition("@")[2])
    entrants = []
    for name, each in scored.items():
        about = _about(task, name)
        entrants.append(
            Entrant(
                name,
                kinds[name],
                about.run,
                estimates(numbers[name]),
                about.fit_seconds,
                each.milliseconds_per_user,
                about.peak_megabytes,
                about.curve,
                about.curve_metric,
                shares(each.measured.shown(cut), decile),
                about.settings,
                about.refitted,
                about.stopped_on_valid,
                each.measured.without_list,
            )
        )
    mse = "ratings" if dataset.feedback == "explicit" else "interest"
    words = task.protocol.describe() + _not_measured(config, dataset)
    result = TaskResult(
        task.name,
        task.protocol.plain | {"words": words, "mse": mse},
        len(targets),
        len(targets.items),
        headline,
        entrants,
        comparisons,
        [part for source in task.fusions[:1] for part in source.contributions],
        task.fusions[0].fusion.candidate_recall if task.fusions else None,
        shares(fold.target.item_counts, decile),
        verdict(
            entrants,
            comparisons,
            headline,
            reference,
            _on_valid(task, headline, kinds, scored),
            [source.fusion.note for source in task.fusions if source.fusion.note],
        ),
        Sliced.of(
            question, {name: each.measured for name, each in scored.items()}, headline, config.seed
        ).measure(slices_of(question, config.slices)),
        task.fusions[0].searched if task.fusions else None,
    )
    return result, scored


def _not_measured(config: EvaluateConfig, dataset: Dataset) -> list[str]:
    """What a reader may miss, and why: nothing where metrics were chosen by name."""
    other = INTEREST if dataset.feedback == "explicit" else RATING
    reasons = {name: why for name, why in out_of_reach(dataset).items() if name not in other}
    return [] if config.metrics else [f"{name} is not measured: {why}" for name, why in reasons.items()]


def _on_valid(
    task: Task, headline: str, kinds: Mapping[str, str], scored: Mapping[str, Scored]
) -> dict[str, float]:
    """The headline of each base on valid, from which one would have chosen."""
    found = {}
    for name, kind in kinds.items():
        value = scored[name].valid if "@" in headline else _about(task, name).valid.get(headline)
        if kind == "base" and value is not None:
            found[name] = value
    return found


def _kind(task: Task, name: str) -> str:
    source, label = _source(task, name)
    return source.labels[label]


def _about(task: Task, name: str) -> About:
    source, label = _source(task, name)
    return source.about(label)


def _source(task: Task, name: str) -> tuple[Source, str]:
    folder, label = next(key for key, called in task.names.items() if called == name)
    return next(source for source in task.sources if source.folder == folder), label

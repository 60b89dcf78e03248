"""`evaluate`: finished runs on test, by one protocol, in one report. Nothing else in recx opens test."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from recx import clock, store
from recx.errors import UsageError
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import PER_USER, Users, write_report, write_users
from recx.evaluate.gate.judge import Gate
from recx.evaluate.offline.verb import Offline
from recx.evaluate.repeats import Part, parts_of
from recx.evaluate.result import Report, TaskResult
from recx.evaluate.slices import check_slices
from recx.evaluate.sources import open_source
from recx.evaluate.table import measure_task
from recx.evaluate.tasks import Task, asked_metrics, plan_tasks
from recx.manifest import Record
from recx.prepare import stored
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()


def evaluate(config: EvaluateConfig, session: Session = QUIET, save_baseline: Path | None = None) -> Report:
    """Every entrant of ``config.runs`` on test, with intervals, paired differences and a verdict.

    Fuse runs made for different values of ``repeat`` become tasks of one report; train runs join each. With
    ``config.baseline`` the report holds the verdict of the gate, with ``save_baseline`` the run becomes one.
    Raises UsageError where a run does not exist, DataError where one is damaged, or where runs do not belong
    in one table: other data, another split, another protocol.
    """
    folders = dict.fromkeys(map(Path, [config.run, *config.runs] if config.run else config.runs))
    if not folders:
        raise UsageError(
            "runs=[]: name the runs to evaluate, such as runs=[results/train/als-…]; recx ls lists them"
        )
    if save_baseline is not None and save_baseline.is_dir():
        raise UsageError(f"--save-baseline {save_baseline} is a folder; name a file, such as b.parquet")
    parts = parts_of([open_source(folder) for folder in folders], config.data_dir)
    dataset = parts[0].dataset
    tasks = plan_tasks(config, parts)
    asked_metrics(config, dataset)
    check_slices(config.slices, dataset)
    gate = Gate.of(config, tasks, stored.facts(parts[0].place), save_baseline is not None)
    offline = Offline.of(config.offline, tasks, config.seed)
    folder = store.run_folder(Path(config.results), "evaluate", dataset.name)
    with store.claimed(folder), limit_threads(config.threads) as threads, clock.told(session.listener):
        record = Record(folder, "evaluate", session, asdict(config), config.seed)
        record.note(
            dataset={"folder": str(parts[0].place), "fingerprint": dataset.fingerprint},
            inputs=_inputs(config, parts),
            threads=threads,
        )
        try:
            report = _report(config, tasks, parts, record, session, gate, save_baseline, offline)
        except Exception as error:
            record.fail(error)
            raise
        write_report(report)
        record.end()
    return report


def _inputs(config: EvaluateConfig, parts: list[Part]) -> dict[str, str]:
    """sha256 of every file that is read, by path."""
    found: dict[str, str] = {}
    for part in parts:
        found |= stored.digests(part.place)
        for source in part.sources:
            found |= source.files
    if config.baseline:
        found[config.baseline] = store.sha256(Path(config.baseline))
    return found


def _report(
    config: EvaluateConfig,
    tasks: list[list[Task]],
    parts: list[Part],
    record: Record,
    session: Session,
    gate: Gate | None,
    save_baseline: Path | None,
    offline: Offline | None,
) -> Report:
    results, everyone, judged, tried = list[TaskResult](), list[Users](), None, None
    if gate and config.metrics:
        config = replace(config, metrics=[*config.metrics, *gate.names])
    # of several windows in time the last one knows most
    facts = stored.facts(parts[-1].place)
    if offline:
        with record.stage(f"offline {config.offline.method}"):
            tried = offline.value(session.listener.stage)
    for task in tasks:
        with record.stage(task[0].name):
            result, answers = measure_task(config, task, session)
        if gate and save_baseline:
            gate.save(save_baseline, answers[0], result, facts)
        elif gate:
            session.listener.stage(f"evaluate {result.name} · gate")
            judged = gate.judge(answers[0])
        if offline and tried is None:
            tried = offline.compare(answers[0])
        results.append(result)
        everyone += [
            Users(each.task.name, name, scored.measured, each.task.part.dataset.users)
            for each in answers
            for name, scored in each.scored.items()
        ]
    write_users(record.folder / PER_USER, everyone)
    shown = ("command", "config", "seed", "started", "versions", "commit", "machine", "dataset")
    manifest = {name: record.facts[name] for name in shown} | {"stages": record.stages}
    dataset = parts[0].dataset
    return Report(
        dataset.name, list(dataset.notes), facts, results, manifest, str(record.folder), judged, tried
    )

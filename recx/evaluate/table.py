"""One table of the report: every entrant's numbers, how they differ, and what that allows to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from recx.evaluate.config import EvaluateConfig
from recx.evaluate.estimates import (
    Runs,
    Statistics,
    best_of,
    compare,
    estimates,
    headline_of,
    statistics_of,
)
from recx.evaluate.exposure import deciles, shares
from recx.evaluate.repeats import WHOLE
from recx.evaluate.result import Entrant, Repeat, SliceResult, TaskResult, WindowResult
from recx.evaluate.scoring import Scored, score_task
from recx.evaluate.sliced import Sliced
from recx.evaluate.slices import slices_of
from recx.evaluate.sources import About, Source
from recx.evaluate.tasks import Task, asked_metrics
from recx.evaluate.verdict import verdict
from recx.metrics import INTEREST, RATING, parse
from recx.metrics.measure import nothing_to_find
from recx.metrics.needs import out_of_reach
from recx.metrics.question import Question
from recx.session import Session


@dataclass(frozen=True, eq=False)
class Answered:
    """What the runs of one part did: all there is, or one fold."""

    task: Task
    question: Question
    scored: dict[str, Scored]  # by run
    numbers: dict[str, Statistics]


def _answered(config: EvaluateConfig, task: Task, paired: bool, session: Session) -> Answered:
    """Every run of a part on its test."""
    dataset = task.part.dataset
    fold = dataset.split.final
    question = Question.of(dataset, fold, task.protocol, asked_metrics(config, dataset))
    if not len(question.targets) and dataset.feedback == "implicit":
        raise nothing_to_find(fold, task.protocol)
    scored = score_task(task, question, session.listener.stage)
    session.listener.stage(f"evaluate {task.name} · intervals")
    numbers = {
        name: statistics_of(each.measured, config.seed, paired, task.part.numbers)
        for name, each in scored.items()
    }
    return Answered(task, question, scored, numbers)


def measure_task(
    config: EvaluateConfig, tasks: list[Task], session: Session
) -> tuple[TaskResult, list[Answered]]:
    """One table: scores, intervals, differences to the best base, words."""
    paired = len(tasks[0].named.entrants) > 1
    answers = [_answered(config, task, paired, session) for task in tasks]
    result = _result(config, tasks, answers)
    against = next((each.b for each in result.comparisons), None)
    windows = [
        WindowResult(task.part.name, *task.part.period, _result(config, [task], [each], against))
        for task, each in zip(tasks, answers, strict=True)
        if task.part.period and len(tasks) > 1
    ]
    return replace(result, windows=windows), answers


def _result(
    config: EvaluateConfig, tasks: list[Task], answers: list[Answered], against: str | None = None
) -> TaskResult:
    """The table of one part or of several; entrants are compared with ``against``, else the best base."""
    named = tasks[0].named
    runs = {
        entrant: [[name for name in names if name in each.scored] for each in answers]
        for entrant, names in named.entrants.items()
    }
    runs = {entrant: each for entrant, each in runs.items() if all(each)}
    overlap = float(np.mean([task.part.overlap for task in tasks])) if len(tasks) > 1 else 0.0
    numbers = {
        entrant: Runs(
            [[answered.numbers[name] for name in part] for answered, part in zip(answers, each, strict=True)],
            overlap,
        )
        for entrant, each in runs.items()
    }
    statistics = {entrant: each.statistics for entrant, each in numbers.items()}
    task, question = tasks[0], answers[0].question
    kinds = {entrant: kind_of(task, each[0][0]) for entrant, each in runs.items()}
    headline = headline_of(task.protocol.headline, kinds, statistics)
    bases = {
        name: statistics[name][headline].value
        for name, kind in kinds.items()
        if kind == "base" and headline in statistics[name]
    }
    reference = against if against in bases else best_of(bases, headline)
    comparisons = compare(numbers, reference) if reference else []
    entrants = [_entrant(name, kinds[name], statistics[name], runs[name], answers) for name in runs]
    fusions = [source for each in tasks for source in each.fusions]
    return TaskResult(
        task.name,
        task.protocol.plain
        | {
            "words": task.protocol.describe() + _not_measured(config, tasks),
            "mse": "ratings" if task.part.dataset.feedback == "explicit" else "interest",
        },
        _n_users(answers),
        sum(len(each.question.targets.items) for each in answers),
        headline,
        entrants,
        comparisons,
        [part for source in fusions[:1] for part in source.contributions],
        fusions[0].fusion.candidate_recall if fusions else None,
        shares(question.fold.target.item_counts, deciles(question.fold)),
        verdict(
            entrants,
            comparisons,
            headline,
            reference,
            _on_valid(answers, headline, kinds, runs),
            list(dict.fromkeys(source.fusion.note for source in fusions if source.fusion.note)),
        ),
        _slices(config, answers, runs, headline, statistics) if task.part.name == WHOLE else [],
        fusions[0].searched if fusions else None,
        spending=fusions[0].spending if fusions else None,
        tradeoffs=fusions[0].tradeoffs if fusions else [],
        floors=fusions[0].fusion.aims.floors() if fusions and fusions[0].fusion.aims else [],
    )


def _entrant(
    label: str, kind: str, statistics: Statistics, runs: list[list[str]], answers: list[Answered]
) -> Entrant:
    """A row of the table; costs are means over the runs, the curve and the settings those of the first."""
    every = [(answered, name) for answered, part in zip(answers, runs, strict=True) for name in part]
    abouts = [_about(answered.task, name) for answered, name in every]
    scored = [answered.scored[name] for answered, name in every]
    about = abouts[0]
    peaks = [each.peak_megabytes for each in abouts if each.peak_megabytes is not None]
    exposure = [
        shares(each.measured.shown(_cut(answered.task)), deciles(answered.question.fold))
        for each, (answered, _) in zip(scored, every, strict=True)
    ]
    repeats = [
        Repeat(
            told.run,
            answered.task.named.differs[name],
            {metric: statistic.value for metric, statistic in answered.numbers[name].items()},
        )
        for told, (answered, name) in zip(abouts, every, strict=True)
    ]
    return Entrant(
        label,
        kind,
        about.run,
        estimates(statistics),
        float(np.mean([each.fit_seconds for each in abouts])),
        float(np.mean([each.milliseconds_per_user for each in scored])),
        max(peaks, default=None),
        about.curve,
        about.curve_metric,
        [float(share) for share in np.mean(exposure, axis=0)],
        about.settings,
        all(each.refitted for each in abouts),
        any(each.stopped_on_valid for each in abouts),
        max(each.measured.without_list for each in scored),
        repeats if len(repeats) > 1 else [],
    )


def _slices(
    config: EvaluateConfig,
    answers: list[Answered],
    runs: Mapping[str, list[list[str]]],
    headline: str,
    statistics: Mapping[str, Statistics],
) -> list[SliceResult]:
    """Every entrant on every slice, by the lists that are there already."""
    answered = answers[0]
    sign = 1 if parse(headline).higher_is_better else -1
    ranked = sorted(
        (-sign * each[headline].value, label) for label, each in statistics.items() if headline in each
    )
    measured = {label: [answered.scored[name].measured for name in part[0]] for label, part in runs.items()}
    sliced = Sliced(answered.question, measured, headline, [label for _, label in ranked[:2]], config.seed)
    return sliced.measure(slices_of(answered.question, config.slices))


def _n_users(answers: list[Answered]) -> int:
    """Distinct users who were asked."""
    if len(answers) == 1:
        return len(answers[0].question.targets)
    every = [
        each.question.targets.users
        if each.task.part.numbers is None
        else each.task.part.numbers[each.question.targets.users]
        for each in answers
    ]
    return len(np.unique(np.concatenate(every)))


def _cut(task: Task) -> int:
    return int(task.protocol.headline.partition("@")[2])


def _not_measured(config: EvaluateConfig, tasks: list[Task]) -> list[str]:
    """What a reader may miss, and why: no metrics where some were chosen by name."""
    part, folds = tasks[0].part, list[str]()
    if len(tasks) > 1:
        what = "windows in time" if part.period else "folds"
        folds.append(f"means over {len(tasks)} {what}; parts of users and items are not measured")
    dataset = part.dataset
    other = INTEREST if dataset.feedback == "explicit" else RATING
    reasons = {name: why for name, why in out_of_reach(dataset).items() if name not in other}
    if config.metrics:
        return folds
    return folds + [f"{name} is not measured: {why}" for name, why in reasons.items()]


def _on_valid(
    answers: list[Answered], headline: str, kinds: Mapping[str, str], runs: Mapping[str, list[list[str]]]
) -> dict[str, float]:
    """The headline of each base on valid, from which one would have chosen."""
    found = {}
    for label, kind in kinds.items():
        values = [
            answered.scored[name].valid
            if "@" in headline
            else _about(answered.task, name).valid.get(headline)
            for answered, part in zip(answers, runs[label], strict=True)
            for name in part
        ]
        known = [value for value in values if value is not None]
        if kind == "base" and len(known) == len(values):
            found[label] = float(np.mean(known))
    return found


def kind_of(task: Task, name: str) -> str:
    """Of a run of the task: base, fusion or blend."""
    source, label = _source(task, name)
    return source.labels[label]


def _about(task: Task, name: str) -> About:
    source, label = _source(task, name)
    return source.about(label)


def _source(task: Task, name: str) -> tuple[Source, str]:
    folder, label = next(key for key, called in task.names.items() if called == name)
    return next(source for source in task.sources if source.folder == folder), label

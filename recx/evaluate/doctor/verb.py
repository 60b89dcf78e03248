"""`metrics doctor`: what other libraries would report for a finished run, and why it differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from recx.data import Rankings
from recx.errors import UsageError, did_you_mean
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.doctor import LIBRARIES, load_library
from recx.evaluate.doctor.config import DoctorConfig
from recx.evaluate.doctor.library import METRICS, Library
from recx.evaluate.doctor.views import Views, look
from recx.evaluate.repeats import Part
from recx.evaluate.sources import Source, load_dataset, open_source
from recx.evaluate.tasks import plan_tasks
from recx.metrics.measure import hold_against, nothing_to_find
from recx.metrics.question import Question
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()
SAME = 1e-9
"""Numbers closer than this are the same."""


@dataclass(frozen=True)
class Answer:
    """One metric of one library."""

    value: float
    reasons: tuple[str, ...]  # why it is not what recx reports; none where it is


@dataclass(frozen=True)
class Diagnosis:
    """A run by every definition."""

    entrant: str
    dataset: str
    repeat: str
    k: int
    n_users: int
    ours: dict[str, float]  # metric -> value
    theirs: dict[str, dict[str, Answer]]  # library -> metric -> answer


def doctor(config: DoctorConfig, session: Session = QUIET) -> Diagnosis:
    """Score test once and compute every library's metrics from the same scores; nothing is written.

    Raises UsageError where the run does not exist, DataError where it is damaged.
    """
    if not config.run:
        raise UsageError("run=: name a run, such as run=results/train/als-…; recx ls lists them")
    if config.k < 1:
        raise UsageError(f"k={config.k}: expected a cut-off of 1 or more, such as k=10")
    source = open_source(Path(config.run))
    label = entrant_of(source, config.entrant)
    place, dataset = load_dataset(source, config.data_dir)
    asked = EvaluateConfig(
        k=[config.k],
        repeat=config.repeat,
        candidates=config.candidates,
        relevant_from=config.relevant_from,
        seed=config.seed,
    )
    ((task,),) = plan_tasks(asked, [Part(place, dataset, [source])])
    question = Question.of(dataset, dataset.split.final, task.protocol, METRICS)
    if not len(question.targets):
        raise nothing_to_find(dataset.split.final, task.protocol)
    session.listener.stage(f"metrics doctor · {label}")
    with limit_threads(config.threads):
        views = look(source, label, question)
    lists = views.asked.lists
    means = hold_against(
        Rankings(question.targets.users, lists.items, lists.items.astype("float32")), question
    ).means()
    ours = {name: means[f"{name}@{config.k}"] for name in METRICS}
    theirs = {name: answers(load_library(name), views, ours, config.k) for name in LIBRARIES}
    return Diagnosis(label, dataset.name, task.protocol.repeat, config.k, len(question.targets), ours, theirs)


def entrant_of(source: Source, asked: str) -> str:
    """The label that is meant: the fusion of a fuse run, the model of a train run, or the one asked for."""
    if asked and asked not in source.labels:
        raise UsageError(f"entrant={asked}: {source.folder} has none{did_you_mean(asked, source.labels)}")
    fusions = [label for label, kind in source.labels.items() if kind == "fusion"]
    return asked or next(iter([*fusions, *source.labels]))


def answers(of: Library, views: Views, ours: dict[str, float], k: int) -> dict[str, Answer]:
    """Every metric a library has, with what makes it differ: its lists, its definition or both."""
    found = {}
    for name, definition in of.definitions.items():
        value = definition.value(views.of(of.policy), k)
        reasons = []
        if not same(value, ours[name]):
            on_our_lists = definition.value(views.asked, k)
            if not same(on_our_lists, value):
                reasons.append(of.lists)
            if not same(on_our_lists, ours[name]):
                reasons.append(definition.why)
        found[name] = Answer(value, tuple(reasons))
    return found


def same(a: float, b: float) -> bool:
    """Equal but for rounding; not a number is equal to nothing but itself."""
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= SAME

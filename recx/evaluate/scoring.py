"""Test is opened here: entrants score its users block by block, lists are held against what they took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from recx import clock
from recx.arrays import Float32, Float64, Int32
from recx.data import Dataset, Fold, Rankings, user_batches
from recx.evaluate.sources import Source
from recx.evaluate.tasks import Task
from recx.kernels.topk import top_k
from recx.metrics import parse, scored_metric
from recx.metrics.interest import Calibration, InterestPairs, draw_pairs
from recx.metrics.measure import Measured, clip, hold_against, rating_questions, span
from recx.metrics.question import Question
from recx.metrics.ratings import Errors
from recx.models.base import block_size, mask

CALIBRATION_USERS = 2000
"""A sigmoid has two parameters: more users of valid would only take time."""
SMALLEST_BLOCK = 16
"""Users scored together at least, whatever memory their scores take."""


@dataclass(eq=False)
class Pass:
    """One entrant's lists, and what else only its scores tell, gathered block by block."""

    rankings: list[Rankings] = field(default_factory=list)
    standard: list[Float64] = field(default_factory=list)
    scored: dict[str, list[Float64]] = field(default_factory=dict)  # metrics of all scores
    seconds: float = 0.0  # scoring and top-k


@dataclass(frozen=True, eq=False)
class Scored:
    """One entrant on test."""

    measured: Measured
    milliseconds_per_user: float
    valid: float | None  # the headline ranking metric on the users of valid that calibrate


def score_task(task: Task, question: Question, tell: Callable[[str], None]) -> dict[str, Scored]:
    """Every entrant's numbers on test, by name."""
    dataset, targets = question.dataset, question.targets
    implicit = dataset.feedback == "implicit"
    pairs = draw_pairs(question) if implicit else None
    scored = {}
    for source in task.sources:
        calibrations: dict[str, Calibration] = {}
        on_valid: dict[str, float] = {}
        if implicit:
            tell(f"{_shown(task, source)} · valid")
            calibrations, on_valid = _on_valid(task, source, dataset)
        tell(f"{_shown(task, source)} · test")
        passes = _stream(task, source, question, pairs)
        errors = {} if implicit else _rating_errors(task, source, dataset, question.fold)
        for name in passes.keys() | errors.keys():
            done = passes.get(name, Pass())
            interest = None
            if pairs is not None and name in calibrations and len(pairs.items):
                interest = pairs.errors(np.concatenate(done.standard), calibrations[name])
            whole = {metric: np.concatenate(parts) for metric, parts in done.scored.items()}
            measured = hold_against(_joined(done, question), question, whole, errors.get(name), interest)
            each = 1000 * done.seconds / max(1, len(targets))
            scored[name] = Scored(measured, each, on_valid.get(name))
    # in the order the runs were named, bases before what is made of them
    return {name: scored[name] for name in task.names.values() if name in scored}


def _on_valid(
    task: Task, source: Source, dataset: Dataset
) -> tuple[dict[str, Calibration], dict[str, float]]:
    """Calibration and headline metric of each entrant, on users of valid that no stacker has learnt from."""
    protocol = task.protocol
    question = Question.of(dataset, dataset.split.valid, protocol, (parse(protocol.headline).name,))
    targets = question.targets
    if task.fusions:
        held_out = np.isin(targets.users, task.fusions[0].fusion.holdout_users)
        targets = targets.take(np.flatnonzero(held_out))
    question = question.to(targets.sample(CALIBRATION_USERS, protocol.seed))
    if not len(question.targets):
        return {}, {}
    pairs = draw_pairs(question)
    calibrations, headline = {}, {}
    for name, done in _stream(task, source, question, pairs).items():
        calibrations[name] = Calibration.fit(np.concatenate(done.standard), pairs.taken)
        measured = hold_against(_joined(done, question), question)
        headline[name] = float(np.mean(measured.per_user[protocol.headline]))
    return calibrations, headline


def _stream(task: Task, source: Source, question: Question, pairs: InterestPairs | None) -> dict[str, Pass]:
    """Score the users of ``question`` block by block; no more than one block's scores are held."""
    k, fold, allowed, targets = task.protocol.depth, question.fold, question.allowed, question.targets
    passes = dict[str, Pass]()
    # loading the model and compiling kernels is no part of the time per user
    for warm in user_batches(targets.users[:1], fold.history, fold.known_at):
        for _, scores in source.scores(warm, allowed, fold.name):
            top_k(scores, allowed.order, k)
    # a fusion holds the scores of all its entrants at a time
    size = max(SMALLEST_BLOCK, 2 * block_size(len(allowed.items)) // (1 + len(source.labels)))
    start = 0
    for batch in user_batches(targets.users, fold.history, fold.known_at, size):
        part = targets.block(start, start + len(batch))
        began = clock.working()
        for label, scores in source.scores(batch, allowed, fold.name):
            name = task.names.get((source.folder, label))
            if name is not None:
                mask(scores, batch, allowed)
                items, best = top_k(scores, allowed.order, k)
                done = passes.setdefault(name, Pass())
                done.seconds += clock.working() - began
                done.rankings.append(Rankings(batch.users, items, best))
                for metric in question.scored:
                    done.scored.setdefault(metric, []).append(scored_metric(metric)(scores, part))
                if pairs is not None:
                    done.standard.append(pairs.standardise(scores, start))
            began = clock.working()
        start += len(batch)
    _add_bases(task, source, passes)
    return passes


def _add_bases(task: Task, source: Source, passes: dict[str, Pass]) -> None:
    """What is made of the bases' scores takes their time too."""
    kinds = {task.names.get((source.folder, label)): kind for label, kind in source.labels.items()}
    seconds = sum(done.seconds for name, done in passes.items() if kinds[name] == "base")
    for name, done in passes.items():
        if kinds[name] != "base":
            done.seconds += seconds


def _rating_errors(task: Task, source: Source, dataset: Dataset, fold: Fold) -> dict[str, Errors]:
    """Errors of the test ratings of each entrant that rates."""
    users: list[Int32] = []
    errors: dict[str, list[Float64]] = {}
    for batch, pairs, rows in rating_questions(fold.target, fold):
        users.append(rows.users)
        for label, ratings in source.ratings(batch, pairs).items():
            if name := task.names.get((source.folder, label)):
                errors.setdefault(name, []).append(_error(ratings, rows.values, dataset))
    return {
        name: Errors(np.concatenate(users), np.concatenate(parts), span(dataset))
        for name, parts in errors.items()
    }


def _error(ratings: Float32, truth: Float32, dataset: Dataset) -> Float64:
    return clip(ratings.astype(np.float64), dataset) - truth


def _joined(done: Pass, question: Question) -> Rankings:
    if done.rankings:
        return Rankings.concatenate(done.rankings)
    k = question.protocol.depth
    return Rankings(question.targets.users, np.zeros((0, k), np.int32), np.zeros((0, k), np.float32))


def _shown(task: Task, source: Source) -> str:
    names = [name for (folder, _), name in task.names.items() if folder == source.folder]
    return f"evaluate {task.name} · {names[0] if len(names) == 1 else source.folder.name}"

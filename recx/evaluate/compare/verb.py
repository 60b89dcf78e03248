"""`compare`: two finished runs on test, by one protocol, paired by user."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from recx import clock, store
from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.evaluate.compare.changes import Pair
from recx.evaluate.compare.config import CompareConfig
from recx.evaluate.compare.overlap import jaccard, rank_biased_overlap, same_lists
from recx.evaluate.compare.result import Compared, Moved, Overlap, write_compared
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.doctor.verb import entrant_of
from recx.evaluate.estimates import Runs, estimates, headline_of, statistics_of
from recx.evaluate.estimates import compare as compare_runs
from recx.evaluate.exposure import deciles, shares
from recx.evaluate.gate.baseline import identity, in_what
from recx.evaluate.repeats import Named, Part
from recx.evaluate.result import Entrant, TaskResult
from recx.evaluate.scoring import Scored, score_task
from recx.evaluate.sliced import Sliced
from recx.evaluate.slices import check_slices, slices_of
from recx.evaluate.sources import FusionSource, Source, find_dataset, load_dataset, open_source
from recx.evaluate.tasks import Task, asked_metrics, check_protocol
from recx.evaluate.verdict import fusion_sentence
from recx.manifest import Record
from recx.metrics.measure import nothing_to_find
from recx.metrics.protocol import Protocol
from recx.metrics.question import Question
from recx.prepare import stored
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()
A, B = 0, 1


def compare(config: CompareConfig, session: Session = QUIET) -> Compared:
    """What ``config.b`` does better and worse than ``config.a``, for whom and with which items.

    Raises UsageError where a run does not exist, DataError where one is damaged, or where the two are of
    other data, another split or another protocol; the line says which.
    """
    if not config.a or not config.b:
        raise UsageError(
            "name two runs, such as recx compare results/train/als-… results/fuse/stack-…; recx ls"
        )
    if config.most < 1:
        raise UsageError(f"most={config.most}: expected a number of users and items of 1 or more")
    Protocol.check(config)
    sources = [open_source(Path(folder)) for folder in (config.a, config.b)]
    labels = [entrant_of(*each) for each in zip(sources, (config.entrant_a, config.entrant_b), strict=True)]
    if sources[A].folder.resolve() == sources[B].folder.resolve():
        sources[B] = sources[A]
        if labels[A] == labels[B]:
            raise UsageError(f"a and b are the same: {labels[A]} of {config.a}")
    _check_data(config, sources)
    place, dataset = load_dataset(sources[A], config.data_dir)
    asked = EvaluateConfig(**{name: getattr(config, name) for name in SHARED})
    protocol = _protocol(asked, dataset, sources)
    asked_metrics(asked, dataset)
    check_slices(config.slices, dataset)
    task = Task(
        protocol, Part(place, dataset, sources), list(dict.fromkeys(sources)), _named(sources, labels)
    )
    label = "-vs-".join(labels)
    folder = store.run_folder(Path(config.results), "compare", label)
    with store.claimed(folder), limit_threads(config.threads) as threads, clock.told(session.listener):
        record = Record(folder, "compare", session, asdict(config), config.seed)
        record.note(
            dataset={"folder": str(place), "fingerprint": dataset.fingerprint},
            inputs=stored.digests(place) | sources[A].files | sources[B].files,
            threads=threads,
        )
        try:
            compared = _compared(config, asked, task, record, session)
        except Exception as error:
            record.fail(error)
            raise
        write_compared(compared)
        record.end()
    return compared


SHARED = ("k", "repeat", "candidates", "relevant_from", "metrics", "slices", "data_dir", "threads", "seed")
"""Settings that mean what they mean in `evaluate`."""


def _check_data(config: CompareConfig, sources: list[Source]) -> None:
    """DataError that says in what the data sets differ."""
    if sources[A].dataset[1] == sources[B].dataset[1]:
        return
    a, b = (
        identity(stored.facts(find_dataset(source, config.data_dir)), source.dataset[1]) for source in sources
    )
    raise DataError(f"{config.a} is of {in_what(a, b)}, as {config.b} is: no comparison")


def _protocol(config: EvaluateConfig, dataset: Dataset, sources: list[Source]) -> Protocol:
    """What is asked for, for the task that fusions were made for."""
    asked = Protocol.of(config, dataset, config.seed)
    fusions = [source for source in sources if isinstance(source, FusionSource)]
    for source in fusions:
        check_protocol(config, asked, source)
    repeats = [str(source.fusion.protocol["repeat"]) for source in fusions]
    if len(set(repeats)) > 1:
        raise DataError(
            f"{fusions[0].folder} was fused with repeat={repeats[0]}, {fusions[1].folder} with "
            f"repeat={repeats[1]}: another protocol, no comparison"
        )
    return replace(asked, repeat=repeats[0]) if repeats else asked


def _named(sources: list[Source], labels: list[str]) -> Named:
    """Both runs by their labels, and where these are equal the end of their folders' names beside them."""
    names = labels
    if labels[A] == labels[B]:
        names = [f"{label} {source.folder.name[-4:]}" for label, source in zip(labels, sources, strict=True)]
    if names[A] == names[B]:
        names = [f"{names[A]} (a)", f"{names[B]} (b)"]
    keys = [(source.folder, label) for source, label in zip(sources, labels, strict=True)]
    return Named(
        dict(zip(keys, names, strict=True)), {name: [name] for name in names}, dict.fromkeys(names, "")
    )


def _compared(
    config: CompareConfig, asked: EvaluateConfig, task: Task, record: Record, session: Session
) -> Compared:
    dataset, tell = task.part.dataset, session.listener
    fold = dataset.split.final
    question = Question.of(dataset, fold, task.protocol, asked_metrics(asked, dataset))
    if not len(question.targets) and dataset.feedback == "implicit":
        raise nothing_to_find(fold, task.protocol)
    a, b = task.named.runs.values()
    with record.stage("scores"):
        scored = score_task(task, question, tell.stage)
    tell.stage("compare · intervals")
    with record.stage("intervals"):
        numbers = {
            name: statistics_of(each.measured, config.seed, paired=True) for name, each in scored.items()
        }
        comparisons = compare_runs({name: Runs([[each]]) for name, each in numbers.items()}, a)
    headline = headline_of(task.protocol.headline, dict.fromkeys(scored, "base"), numbers)
    tell.stage("compare · users and items")
    with record.stage("users and items"):
        k = int(task.protocol.headline.partition("@")[2])
        pair = Pair(question, scored[a].measured, scored[b].measured, k)
        moved = pair.moved()
        gained, lost = pair.users(headline, config.most)
        more, less = pair.items(config.most)
        found = pair.found(config.most)
        overlap = _overlap(pair)
    tell.stage("compare · slices")
    with record.stage("slices"):
        sliced = Sliced(
            question, {name: [each.measured] for name, each in scored.items()}, headline, (b, a), config.seed
        )
        slices = sliced.measure(slices_of(question, config.slices))
    entrants = {name: _entrant(task, name, each, pair) for name, each in scored.items()}
    entrants = {name: replace(each, metrics=estimates(numbers[name])) for name, each in entrants.items()}
    against = next(each for each in comparisons if each.metric == headline)
    verdict = fusion_sentence(entrants[b], entrants[a], against, headline, about="")
    verdict = f"{verdict.removesuffix('.')}; {_moved_words(moved, headline)}."
    result = TaskResult(
        task.name,
        task.protocol.plain
        | {
            "words": task.protocol.describe(),
            "mse": "ratings" if dataset.feedback == "explicit" else "interest",
        },
        len(question.targets),
        len(question.targets.items),
        headline,
        list(entrants.values()),
        comparisons,
        [],
        None,
        shares(fold.target.item_counts, deciles(fold)),
        [verdict],
        slices,
    )
    shown = ("command", "config", "seed", "started", "versions", "commit", "machine", "dataset")
    manifest = {name: record.facts[name] for name in shown} | {"stages": record.stages}
    facts = stored.facts(task.part.place)
    return Compared(
        dataset.name, list(dataset.notes), facts, result, a, b, k, verdict, moved, gained, lost, more, less,
        found, overlap, manifest, str(record.folder),
    )  # fmt: skip


def _entrant(task: Task, name: str, scored: Scored, pair: Pair) -> Entrant:
    folder, label = next(key for key, called in task.named.runs.items() if called == name)
    source = next(each for each in task.sources if each.folder == folder)
    about = source.about(label)
    return Entrant(
        name,
        source.labels[label],
        about.run,
        {},
        about.fit_seconds,
        scored.milliseconds_per_user,
        about.peak_megabytes,
        exposure=shares(scored.measured.shown(pair.k), deciles(pair.question.fold)),
        settings=about.settings,
        refitted=about.refitted,
        stopped_on_valid=about.stopped_on_valid,
        without_list=scored.measured.without_list,
    )


def _overlap(pair: Pair) -> Overlap:
    a, b = (measured.items[:, : pair.k] for measured in (pair.a, pair.b))
    if not len(a):
        return Overlap(pair.k, 1.0, 1.0, 0, 0)
    alike, biased = jaccard(a, b), rank_biased_overlap(a, b)
    return Overlap(pair.k, float(np.mean(alike)), float(np.mean(biased)), int(same_lists(a, b).sum()), len(a))


def _moved_words(moved: list[Moved], headline: str) -> str:
    """1,203 users gain, 801 lose, 20,359 stay."""
    each = next(each for each in moved if each.metric == headline)
    return f"{each.gained:,} users gain, {each.lost:,} lose, {each.same:,} stay as they were"

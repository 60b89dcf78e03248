"""Which entrants are compared under which protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recx.data import Dataset
from recx.errors import DataError, UsageError, did_you_mean
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.sources import FusionSource, Source
from recx.metrics import METRICS
from recx.metrics.needs import out_of_reach
from recx.metrics.protocol import Protocol

Key = tuple[Path, str]
"""Run folder of the source and the entrant's label in it."""


@dataclass(frozen=True)
class Task:
    """One table of the report."""

    protocol: Protocol
    sources: Sequence[Source]
    names: dict[Key, str]
    """What each entrant is called in the table; what is there already under another source is left out."""

    @property
    def name(self) -> str:
        """Of the task."""
        return f"repeat={self.protocol.repeat}"

    @property
    def fusions(self) -> list[FusionSource]:
        """The fuse runs among the sources."""
        return [source for source in self.sources if isinstance(source, FusionSource)]


def plan_tasks(config: EvaluateConfig, sources: Sequence[Source], dataset: Dataset) -> list[Task]:
    """A task for each protocol the fuse runs were made for; train runs join every one of them.

    Raises DataError where a fuse run was made for another protocol than the one asked for.
    """
    asked = Protocol.of(config, dataset, config.seed)
    fusions = [source for source in sources if isinstance(source, FusionSource)]
    for source in fusions:
        _check_protocol(config, asked, source)
    repeats = dict.fromkeys(str(source.fusion.protocol["repeat"]) for source in fusions)
    tasks = []
    for repeat in repeats or [asked.repeat]:
        protocol = replace(asked, repeat=repeat)
        joined = [
            source
            for source in sources
            if not isinstance(source, FusionSource) or source.fusion.protocol["repeat"] == repeat
        ]
        # fuse runs first: a base that comes with a fusion is scored once, there
        joined.sort(key=lambda source: not isinstance(source, FusionSource))
        tasks.append(Task(protocol, joined, name_entrants(joined)))
    return tasks


def asked_metrics(config: EvaluateConfig, dataset: Dataset) -> tuple[str, ...]:
    """Names of the metrics to report, the one that decides among them.

    Raises UsageError for a name that recx does not know or the data set does not allow.
    """
    if not config.metrics:
        return tuple(METRICS)
    reasons = out_of_reach(dataset)
    for name in config.metrics:
        if "@" in name:
            raise UsageError(f"metrics=[{name}]: cut-offs are set by k, such as metrics=[ndcg] k=[10]")
        if name not in METRICS:
            raise UsageError(f"no metric called '{name}'{did_you_mean(name, METRICS)}")
        if name in reasons:
            raise UsageError(f"metrics=[{name}]: {reasons[name]}")
    deciding = ("rmse",) if dataset.feedback == "explicit" else ()
    return ("ndcg", *deciding, *config.metrics)


def name_entrants(sources: Sequence[Source]) -> dict[Key, str]:
    """A name for each entrant: its label, with what tells it apart where several have the same."""
    entrants: dict[Key, tuple[str, str]] = {}  # -> label, folder of its own run
    for source in sources:
        for label, kind in source.labels.items():
            home = str(Path(source.about(label).run).resolve()) if kind == "base" else str(source.folder)
            if kind != "base" or home not in {taken for _, taken in entrants.values()}:
                entrants[source.folder, label] = label, home
    names: dict[Key, str] = {}
    for key, (label, home) in entrants.items():
        same = [other for other, (name, _) in entrants.items() if name == label]
        names[key] = label if len(same) == 1 else f"{label} {_id(home)}"
    return names


def _id(folder: str) -> str:
    """The end of a run's folder name, which no other run has."""
    return Path(folder).name.rpartition("-")[2]


def _check_protocol(config: EvaluateConfig, asked: Protocol, source: FusionSource) -> None:
    made = source.fusion.protocol
    wanted = {"candidates": asked.candidates, "relevant_from": asked.relevant_from}
    if config.repeat != "auto":
        wanted["repeat"] = asked.repeat
    for name, value in wanted.items():
        if made[name] != value:
            raise DataError(
                f"{source.folder} was fused with {name}={made[name]}, not {name}={value}: another "
                f"protocol is another table; add {name}={made[name]}, or fuse again"
            )

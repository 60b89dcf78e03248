"""Which entrants are compared under which protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from recx.data import Dataset
from recx.errors import DataError, UsageError, did_you_mean
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.repeats import Key, Named, Part, name_runs
from recx.evaluate.sources import FusionSource, Source
from recx.metrics import METRICS
from recx.metrics.needs import out_of_reach
from recx.metrics.protocol import Protocol


@dataclass(frozen=True)
class Task:
    """One table of the report, or what one fold adds to it."""

    protocol: Protocol
    part: Part
    sources: Sequence[Source]
    named: Named

    @property
    def names(self) -> dict[Key, str]:
        """What the runs of this part are called; what is there already under another source is left out."""
        here = {source.folder for source in self.sources}
        return {key: name for key, name in self.named.runs.items() if key[0] in here}

    @property
    def name(self) -> str:
        """Of the task."""
        return f"repeat={self.protocol.repeat}"

    @property
    def fusions(self) -> list[FusionSource]:
        """The fuse runs among the sources."""
        return [source for source in self.sources if isinstance(source, FusionSource)]


def plan_tasks(config: EvaluateConfig, parts: Sequence[Part]) -> list[list[Task]]:
    """A task for each protocol the fuse runs were made for; train runs join every one of them.

    Each comes once per part. Raises DataError where a fuse run was made for another protocol than the one
    asked for, or an entrant lacks a run on a part.
    """
    asked = Protocol.of(config, parts[0].dataset, config.seed)
    fusions = [source for part in parts for source in part.sources if isinstance(source, FusionSource)]
    for source in fusions:
        check_protocol(config, asked, source)
    repeats = dict.fromkeys(str(source.fusion.protocol["repeat"]) for source in fusions)
    tasks = []
    for repeat in repeats or [asked.repeat]:
        protocol = replace(asked, repeat=repeat)
        joined = [(part, _joined(part.sources, repeat)) for part in parts]
        named = name_runs(joined)
        tasks.append([Task(protocol, part, sources, named) for part, sources in joined])
    return tasks


def _joined(sources: Sequence[Source], repeat: str) -> list[Source]:
    """Train runs and the fuse runs made for ``repeat``, these first: a base that comes with a fusion is
    scored once, there.
    """
    found = [
        source
        for source in sources
        if not isinstance(source, FusionSource) or source.fusion.protocol["repeat"] == repeat
    ]
    return sorted(found, key=lambda source: not isinstance(source, FusionSource))


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


def check_protocol(config: EvaluateConfig, asked: Protocol, source: FusionSource) -> None:
    """DataError where a fuse run was made for another protocol than the one asked for."""
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

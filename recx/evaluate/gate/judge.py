"""`recx evaluate run=… baseline=…`: checked before anything is scored, judged when it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recx.data import Dataset
from recx.errors import DataError, UsageError, did_you_mean
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.gate import rules
from recx.evaluate.gate.baseline import Baseline, check_same, described, identity, load, save
from recx.evaluate.gate.config import ALL, EVERYBODY, MarginGate
from recx.evaluate.gate.samples import (
    Place,
    Sample,
    Samples,
    check_metrics,
    over_everybody,
    over_parts,
    usual_metrics,
)
from recx.evaluate.result import FEWEST_USERS, GateResult, TaskResult
from recx.evaluate.slices import Slice, slices_of
from recx.evaluate.table import Answered, kind_of
from recx.evaluate.tasks import Task
from recx.metrics import INTEREST, parse
from recx.metrics.measure import Measured, span


@dataclass(frozen=True, eq=False)
class Gate:
    """What is checked of which entrants, and against what."""

    config: MarginGate
    metrics: Sequence[str]  # empty: the usual ones, known when the one that decides is
    entrants: Sequence[str]
    beside: list[str]  # what usual metrics need beside the one that decides
    slices: Sequence[str]  # as asked for
    baseline: Baseline | None  # None: one is to be saved

    @staticmethod
    def of(
        config: EvaluateConfig, tasks: Sequence[Sequence[Task]], facts: Mapping[str, Any], saving: bool
    ) -> Gate | None:
        """The gate that the settings ask for, None where they ask for none.

        Raises UsageError for settings that make no gate, among them one that can never fail, and DataError
        for a baseline of another split, protocol or version.
        """
        method = config.gate
        wanted = isinstance(method, MarginGate)
        if saving and config.baseline:
            raise UsageError(
                f"baseline={config.baseline} and --save-baseline: a run is held against a baseline or "
                "becomes one; run the gate first"
            )
        if not (config.baseline or saving):
            if wanted:
                raise UsageError(
                    "a gate needs baseline=PATH; make one: recx evaluate run=… --save-baseline PATH"
                )
            return None
        gate = method if isinstance(method, MarginGate) else MarginGate()
        _check_settings(gate)
        if len(tasks) > 1 or len(tasks[0]) > 1:
            what = "tables, one per repeat" if len(tasks) > 1 else "folds"
            raise UsageError(f"the runs make {max(len(tasks), len(tasks[0]))} {what}; a gate takes one")
        task = tasks[0][0]
        dataset = task.part.dataset
        baseline = load(Path(config.baseline)) if config.baseline else None
        entrants = gated_entrants(task)
        check_metrics(gate, dataset.feedback == "explicit", task.protocol.k)
        metrics = list(dict.fromkeys(gate.metrics))
        if baseline is not None:
            metrics = metrics or baseline.metrics
            check_same(baseline, identity(facts, dataset.fingerprint), task.protocol)
            missing = [metric for metric in metrics if metric not in baseline.metrics]
            if missing:
                raise UsageError(
                    f"{baseline.path} holds {', '.join(baseline.metrics)} and not {missing[0]}: choose among "
                    "them with gate.metrics=[…], or save it again with the same gate.metrics"
                )
        for metric in gate.margins:
            if metrics and metric not in metrics:
                raise UsageError(
                    f"gate.margins names {metric}, which is not checked{did_you_mean(metric, metrics)}"
                )
        beside = ["recall", *(["mae"] if dataset.feedback == "explicit" else [])]
        found = Gate(gate, metrics, entrants, beside, config.slices, baseline)
        if baseline is not None:
            found._refuse_never_failing(dataset)
        return found

    @property
    def names(self) -> list[str]:
        """What has to be measured, without cut-offs."""
        return list(dict.fromkeys(parse(metric).name for metric in self.metrics)) or self.beside

    def save(self, path: Path, answered: Answered, result: TaskResult, facts: Mapping[str, Any]) -> None:
        """Write a baseline of the entrants; of parts of users nothing, for who belongs to them is known."""
        if not self.metrics:
            replace(self, metrics=usual_metrics(result.headline)).save(path, answered, result, facts)
            return
        runs = {each.label: each.run for each in result.entrants if each.label in self.entrants}
        parts = [part for part in self._parts(answered) if part.kind == "items"]
        dataset = answered.task.part.dataset
        samples = self._samples(answered, parts)
        save(path, samples, identity(facts, dataset.fingerprint), answered.task.protocol, runs)

    def judge(self, answered: Answered) -> GateResult:
        """Every check on every entrant that is in the baseline."""
        baseline = self.baseline
        assert baseline is not None
        parts = self._parts(answered)
        new = self._samples(answered, [part for part in parts if part.kind == "items"])
        skipped = [
            f"{name}: not in the baseline" for name in self.entrants if name not in self._pairs().values()
        ]
        pairs: list[rules.Pair] = []
        for was, now in self._pairs().items():
            for metric in self.metrics:
                old, own = (
                    samples.get(Place(name, "", EVERYBODY, metric))
                    for samples, name in ((baseline.samples, was), (new, now))
                )
                if old is None:
                    continue
                if own is None:
                    raise DataError(f"{now} has no {metric}, which {was} in {baseline.path} has")
                if len(own.users) < 2:
                    raise DataError(f"{metric} of {now} is of a single user: nothing can be said of others")
                pairs.append(self._pair(now, "", EVERYBODY, metric, old, own))
                for part in parts:
                    if part.kind == "users":
                        before, after = old.among(part.members), own.among(part.members)
                    else:
                        key = (part.group, part.name, metric)
                        if Place(now, *key) not in new:
                            continue
                        if Place(was, *key) not in baseline.samples:
                            skipped.append(f"{part.name}, {metric}: not in the baseline")
                            continue
                        before, after = baseline.samples[Place(was, *key)], new[Place(now, *key)]
                    if len(after.users) < FEWEST_USERS:
                        skipped.append(f"{part.name}: fewer than {FEWEST_USERS} users")
                    elif before.statistic(metric).value == 0:
                        skipped.append(
                            f"{part.name}, {metric} of {now}: 0 in the baseline, nothing can be lost"
                        )
                    else:
                        pairs.append(self._pair(now, part.group, part.name, metric, before, after))
        found = rules.checks(pairs)
        return GateResult(
            rules.together(found, self.config),
            found,
            list(dict.fromkeys(skipped)),
            str(baseline.path),
            described(baseline.facts),
        )

    def _samples(self, answered: Answered, parts: Sequence[Slice]) -> Samples:
        runs: dict[str, list[Measured]] = {
            entrant: [answered.scored[name].measured for name in answered.task.named.entrants[entrant]]
            for entrant in self.entrants
        }
        found = dict(over_everybody(runs, self.metrics))
        found |= dict(over_parts(runs, self.metrics, answered.question, parts))
        return {place: sample.rounded() for place, sample in found.items()}

    def _parts(self, answered: Answered) -> list[Slice]:
        return slices_of(answered.question, self.slices) if self.config.slices else []

    def _pairs(self) -> dict[str, str]:
        """Entrant of the baseline -> entrant that is held against it: by name, or the only two there are."""
        assert self.baseline is not None
        known = self.baseline.entrants
        if len(known) == len(self.entrants) == 1:
            return {known[0]: self.entrants[0]}
        for name in known:
            if name not in self.entrants:
                raise UsageError(
                    f"{self.baseline.path} holds {name}, the runs do not{did_you_mean(name, self.entrants)}; "
                    "name a run of it too, or save a baseline without it"
                )
        return {name: name for name in known}

    def _share(self, metric: str, group: str) -> float:
        """The margin as a share of the baseline's value."""
        return self.config.slice_margin if group else self.config.margins.get(metric, self.config.margin)

    def _pair(self, entrant: str, group: str, part: str, metric: str, old: Sample, own: Sample) -> rules.Pair:
        if not np.array_equal(old.users, own.users):
            assert self.baseline is not None
            raise DataError(f"{self.baseline.path} asks other users for {metric} of {part}; save it again")
        was = old.statistic(metric)
        margin = self._share(metric, group) * abs(was.value)
        return rules.Pair(entrant, metric, group, part, was, own.statistic(metric), margin)

    def _refuse_never_failing(self, dataset: Dataset) -> None:
        """UsageError where even the worst there could be would lose no more than the margin."""
        assert self.baseline is not None
        self._pairs()
        for place, sample in self.baseline.samples.items():
            if place.group or place.metric not in self.metrics:
                continue
            value = sample.statistic(place.metric).value
            if value == 0:
                raise UsageError(
                    f"{place.metric} of {place.entrant} is 0 in {self.baseline.path}: nothing can be lost, "
                    "the gate could never fail; leave the metric out with gate.metrics=[…]"
                )
            share = self._share(place.metric, "")
            if share * abs(value) >= abs(value - _worst(place.metric, dataset)):
                raise UsageError(
                    f"a margin of {share:g} x {place.metric}={value:.4f} allows the worst there could be: "
                    "the gate could never fail; try gate.margin=.02"
                )


def gated_entrants(task: Task) -> list[str]:
    """Who is held against the baseline: the fusions where there are some, else the models."""
    kinds = {entrant: kind_of(task, runs[0]) for entrant, runs in task.named.entrants.items()}
    fused = [entrant for entrant, kind in kinds.items() if kind == "fusion"]
    return fused or [entrant for entrant, kind in kinds.items() if kind == "base"]


def _worst(metric: str, dataset: Dataset) -> float:
    """The worst value there could be; infinite where there is none."""
    parsed = parse(metric)
    if parsed.higher_is_better:
        return 0.0
    scale = span(dataset)
    if parsed.name == "mse_norm" or (parsed.name in INTEREST and dataset.feedback == "implicit"):
        return 1.0 if parsed.name != "log_loss" else float("inf")
    if scale is None:
        return float("inf")
    return scale**2 if parsed.name == "mse" else scale


def _check_settings(gate: MarginGate) -> None:
    """UsageError for margins that make no gate."""
    shares = {"gate.margin": gate.margin, "gate.slice_margin": gate.slice_margin}
    shares |= {f"gate.margins.{metric}": share for metric, share in gate.margins.items()}
    for name, share in shares.items():
        if not share > 0:
            raise UsageError(f"{name}={share:g}: without a tolerated loss no run passes; try .02")
        if share >= 1:
            raise UsageError(
                f"{name}={share:g}: as large as the metric itself, the gate could never fail; try .02"
            )
    for metric in gate.margins:
        parse(metric)
    if gate.inconclusive not in (EVERYBODY, ALL):
        raise UsageError(
            f"gate.inconclusive={gate.inconclusive}{did_you_mean(gate.inconclusive, (EVERYBODY, ALL))}"
        )

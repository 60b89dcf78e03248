"""What a gate compares: every user's numbers of each entrant, over everybody and over parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recx.arrays import Bool, Float64, Int32
from recx.errors import UsageError
from recx.evaluate.gate.config import EVERYBODY, MarginGate
from recx.evaluate.result import FEWEST_USERS
from recx.evaluate.sliced import Narrowed
from recx.evaluate.slices import Slice
from recx.metrics import GATHERED, INTEREST, RANKING, RATING, SCORED, SHELF, parse
from recx.metrics.measure import Measured
from recx.metrics.question import Question
from recx.metrics.ratings import Errors, user_rmse
from recx.metrics.repeats import repeated
from recx.metrics.statistics import Chance, Statistic

NEUTRAL = ("novelty", "tail_share", *GATHERED)
"""Metrics that no gate checks: more of them is not better in itself, or no user has one."""
ROOTS = ("rmse",)
SUMS = ("rmse", "mse", "mae", "mse_norm", "log_loss")
"""Means over ratings or pairs, and not over users."""


@dataclass(frozen=True)
class Place:
    """Where a sample belongs."""

    entrant: str
    group: str  # of the part; empty: everybody
    part: str
    metric: str


@dataclass(frozen=True, eq=False)
class Sample:
    """One metric of one entrant, user by user."""

    users: Int32  # (n,) ascending
    values: Float64  # (n,) the metric of each, or their sums where it is a mean over ratings
    counts: Float64 | None = None  # (n,) ratings of each
    spread: tuple[Chance, ...] = ()  # between the runs that were averaged

    def statistic(self, metric: str) -> Statistic:
        """The number with what its interval needs."""
        if self.counts is None:
            found = Statistic.mean(self.values, users=self.users)
        else:
            root = parse(metric).name in ROOTS
            found = Statistic.ratio(self.values, self.counts, root=root, users=self.users)
        return replace(found, spread=self.spread)

    def rounded(self) -> Sample:
        """As a baseline file holds it: float32, so that an equal run is equal to the bit."""
        return replace(self, values=self.values.astype(np.float32).astype(np.float64))

    def among(self, members: Bool) -> Sample:
        """Of the users in ``members`` (n_users,)."""
        keep = members[self.users]
        counts = None if self.counts is None else self.counts[keep]
        return Sample(self.users[keep], self.values[keep], counts, self.spread)


Samples = dict[Place, Sample]


def usual_metrics(headline: str) -> list[str]:
    """What is checked where nobody says: the metric that decides, and one beside it."""
    cut = parse(headline).k
    return [headline, "mae" if cut is None else f"recall@{cut}"]


def check_metrics(gate: MarginGate, explicit: bool, k: Sequence[int]) -> None:
    """UsageError for a metric that recx does not know, does not measure here, or that no gate can check."""
    for text in gate.metrics:
        metric = parse(text)
        if metric.name in NEUTRAL:
            raise UsageError(
                f"gate.metrics=[{text}]: more of it is not better in itself, or no user has one of their "
                "own; try ndcg@10"
            )
        if metric.k is not None and metric.k not in k:
            cuts = ",".join(map(str, [*k, metric.k]))
            raise UsageError(f"gate.metrics=[{text}]: not measured; add k=[{cuts}]")
        if metric.name in RATING and metric.name not in INTEREST and not explicit:
            raise UsageError(f"gate.metrics=[{text}]: nobody has rated anything; try ndcg@10")


def over_everybody(
    runs: Mapping[str, Sequence[Measured]], metrics: Sequence[str]
) -> Iterator[tuple[Place, Sample]]:
    """Every metric of every entrant; what an entrant does not have, such as ratings, is left out."""
    yield from _samples(runs, metrics, "", EVERYBODY)


def over_parts(
    runs: Mapping[str, Sequence[Measured]], metrics: Sequence[str], question: Question, parts: Sequence[Slice]
) -> Iterator[tuple[Place, Sample]]:
    """The same in every part that has enough users; metrics of all scores are not cut."""
    cut = [metric for metric in metrics if parse(metric).name in (*RANKING, *RATING)]
    rates = any(each[0].errors is not None for each in runs.values())
    cut = [metric for metric in cut if rates or parse(metric).name not in RATING]
    names = list(dict.fromkeys(parse(metric).name for metric in cut))
    for part in parts:
        narrow = Narrowed.of(question, part, names)
        few = len(narrow.question.targets) < FEWEST_USERS
        rated = len(np.unique(question.fold.target.users[narrow.rated])) if rates else 0
        if few and rated < FEWEST_USERS:
            continue
        asked = [m for m in cut if not (few if parse(m).name in RANKING else rated < FEWEST_USERS)]
        narrowed = {label: [narrow.cut(each) for each in measured] for label, measured in runs.items()}
        yield from _samples(narrowed, asked, part.group, part.name)


def _samples(
    runs: Mapping[str, Sequence[Measured]], metrics: Sequence[str], group: str, part: str
) -> Iterator[tuple[Place, Sample]]:
    for entrant, measured in runs.items():
        for metric in metrics:
            found = [_sample(each, metric) for each in measured]
            known = [sample for sample in found if sample is not None and len(sample.users)]
            if len(known) == len(found):
                yield Place(entrant, group, part, metric), _pooled(known, metric)


def _sample(measured: Measured, metric: str) -> Sample | None:
    """One run's numbers; None where it has none."""
    name = parse(metric).name
    if name in RANKING or name in SHELF or name in SCORED:
        column = measured.per_user.get(metric)
        return None if column is None else Sample(measured.users, column)
    errors = measured.errors if measured.errors is not None else measured.interest
    if errors is None or not len(errors):
        return None
    if name == "rmse_user":
        return Sample(errors.distinct_users, user_rmse(errors))
    return Sample(errors.distinct_users, errors.sums(_losses(errors, name)), errors.counts.astype(np.float64))


def _losses(errors: Errors, name: str) -> Float64:
    from recx.metrics.ratings import surprises

    if name == "mae":
        return np.abs(errors.values)
    if name == "log_loss":
        return surprises(errors)
    squares: Float64 = errors.values**2
    return squares if name != "mse_norm" or errors.span is None else squares / errors.span**2


def _pooled(runs: Sequence[Sample], metric: str) -> Sample:
    """The mean over runs of one configuration, user by user, and what they differ."""
    if len(runs) == 1:
        return runs[0]
    spread = repeated([run.statistic(metric) for run in runs]).spread
    return replace(runs[0], values=np.mean([run.values for run in runs], axis=0), spread=spread)

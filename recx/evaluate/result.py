"""What an evaluation found: everything a report shows, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A mean with its uncertainty."""

    value: float
    low: float  # 95 % interval
    high: float
    se: float
    n: int  # users (or ratings)


@dataclass(frozen=True)
class CurvePoint:
    """One epoch of a learning curve."""

    epoch: int
    loss: float
    metric: float | None


@dataclass(frozen=True)
class Repeat:
    """One run of an entrant that was run several times."""

    run: str  # folder
    differs: str  # "seed 3", "fold 2"
    metrics: dict[str, float]


@dataclass(frozen=True)
class Entrant:
    """One row of the table: a base, a fusion or one of the controls beside it."""

    label: str  # "als", "popular@recent", "stack", "rrf"
    kind: str  # "base" | "fusion" | "blend"
    run: str  # folder
    metrics: dict[str, Estimate]  # "ndcg@10" -> estimate; on explicit feedback "rmse" ... as well
    fit_seconds: float  # of the fit that was scored
    milliseconds_per_user: float  # scoring and top-k
    peak_megabytes: float | None
    curve: list[CurvePoint] = field(default_factory=list)
    curve_metric: str | None = None  # what the curve's metric is, on watch
    exposure: list[float] = field(default_factory=list)
    """Share of recommendations that went to each popularity decile of the items, most popular first: 10
    numbers."""
    settings: dict[str, Any] = field(default_factory=dict)
    refitted: bool = True  # on train + valid; False: the window fit scored test, with valid as input
    stopped_on_valid: bool = False  # split.watch=valid
    without_list: int = 0  # users who got nothing and count as 0
    repeats: list[Repeat] = field(default_factory=list)
    """Where the numbers are means over several runs: each of them; else empty."""


@dataclass(frozen=True)
class Comparison:
    """Entrant ``a`` minus entrant ``b`` on one metric, paired by user."""

    metric: str
    a: str
    b: str
    difference: Estimate
    relative: float | None  # difference / value of b; None where b is 0
    p_t: float  # paired t
    p_bootstrap: float
    p_holm: float  # paired t, Holm-adjusted over the comparisons of this task and metric
    p_bh: float  # paired t, adjusted by Benjamini and Hochberg over all comparisons of this task
    detectable: float
    """The smallest true difference that such a comparison finds (p_t < .05) with 80 % power."""


@dataclass(frozen=True)
class Contribution:
    """What the fuser listens to, and what a base or a group of features is worth to it."""

    label: str  # base or feature group
    share: float | None  # of the fuser's attribution, sums to 1 over the labels
    without: Estimate | None
    """By how much ndcg@10 (or rmse) gets worse on the window's held-out users when it is left out, paired."""


@dataclass(frozen=True)
class FusedSet:
    """Bases that could have been fused, on users of the window."""

    bases: list[str]
    seconds: float  # of training all of them
    milliseconds: float | None  # of scoring one user by all of them; None: not measured
    value: float  # of the metric
    chosen: bool


@dataclass(frozen=True)
class Spending:
    """Which bases a budget has chosen."""

    metric: str
    words: str  # what was tried, chosen and left out
    sets: list[FusedSet]  # those that no other is cheaper and better than, cheapest first


@dataclass(frozen=True)
class TradeoffPoint:
    """One setting of an objective, on the window's held-out users."""

    weight: float
    floor: float | None
    relevance: float  # the metric
    value: float  # of the objective
    best: bool  # no other is at least as good in both and better in one
    chosen: bool  # the fusion's


@dataclass(frozen=True)
class Tradeoff:
    """What relevance costs an objective of the fusion's lists."""

    objective: str  # tail_share, coverage, diversity or margin
    metric: str
    words: str  # without and with it
    points: list[TradeoffPoint]


FEWEST_USERS = 30
"""Users a slice must have: a mean over fewer says more about them than about the entrants."""


@dataclass(frozen=True)
class SliceResult:
    """All entrants on a part of what was to be found; candidates are those of the task."""

    group: str  # what it is a part by: "popularity"
    name: str  # "cold items"
    meaning: str  # which items count, or whose, in words: "items that ..."
    n_users: int  # with at least one such target, or rating
    n_targets: int  # such targets, or ratings, over all users
    entrants: dict[str, dict[str, Estimate]]
    """Label -> "ndcg@10" -> estimate; nobody where the slice has fewer than FEWEST_USERS users."""
    leaders: Comparison | None = None
    """The entrant that leads the task minus the second, on the headline; p_holm and p_bh are over all
    slices."""


@dataclass(frozen=True)
class TaskResult:
    """All entrants under one protocol."""

    name: str  # "repeat=allow"
    protocol: dict[
        str, Any
    ]  # k, repeat, candidates, relevant_from, seed, version, hash, words: list of sentences,
    # mse: "ratings" | "interest" (calibrated, on implicit feedback): what the report prints
    n_users: int
    n_targets: int  # distinct relevant items over all users
    headline: str  # the metric that decides: "ndcg@10" or "rmse"
    entrants: list[Entrant]
    comparisons: list[Comparison]
    contributions: list[Contribution]
    candidate_recall: float | None  # of the fusion's union: its ceiling
    item_exposure: list[float]  # share of the test interactions per popularity decile: what users really took
    verdict: list[str]  # sentences; the first says it all
    slices: list[SliceResult] = field(default_factory=list)
    searched: str | None = None  # what a search for the fuser's settings has found, in a sentence
    windows: list[WindowResult] = field(default_factory=list)
    """Where it is the mean over a cross-validation in time: each test window, the oldest first."""
    spending: Spending | None = None  # where the fusion had a budget
    tradeoffs: list[Tradeoff] = field(default_factory=list)  # where its lists are to be more than relevant
    floors: list[str] = field(default_factory=list)  # how many lists reach each floor, in sentences


@dataclass(frozen=True)
class WindowResult:
    """One test window: what a report on it alone would say, against the same base as the mean."""

    name: str  # "window 0"
    first: str  # day of the cut-off
    last: str  # day of the last event
    result: TaskResult  # without slices


@dataclass(frozen=True)
class Check:
    """One metric of one entrant, over everybody or a part, against the baseline."""

    entrant: str
    metric: str
    group: str  # what the part is a part by; empty: everybody
    part: str  # "everybody", "cold items"
    n: int  # users (or ratings)
    baseline: float
    candidate: float
    difference: Estimate  # candidate - baseline, paired by user
    margin: float  # tolerated loss, in the metric's own unit, > 0
    p: float  # of a loss no larger than the margin, Holm-adjusted over all checks
    detectable: float  # the loss that this check fails with 80 % power
    verdict: str  # "pass" | "fail" | "inconclusive"
    users_needed: int | None = None
    """Inconclusive: about how many users would decide it, if the true difference is the one that was seen."""

    @property
    def over_everybody(self) -> bool:
        """Whether all users were looked at, and not a part."""
        return not self.group


@dataclass(frozen=True)
class GateResult:
    """A run held against a baseline."""

    verdict: str  # "pass" | "fail" | "inconclusive"
    checks: list[Check]
    skipped: list[str]  # parts that were not checked, and why
    baseline: str  # file
    made: dict[str, Any]  # what the baseline says of itself: runs, when, by which recx


@dataclass(frozen=True)
class Preference:
    """Two runs in one list, drafted in turns: whose items users take."""

    a: str
    b: str
    k: int
    draws: int  # lists per user
    for_a: int  # users who take more of a's items, over all their lists
    for_b: int
    ties: int
    margin: Estimate  # share of drafts that a wins minus those that b wins, mean over users: -1 to 1
    p_t: float  # of a margin of 0
    p_sign: float  # of a fair coin, over the users with a winner


@dataclass(frozen=True)
class Valued:
    """What a run would have earned per event, by the test log; the log's own line comes first."""

    label: str
    run: str  # folder; empty for the log itself
    events: int  # in the log
    matched: int  # events whose item the run could have shown
    values: dict[str, Estimate]  # estimator ("replay", or "ips", "snips" and "dr") -> reward per event
    effective: float | None = None  # Kish's effective sample, of events; None for replay
    effective_users: float | None = None  # the same of users' summed weights
    weight: Estimate | None = None  # mean weight of an event, 1 where the log shows all that the run would


@dataclass(frozen=True)
class OfflineResult:
    """An offline A/B test."""

    method: str  # "interleave" | "replay" | "ips"
    settings: dict[str, Any]
    words: list[str]  # what the numbers mean, and where they mislead
    preference: Preference | None = None
    valued: list[Valued] = field(default_factory=list)
    differences: list[Comparison] = field(default_factory=list)
    """Each run minus the log, and minus the first run; the metric is the estimator."""


@dataclass(frozen=True)
class Report:
    """What `recx evaluate` returns and report/ draws."""

    dataset: str
    dataset_notes: list[str]  # "simulated from real shopping patterns"
    dataset_facts: dict[str, Any]  # users, items, interactions, split, dates
    tasks: list[TaskResult]
    manifest: dict[str, Any]  # command, versions, machine, seconds
    folder: str = ""
    gate: GateResult | None = None
    offline: OfflineResult | None = None

"""A report with believable numbers: two tasks, every base, a stack and the blends beside it."""

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from recx.evaluate.compare.result import Compared, Found, ItemChange, Moved, Overlap, UserChange
from recx.evaluate.result import (
    Check,
    Comparison,
    Contribution,
    CurvePoint,
    Entrant,
    Estimate,
    FusedSet,
    GateResult,
    Report,
    SliceResult,
    Spending,
    TaskResult,
    Tradeoff,
    TradeoffPoint,
)
from recx.evaluate.verdict import verdict
from tests.report.facts import AT, FACTS, MANIFEST, NDCG, RATIO

BASES = ("popular", "popular@recent", "personal", "item_knn", "user_knn", "als", "ease", "gcn", "rnn")
BLENDS = ("rrf", "combsum", "mean")
CUTS = (5, 10, 20)
USERS = 2031


def example(facts: dict[str, Any] | None = None) -> Report:
    """The whole report."""
    return Report(
        "complete_journey",
        ["Complete Journey is simulated from real shopping patterns (84.51°)"],
        FACTS if facts is None else facts,
        [_task(name, values) for name, values in NDCG.items()],
        MANIFEST,
        "results/evaluate/complete_journey-20260114T101500Z-1f3a",
    )


def estimate(value: float, se: float, n: int = USERS) -> Estimate:
    return Estimate(value, value - 1.96 * se, value + 1.96 * se, se, n)


def entrant(label: str, kind: str, ndcg: float, seed: int, **known: Any) -> Entrant:
    """One row whose other metrics go with its ndcg@10."""
    rng = np.random.default_rng(seed)
    metrics = {}
    for name, (factor, share) in RATIO.items():
        for k in CUTS:
            value = float(min(0.97, ndcg * factor * AT[k] * rng.uniform(0.97, 1.03)))
            value = ndcg if f"{name}@{k}" == "ndcg@10" else value
            metrics[f"{name}@{k}"] = estimate(value, value * share)
    mse = 0.24 - 0.15 * ndcg
    metrics["mse"] = estimate(mse, 0.0011)
    return Entrant(label, kind, f"results/train/{label}-20260114T100000Z-{seed:04x}", metrics, **known)


def _task(name: str, values: dict[str, float]) -> TaskResult:
    best = max((label for label in values if label in BASES), key=values.__getitem__)
    entrants = [_entrant(number, label, value) for number, (label, value) in enumerate(values.items())]
    against = next(each for each in entrants if each.label == best)
    allow = name == "repeat=allow"
    comparisons = [
        _comparison(metric, each, against)
        for each in entrants
        if each is not against
        for metric in each.metrics
    ]
    on_valid = {each.label: each.metrics["ndcg@10"].value for each in entrants if each.kind == "base"}
    if not allow:
        on_valid["als"] += 0.01
    words = verdict(entrants, comparisons, "ndcg@10", best, on_valid)
    protocol = {
        "k": list(CUTS),
        "repeat": name.partition("=")[2],
        "candidates": "catalogue",
        "relevant_from": None,
        "seed": 0,
        "version": "v1",
        "hash": "5f2c91aa" if allow else "90b1c3de",
        "words": [
            "items in a user's history may be recommended again"
            if allow
            else "items in a user's history are neither recommended nor counted as found",
            "candidates: every item available by the cut-off, cold ones included",
        ],
        "mse": "interest",
    }
    shares = {
        "personal": 0.46 if allow else None,
        "ease": 0.12 if allow else 0.27,
        "rnn": 0.09 if allow else 0.08,
        "als": 0.06 if allow else 0.19,
        "user_knn": 0.05 if allow else 0.12,
        "item_knn": 0.03,
        "gcn": 0.02 if allow else 0.07,
        "popular@recent": 0.03 if allow else 0.09,
        "popular": 0.01,
        "pair": 0.08 if allow else 0.06,
        "item": 0.04 if allow else 0.07,
        "user": 0.01,
    }
    contributions = [
        Contribution(label, share, estimate((share - 0.04) * 0.05, 0.001))
        for label, share in shares.items()
        if share is not None
    ]
    return TaskResult(
        name,
        protocol,
        USERS if allow else 2005,
        58_204 if allow else 31_877,
        "ndcg@10",
        entrants,
        comparisons,
        contributions,
        0.712 if allow else 0.384,
        _decay(0.55, 0.62),
        words,
        _slices(entrants),
        spending=Spending(
            "ndcg@10",
            "7 sets of bases were tried: als reaches .2",
            [FusedSet(["als"], 12.0, 0.3, 0.2, True), FusedSet(["als", "ease"], 40.5, None, 0.21, False)],
        ),
        tradeoffs=[
            Tradeoff(
                "tail_share",
                "ndcg@10",
                "tail_share 0.1 → 0.3",
                [
                    TradeoffPoint(0.0, None, 0.2, 0.1, True, False),
                    TradeoffPoint(0.2, None, 0.17, 0.2, False, False),
                    TradeoffPoint(0.0, 0.3, 0.19, 0.3, True, True),
                ],
            )
        ],
        floors=["1,990 of 2,000 lists reach the floor of tail_share"],
    )


def _slices(entrants: list[Entrant]) -> list[SliceResult]:
    """One that everybody is measured on, one that nobody took, one too small, one without a hit."""

    def numbers(n: int, factor: float) -> dict[str, dict[str, Estimate]]:
        return {
            each.label: {
                f"{name}@{k}": estimate(factor * each.metrics[f"{name}@{k}"].value, 0.01 * factor, n)
                for name in ("ndcg", "recall", "hit")
                for k in CUTS
            }
            for each in entrants
        }

    def led(difference: float, p: float) -> Comparison:
        first, second = (each.label for each in entrants[:2])
        found = estimate(difference, abs(difference) / 3, 412)
        return Comparison("ndcg@10", first, second, found, difference / 0.13, p / 4, p / 4, p, p, 0.004)

    cold, rest, few = numbers(412, 0.3), numbers(900, 0.0), numbers(900, 0.5)
    by = "popularity"
    return [
        SliceResult(by, "cold items", "items that nobody had", 412, 530, cold, led(0.004, 0.003)),
        SliceResult(by, "head", "the bestsellers", 0, 0, {}),
        SliceResult(by, "middle", "the middle", 29, 31, {}),
        SliceResult(by, "tail", "the many others", 900, 2_100, rest, led(0.001, 0.4)),
        SliceResult("activity", "up to 12 events", "users of few", 900, 990, few, led(-0.002, 0.01)),
    ]


def _entrant(seed: int, label: str, ndcg: float) -> Entrant:
    kind = "base" if label in BASES else "blend" if label in BLENDS else "fusion"
    fit = {"gcn": 61.2, "rnn": 48.9, "als": 3.1, "ease": 4.4, "user_knn": 0.9, "item_knn": 1.2, "stack": 9.4}
    each = {"gcn": 0.09, "rnn": 0.31, "ease": 0.62, "user_knn": 1.4, "stack": 3.2, "personal": 0.02}
    epochs = {"gcn": 28, "rnn": 14, "als": 15}.get(label, 0)
    rng = np.random.default_rng(seed + 99)
    curve = [
        CurvePoint(
            epoch + 1,
            0.69 * math.exp(-epoch / 6) + 0.12 + float(rng.normal(0, 0.004)),
            ndcg * (1 - math.exp(-(epoch + 1) / 4)) * (1 - 0.002 * epoch)
            + float(rng.normal(0, 0.002 * ndcg)),
        )
        for epoch in range(epochs)
    ]
    return entrant(
        label,
        kind,
        ndcg,
        seed,
        fit_seconds=fit.get(label, 0.21) if kind != "blend" else 0.0,
        milliseconds_per_user=each.get(label, 0.11),
        peak_megabytes=None if kind == "blend" else 420.0 + 31 * seed,
        curve=curve,
        curve_metric="ndcg@10" if curve else None,
        exposure=_decay(0.995, 0.1) if label == "popular" else _decay(0.62 + 0.025 * seed, 0.45),
        settings={
            "name": label,
            "factors": 64,
            "lr": 0.05,
            "reg": 0.01,
            "half_life": None,
            "layers": [64, 64],
        },
        without_list=3 if label == "item_knn" else 0,
    )


def _comparison(metric: str, a: Entrant, b: Entrant) -> Comparison:
    base = b.metrics[metric].value
    value = a.metrics[metric].value - base
    difference = estimate(value, (0.004 if a.kind == "fusion" else 0.01) * base + 0.0009)
    z = abs(value) / difference.se
    p = math.erfc(z / math.sqrt(2))
    return Comparison(
        metric,
        a.label,
        b.label,
        difference,
        value / base,
        p,
        max(p, 0.0005),
        min(1.0, 12 * p),
        p,
        2.8 * difference.se,
    )


def _decay(first: float, ratio: float) -> list[float]:
    """Ten shares that sum to 1, the first given, the rest falling."""
    rest: Sequence[float] = [ratio**place for place in range(9)]
    return [first, *((1 - first) * value / sum(rest) for value in rest)]


def bare() -> Report:
    """One base, one metric and nothing that is optional."""
    only = Entrant("als", "base", "results/train/als-1", {"ndcg@10": estimate(0.26, 0.004)}, 1.5, 0.2, None)
    task = TaskResult("repeat=new", {}, 12, 30, "ndcg@10", [only], [], [], None, [], [])
    return Report("shop", [], {}, [task], {})


def ratings() -> Report:
    """Explicit feedback: rmse decides, and lower is better."""
    entrants = []
    for label, kind, rmse in (
        ("svd", "base", 0.934),
        ("user_knn", "base", 0.951),
        ("stack", "fusion", 0.912),
    ):
        metrics = {
            "rmse": estimate(rmse, 0.004, 20_000),
            "mse": estimate(rmse**2, 0.007, 20_000),
            "mae": estimate(rmse * 0.78, 0.003, 20_000),
            "ndcg@10": estimate(0.21 / rmse, 0.006, 943),
        }
        entrants.append(Entrant(label, kind, f"results/train/{label}-1", metrics, 2.0, 0.4, 300.0))
    against = entrants[0]
    comparisons = [
        _comparison(metric, each, against)
        for each in entrants[1:]
        for metric in ("rmse", "mse", "mae", "ndcg@10")
    ]
    protocol = {"k": [10], "words": ["relevant: test ratings of 4 or more"], "mse": "ratings"}
    words = verdict(entrants, comparisons, "rmse", "svd", {})
    task = TaskResult("repeat=new", protocol, 943, 9021, "rmse", entrants, comparisons, [], None, [], words)
    return Report("ml-100k", [], {"users": 943, "items": 1682, "interactions": 100_000}, [task], {})


def hostile() -> Report:
    """Names as users may have them: html, markdown, control characters and all."""
    report = bare()
    task = report.tasks[0]
    one = replace(task.entrants[0], label=NASTY, settings={"note": NASTY})
    two = replace(task.entrants[0], label="stack`|`", kind="fusion", curve=[CurvePoint(1, 0.5, 0.1)])
    compared = Comparison(
        "ndcg@10", "stack`|`", NASTY, estimate(0.01, 0.001), 0.04, 0.01, 0.01, 0.01, 0.01, 0.003
    )
    part = SliceResult(NASTY, NASTY, NASTY, 40, 50, {NASTY: {"ndcg@10": estimate(0.1, 0.01, 40)}})
    task = replace(
        task, name=NASTY, entrants=[one, two], comparisons=[compared], verdict=[NASTY], slices=[part]
    )
    manifest = {"command": ["recx", NASTY], NASTY: NASTY}
    return Report(NASTY, [NASTY], {NASTY: NASTY}, [task], manifest, gate=gate(NASTY))


def compared(report: Report, user: str = "u1", item: str = "i1") -> Compared:
    """The first and the last entrant of a report's first task, side by side."""
    task = report.tasks[0]
    b = next(each for each in task.entrants if each.kind == "fusion")
    a = next(each for each in task.entrants if each.label == task.comparisons[0].b)
    comparisons = [each for each in task.comparisons if each.a == b.label]
    task = replace(task, entrants=[a, b], comparisons=comparisons)
    users = [UserChange(user, 12, 3, 0.1, 0.9, [item], [], [item] * 6)] * 3
    items = [ItemChange(item, item, 120, 3, 40)] * 3
    return Compared(
        report.dataset, report.dataset_notes, report.dataset_facts, task, a.label, b.label, 10,
        f"{b.label} beats {a.label}", [Moved(task.headline, 700, 500, 831)], users, users, items, items,
        Found(10, 20, 30, 40, items, []), Overlap(10, 0.21, 0.34, 3, USERS), report.manifest, "results/x",
    )  # fmt: skip


def gate(name: str = "stack", parts: int = 8) -> GateResult:
    """A model that fails in one part, cannot be told in another and passes elsewhere."""
    found = [
        Check(
            name,
            metric,
            group,
            part,
            n,
            0.2,
            0.2 + lost,
            estimate(lost, 0.002, n),
            0.01,
            0.04,
            0.02,
            verdict,
            needed,
        )
        for metric in ("ndcg@10", "recall@10")
        for group, part, n, lost, verdict, needed in (
            ("", "everybody", USERS, -0.001, "pass", None),
            ("popularity", name if name == NASTY else "cold items", 312, -0.03, "fail", None),
            ("popularity", "tail", 640, -0.009, "inconclusive", 5213),
            *(("category", f"category {at}", 200 + at, 0.0, "pass", None) for at in range(parts)),
        )
    ]
    made = {"made": "2026-01-02T03:04:05+00:00", "recx": "0.1.0", "runs": {name: "results/train/als-1"}}
    return GateResult("fail", found, [f"{name}: fewer than 30 users"], "tests/gate.parquet", made)


NASTY = "<script>alert(1)</script> | \"a\" & 'b' \x07 *x* </style>\n# h [l](u)"


def spoilt(value: Any) -> Any:
    """The same with every float NaN."""
    if isinstance(value, float):
        return math.nan
    if isinstance(value, dict):
        return {key: spoilt(part) for key, part in value.items()}
    if isinstance(value, list):
        return [spoilt(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: spoilt(getattr(value, each.name)) for each in fields(value)})
    return value


def sentences(report: Report) -> Report:
    """The report without what evaluate wrote: numbers in its sentences are not this room's."""
    return replace(report, tasks=[replace(task, verdict=[]) for task in report.tasks])

"""What an evaluation leaves on disk: report.json, complete, and every user's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.data import IdMap
from recx.evaluate.result import (
    Check,
    Comparison,
    Contribution,
    CurvePoint,
    Entrant,
    Estimate,
    FusedSet,
    GateResult,
    OfflineResult,
    Preference,
    Repeat,
    Report,
    SliceResult,
    Spending,
    TaskResult,
    Tradeoff,
    TradeoffPoint,
    Valued,
    WindowResult,
)
from recx.metrics import VERSION
from recx.metrics.measure import Measured, write_per_user

REPORT = "report.json"
PER_USER = "per_user.parquet"


def write_report(report: Report) -> None:
    """Write report.json into the report's folder; metrics carry their definition's version: ndcg@10/v1."""
    plain = asdict(report)
    tasks = list(plain["tasks"])
    for task in tasks:  # windows are tasks within a task
        tasks += [window["result"] for window in task["windows"]]
        task["headline"] = _versioned(task["headline"])
        for entrant in task["entrants"]:
            for numbers in (entrant, *entrant["repeats"]):
                numbers["metrics"] = {_versioned(name): value for name, value in numbers["metrics"].items()}
        for part in task["slices"]:
            part["entrants"] = {
                label: {_versioned(name): value for name, value in metrics.items()}
                for label, metrics in part["entrants"].items()
            }
            if part["leaders"]:
                part["leaders"]["metric"] = _versioned(part["leaders"]["metric"])
        for comparison in task["comparisons"]:
            comparison["metric"] = _versioned(comparison["metric"])
    for check in plain["gate"]["checks"] if plain["gate"] else []:
        check["metric"] = _versioned(check["metric"])
    store.write_json(Path(report.folder) / REPORT, plain)


def read_report(folder: Path) -> Report:
    """The report that was written into ``folder``, checked against its manifest."""
    store.read_manifest(folder)
    plain = store.read_json(folder / REPORT)
    made = {
        "tasks": [_task(task) for task in plain["tasks"]],
        "gate": _gate(plain.get("gate")),
        "offline": _offline(plain.get("offline")),
    }
    return Report(**plain | made | {"folder": str(folder)})


@dataclass(frozen=True, eq=False)
class Users:
    """One run's numbers of every user."""

    task: str
    run: str  # its entrant, and where that was run several times which run it is
    measured: Measured
    ids: IdMap


def write_users(path: Path, everyone: Sequence[Users]) -> None:
    """Rows of task, entrant and user with a column per metric; null where a user has no such number."""
    columns: dict[str, list[Any]] = {"task": [], "entrant": [], "user": []}
    tables = [(each, *each.measured.table()) for each in everyone]
    metrics = list(dict.fromkeys(name for _, _, table in tables for name in table))
    columns |= {name: [] for name in metrics}
    for each, users, table in tables:
        columns["task"].append(np.full(len(users), each.task, dtype=object))
        columns["entrant"].append(np.full(len(users), each.run, dtype=object))
        columns["user"].append(np.array([each.ids[user] for user in users], dtype=object))
        for name in metrics:
            columns[name].append(table.get(name, np.full(len(users), np.nan)))
    write_per_user(path, {name: np.concatenate(parts) for name, parts in columns.items()})


def _versioned(metric: str) -> str:
    return f"{metric}/{VERSION}"


def _bare(metric: str) -> str:
    return metric.partition("/")[0]


def _task(plain: store.Json) -> TaskResult:
    return TaskResult(
        **plain
        | {
            "headline": _bare(plain["headline"]),
            "entrants": [_entrant(entrant) for entrant in plain["entrants"]],
            "comparisons": [_comparison(comparison) for comparison in plain["comparisons"]],
            "contributions": [_contribution(part) for part in plain["contributions"]],
            "slices": [_slice(part) for part in plain.get("slices", [])],
            "windows": [
                WindowResult(**part | {"result": _task(part["result"])}) for part in plain.get("windows", [])
            ],
            "spending": _spending(plain.get("spending")),
            "tradeoffs": [_tradeoff(each) for each in plain.get("tradeoffs", [])],
        }
    )


def _gate(plain: store.Json | None) -> GateResult | None:
    if not plain:
        return None
    return GateResult(**plain | {"checks": [_check(each) for each in plain["checks"]]})


def _offline(plain: store.Json | None) -> OfflineResult | None:
    if not plain:
        return None
    told = plain["preference"]
    preference = Preference(**told | {"margin": Estimate(**told["margin"])}) if told else None
    valued = [
        Valued(
            **each
            | {
                "values": {name: Estimate(**value) for name, value in each["values"].items()},
                "weight": Estimate(**each["weight"]) if each["weight"] else None,
            }
        )
        for each in plain["valued"]
    ]
    differences = [_comparison(each) for each in plain["differences"]]
    return OfflineResult(**plain | {"preference": preference, "valued": valued, "differences": differences})


def _check(plain: store.Json) -> Check:
    difference = Estimate(**plain["difference"])
    return Check(**plain | {"metric": _bare(plain["metric"]), "difference": difference})


def _entrant(plain: store.Json) -> Entrant:
    return Entrant(
        **plain
        | {
            "metrics": _metrics(plain["metrics"]),
            "curve": [CurvePoint(**point) for point in plain["curve"]],
            "repeats": [_repeat(each) for each in plain.get("repeats", [])],
        }
    )


def _repeat(plain: store.Json) -> Repeat:
    return Repeat(**plain | {"metrics": {_bare(name): value for name, value in plain["metrics"].items()}})


def _contribution(plain: store.Json) -> Contribution:
    lost = plain["without"]
    return Contribution(**plain | {"without": Estimate(**lost) if lost else None})


def _spending(plain: store.Json | None) -> Spending | None:
    return Spending(**plain | {"sets": [FusedSet(**each) for each in plain["sets"]]}) if plain else None


def _tradeoff(plain: store.Json) -> Tradeoff:
    return Tradeoff(**plain | {"points": [TradeoffPoint(**point) for point in plain["points"]]})


def _slice(plain: store.Json) -> SliceResult:
    entrants = {label: _metrics(metrics) for label, metrics in plain["entrants"].items()}
    leaders = _comparison(plain["leaders"]) if plain["leaders"] else None
    return SliceResult(**plain | {"entrants": entrants, "leaders": leaders})


def _metrics(plain: store.Json) -> dict[str, Estimate]:
    return {_bare(name): Estimate(**value) for name, value in plain.items()}


def _comparison(plain: store.Json) -> Comparison:
    difference = Estimate(**plain["difference"])
    return Comparison(**plain | {"metric": _bare(plain["metric"]), "difference": difference})

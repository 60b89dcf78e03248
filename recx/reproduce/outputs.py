"""What two runs have written, file by file: byte by byte, or where a file holds times too, but for those."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from recx import store
from recx.manifest import CODE

PLACES = ("results", "data_dir", "threads", "device")
BLANKED: Mapping[str, tuple[str, ...]] = {
    "config.yaml": PLACES,
    "best.yaml": PLACES,
    "history.csv": ("seconds",),
    "report.json": ("folder", "manifest", "milliseconds_per_user"),
    "compare.json": ("folder", "manifest", "milliseconds_per_user"),
}
"""File -> fields that differ from run to run by right: where it lies, how long it took."""
RESULTS: Mapping[str, tuple[str, ...]] = {
    "prepare": (),
    "train": ("label", "model", "metric", "watch", "valid", "stopped_on_valid", "fits"),
    "fuse": ("fusion",),
    "evaluate": (),
    "compare": (),
}
"""Verb -> what its manifest says of results; the rest are times, places, and inputs."""
TIMES = ("seconds", "peak_megabytes", "key")
"""Fields among those of a manifest that are times, memory or a checksum of inputs."""
DRAWN = "report.md, report.html and junit.xml: drawn from report.json"
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "prepare": (f"{store.MANIFEST}: command, date, machine, versions",),
    "train": (f"{store.MANIFEST}: command, dates, machine, versions, seconds and memory of the stages",),
    "fuse": (f"{store.MANIFEST}: command, dates, machine, versions, seconds and memory of the stages",),
    "evaluate": (f"{store.MANIFEST}: command, dates, machine, versions, seconds and memory", DRAWN),
    "compare": (
        f"{store.MANIFEST}: command, dates, machine, versions, seconds and memory",
        "compare.html: drawn from compare.json",
    ),
}
"""Verb -> what is not compared, in words."""


@dataclass(frozen=True)
class Output:
    """One file of a run, or the results in its manifest."""

    name: str
    differs: str  # how it differs from what it was; empty: not at all
    but_for: tuple[str, ...] = ()  # fields that were left out; empty: every byte was compared


def compare_outputs(verb: str, old: Path, new: Path) -> list[Output]:
    """Every file that one of the runs has written, and what their manifests say of results."""
    then, now = (store.read_json(run / store.MANIFEST) for run in (old, new))
    found = []
    for name in sorted({*then["files"], *now["files"]} - {CODE}):
        if name not in now["files"]:
            found.append(Output(name, "is not written any more"))
        elif name not in then["files"]:
            found.append(Output(name, "was not written then"))
        elif then["files"][name] == now["files"][name]:
            found.append(Output(name, ""))
        else:
            found.append(_compare(name, old / name, new / name))
    if RESULTS[verb]:
        before, after = ({name: facts.get(name) for name in RESULTS[verb]} for facts in (then, now))
        differs = _tree(_timeless(before), _timeless(after))
        found.append(Output(f"{store.MANIFEST} ({', '.join(RESULTS[verb])})", differs, TIMES[:2]))
    return found


def _compare(name: str, old: Path, new: Path) -> Output:
    fields, kind = BLANKED.get(name, ()), old.suffix
    if kind in READERS:
        differs = _tree(*(_without(READERS[kind](path), fields) for path in (old, new)))
        if not differs and fields:
            return Output(name, "", fields)
        return Output(name, differs or "other bytes for the same values")
    if kind in ARRAYS:
        return Output(name, _arrays(*(ARRAYS[kind](path) for path in (old, new))))
    return Output(name, _lines(old, new))


def _tree(old: Any, new: Any, where: str = "") -> str:
    """Where two plain values first differ; empty where they do not."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if differs := _tree(old.get(key), new.get(key), f"{where}.{key}" if where else str(key)):
                return differs
        return ""
    if isinstance(old, list) and isinstance(new, list):
        for at, (one, other) in enumerate(zip_longest(old, new)):
            if differs := _tree(one, other, f"{where}[{at}]"):
                return differs
        return ""
    same = old == new or (old != old and new != new)
    return "" if same else f"{where}: was {_brief(old)}, is now {_brief(new)}"


def _arrays(old: dict[str, npt.NDArray[Any]], new: dict[str, npt.NDArray[Any]]) -> str:
    """Which arrays differ, in how many places and by how much."""
    found = []
    for name in {**old, **new}:
        one, other = old.get(name), new.get(name)
        if one is None or other is None or one.shape != other.shape or one.dtype != other.dtype:
            found.append(f"{name} is of another shape or kind")
        elif one.tobytes() != other.tobytes():
            if one.dtype.kind == "f":
                unequal = (one != other) & ~(np.isnan(one) & np.isnan(other))
                most = np.nanmax(np.abs(one.astype(np.float64) - other)[unequal], initial=0.0)
                by = f", by up to {most:.2g}"
            else:
                unequal, by = one != other, ""
            found.append(f"{name} in {int(np.sum(unequal)):,} of {one.size:,} places{by}")
    return "; ".join(found) or "other bytes for the same values"


def _lines(old: Path, new: Path) -> str:
    one, other = (path.read_bytes().split(b"\n") for path in (old, new))
    for number, (before, after) in enumerate(zip_longest(one, other, fillvalue=b""), 1):
        if before != after:
            was, now = (line.decode("utf-8", "replace") for line in (before, after))
            return f"line {number}: was {_brief(was)}, is now {_brief(now)}"
    return "other bytes"


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _without(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(each, names) for key, each in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    return value


def _timeless(results: dict[str, Any]) -> Any:
    """Results of a manifest without times; an epoch's end with its seconds."""
    kept = _without(results, TIMES)
    for fit in (kept.get("fits") or {}).values():
        fit["history"] = [row[:-1] for row in fit["history"]]
    return kept


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def _parquet(path: Path) -> dict[str, npt.NDArray[Any]]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    return columns | {name: col.astype(str) for name, col in columns.items() if col.dtype == object}


READERS: Mapping[str, Callable[[Path], Any]] = {
    ".json": store.read_json,
    ".yaml": lambda path: yaml.safe_load(path.read_text(encoding="utf-8")),
    ".csv": _rows,
}
ARRAYS: Mapping[str, Callable[[Path], dict[str, npt.NDArray[Any]]]] = {
    ".safetensors": store.read_arrays,
    ".parquet": _parquet,
}

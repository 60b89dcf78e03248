"""What went into a run, then and now: settings, packages, recx itself, data and other runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recx import store
from recx.config.compose import flat
from recx.errors import DataError, RecxError
from recx.manifest import CODE, code, machine, versions
from recx.prepare import stored
from recx.prepare.plan import Plan, plan
from recx.train.machine import most_threads

DIGITS = 12
"""Of a checksum that is shown."""
GONE, ABSENT = "gone", "not there"


@dataclass(frozen=True)
class Change:
    """Something that is not what it was."""

    kind: str  # "package", "code", "setting", "file", "data set", "threads"
    what: str
    was: str
    now: str

    @property
    def line(self) -> str:
        """For a reader."""
        return f"{self.kind} {self.what}: was {self.was}, is now {self.now}"

    @property
    def forbids(self) -> bool:
        """Whether what comes out would answer another question."""
        return self.kind in ("file", "data set")


@dataclass(frozen=True)
class Inputs:
    """What was compared."""

    changes: list[Change]
    counted: dict[str, int]  # kind -> how many of it were compared
    notes: list[str]  # what is no input, or was not recorded, and may matter all the same

    @property
    def forbids(self) -> bool:
        """Whether there is no use in running again."""
        return any(change.forbids for change in self.changes)


def compare_inputs(run: Path, manifest: store.Json, settings: Any) -> Inputs:
    """Everything that the manifest of ``run`` records of its inputs, held against what there is now.

    ``settings`` are its own, in today's dataclasses.
    """
    verb, recorded = manifest["verb"], dict(manifest["config"])
    planned, data = _data_set(manifest, settings)
    files: dict[str, str] = manifest.get("inputs", {})
    was = store.read_json(run / CODE) if (run / CODE).is_file() else {}
    changes = [
        *_settings(recorded, asdict(settings)),
        *_differ("package", manifest["versions"], versions(), "not installed"),
        *(_differ("code", _short(was), _short(code(verb)), GONE, both=True) if was else ()),
        *_files(files, planned),
        *data,
        *_threads(manifest),
    ]
    counted = {
        "settings": len(flat(recorded)),
        "packages": len(manifest["versions"]),
        "source files": len(was),
        "files": len(files),
    }
    return Inputs(changes, counted, [*_notes(manifest, was, files)])


def _data_set(manifest: store.Json, settings: Any) -> tuple[Plan | None, list[Change]]:
    """Where the raw files lie today, where the verb reads them, and whether they make the same data."""
    if manifest["verb"] in ("evaluate", "compare"):
        folder = Path(manifest["dataset"]["folder"])
        try:
            now = str(stored.facts(folder)["fingerprint"])
        except DataError:
            now = GONE
        was = manifest["dataset"]["fingerprint"]
        return None, [] if now == was else [Change("data set", str(folder), was, now)]
    known = manifest["dataset"]
    try:
        planned = plan(settings)
    except RecxError as error:
        return None, [Change("data set", settings.dataset.name, known["fingerprint"], f"unknown: {error}")]
    if planned.fingerprint == known["fingerprint"]:
        return planned, []
    return planned, [Change("data set", settings.dataset.name, known["fingerprint"], planned.fingerprint)]


def _settings(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Settings that are new since: what is gone could not be read."""
    before = flat(was)
    for key, value in flat(now).items():
        if key not in before:
            yield Change("setting", key, ABSENT, repr(value))
        elif _plain(before[key]) != _plain(value):
            yield Change("setting", key, repr(before[key]), repr(value))


def _files(recorded: Mapping[str, str], planned: Plan | None) -> Iterator[Change]:
    """Files that are gone or hold something else; raw ones may have moved."""
    moved = {file.name: file for file in planned.files} if planned else {}
    for name, digest in recorded.items():
        file = Path(name)
        if not file.is_file():
            file = moved.get(file.name, file)
        if not file.is_file():
            # a prepared data set is made again from its raw files
            if planned is None or file.parent.name != planned.folder.name:
                yield Change("file", name, digest[:DIGITS], GONE)
        elif (now := store.sha256(file)) != digest:
            yield Change("file", str(file), digest[:DIGITS], now[:DIGITS])


def _differ(
    kind: str, was: Mapping[str, str], now: Mapping[str, str], without: str, both: bool = False
) -> Iterator[Change]:
    for name in {**was, **(now if both else {})}:
        if was.get(name) != now.get(name):
            yield Change(kind, name, was.get(name, ABSENT), now.get(name, without))


def _threads(manifest: store.Json) -> Iterator[Change]:
    """Sums depend on how many threads share them."""
    wanted, there = manifest.get("threads"), most_threads()
    if wanted is not None and wanted > there:
        yield Change("threads", "of the CPU", str(wanted), str(there))


def _notes(manifest: store.Json, was: store.Json, files: Mapping[str, str]) -> Iterator[str]:
    if not was or not files:
        yield "an earlier recx made it: its source files and input files were not recorded and not compared"
    for name in ("cpu", "system"):
        then, now = manifest["machine"].get(name), machine()[name]
        if then != now:
            yield f"another machine: {name} was {then}, is now {now}; other hardware may round differently"


def _short(digests: Mapping[str, str]) -> dict[str, str]:
    return {name: digest[:DIGITS] for name, digest in digests.items()}


def _plain(value: object) -> object:
    """Tuples of a dataclass are lists in a manifest."""
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value

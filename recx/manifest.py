"""The record of a run: what was asked, by which versions, on which machine, how long it took."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from recx import __version__, clock, store
from recx.session import Session

PACKAGES = (
    "numpy", "scipy", "numba", "torch", "lightgbm", "duckdb", "pyarrow", "safetensors", "scikit-learn",
    "statsmodels", "myfm", "hydra-core", "optuna",
)  # fmt: skip
"""What numbers, and the bytes of files, depend on."""
HOME = "RECX_DATA_HOME"
"""Environment variable: the folder of the raw data, a folder a data set."""
CODE = "code.json"
"""File of a run: the checksums of the source files it was made by."""
MADE_BY = ("arrays.py", "store.py", "data", "prepare")
ROOMS: Mapping[str, tuple[str, ...]] = {
    "prepare": MADE_BY,
    "train": (*MADE_BY, "metrics", "models", "kernels", "train"),
    "fuse": (*MADE_BY, "metrics", "models", "kernels", "train", "fuse"),
    "evaluate": (*MADE_BY, "metrics", "models", "kernels", "train", "fuse", "evaluate"),
}
"""Verb -> the files and rooms of recx that say what it writes; of others those of evaluate and their own."""


class Record:
    """manifest.json of one run folder, rewritten whenever something is known; ``end`` seals it with
    checksums.
    """

    def __init__(
        self, folder: Path, verb: str, session: Session, config: Mapping[str, object], seed: int
    ) -> None:
        self.folder = folder
        self.stages: dict[str, dict[str, float]] = {}
        self.facts: store.Json = {
            "verb": verb,
            "status": "running",
            "command": list(session.command),
            "config": dict(config),
            "origins": dict(session.origins),
            "seed": seed,
            "started": _now(),
            "versions": versions(),
            "commit": _commit(),
            "machine": machine(),
            "data_home": os.environ.get(HOME),
        }
        store.write_json(folder / CODE, code(verb))

    def note(self, **facts: object) -> None:
        """Add facts and write the manifest."""
        self.facts |= facts
        store.write_json(self.folder / store.MANIFEST, self.facts | {"stages": self.stages})

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, float]]:
        """Measure a stage: its seconds and peak memory stand in the yielded dict afterwards, and apart from
        them the seconds of compiling kernels, where any was compiled.
        """
        measured: dict[str, float] = {}
        started, compiled = clock.working(), clock.compiling()
        reset_peak_memory()
        yield measured
        measured["seconds"] = round(clock.working() - started, 3)
        if clock.compiling() > compiled:
            measured["compiling"] = round(clock.compiling() - compiled, 3)
        measured["peak_megabytes"] = round(peak_megabytes(), 1)
        self.stages[name] = measured

    def end(self) -> None:
        """Seal a run that went well: status ok, sha256 of every file."""
        self.note(status="ok", ended=_now(), files=store.checksums(self.folder))

    def fail(self, error: BaseException) -> None:
        """Leave a run that went wrong, with its reason."""
        self.note(status="failed", ended=_now(), error=f"{type(error).__name__}: {error}")


def reset_peak_memory() -> None:
    """Start measuring peak memory anew; where the kernel refuses, the peak is the whole process's."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_megabytes() -> float:
    """Peak resident memory of this process since the last reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


@cache
def versions() -> dict[str, str]:
    """Versions of recx and of what its numbers depend on."""
    found = {"recx": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def code(verb: str) -> dict[str, str]:
    """sha256 of every source file that says what ``verb`` writes, by its path in recx."""
    room = Path(__file__).parent
    places = [room / name for name in ROOMS.get(verb, (*ROOMS["evaluate"], verb))]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
    return {str(file.relative_to(room)): store.sha256(file) for file in sorted(files)}


@cache
def machine() -> dict[str, object]:
    """The machine a run ran on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory, 1),
        "system": platform.platform(),
    }


@cache
def _commit() -> str | None:
    """Git commit of the working directory, None outside a repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

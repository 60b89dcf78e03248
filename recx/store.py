"""Every file and folder name, atomic writes, the manifest, checksums and locks.

A file is written to a temporary name beside its place, fsynced and renamed, so that a reader meets the old
content, the new content or none. A run's manifest says which files belong to it and what they hashed to.
"""

import errno
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from recx.errors import DataError

Json = dict[str, Any]
Arrays = Mapping[str, npt.NDArray[np.generic]]

MANIFEST = "manifest.json"
CONFIG = "config.yaml"
TEMPORARY = ".tmp-"
"""Prefix of everything half-written; what carries it is never read and may be swept up."""
VERIFIED = 1 << 25
"""Bytes of an array that are read back at once after writing."""


# --- files ---


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on leaving without an error its content becomes ``path``, else it is removed.

    Raises DataError where the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(3)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        # where there is no folder there is nothing to remove, and the first error is the one to tell
        with suppress(OSError):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, atomically."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write JSON, atomically; NaN is not JSON and raises ValueError."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def write_yaml(path: Path, value: object) -> None:
    """Write yaml, atomically."""
    import yaml

    write_text(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def read_json(path: Path) -> Json:
    """Read a JSON object; DataError where it is missing, damaged or something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} is missing") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise DataError(f"{path} holds no JSON object")
    return value


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write named arrays as safetensors, atomically, and verify what was written."""
    from safetensors.numpy import save_file

    # safetensors silently scrambles arrays that are not C-contiguous
    solid = {name: np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in arrays.items()}
    with atomic_write(path) as temporary:
        try:
            save_file(solid, temporary)
        except Exception as error:  # safetensors wraps OSError in its own type and keeps only the text
            raise disk_error(error, path) from error
        if not _holds(temporary, solid):
            raise DataError(f"{path} could not be verified after writing; is the disk healthy?")


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read named arrays; DataError where the file is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not path.is_file():
        raise DataError(f"{path} is missing")
    try:
        return dict(load_file(path))
    except (SafetensorError, ValueError, OSError) as error:
        raise DataError(f"{path} is damaged ({error})") from error


def read_array(path: Path, name: str) -> npt.NDArray[Any]:
    """One array of the file; DataError where it is missing or damaged."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise DataError(f"{path} is missing")
    try:
        with safe_open(path, framework="numpy") as file:
            found: npt.NDArray[Any] = file.get_tensor(name)
            return found
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} is damaged ({error})") from error


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def disk_error(error: Exception, path: Path) -> DataError:
    """One line for a file that could not be written."""
    number = error.errno if isinstance(error, OSError) else None
    text = str(error)
    if (
        number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        or "No space left" in text
        or "File too large" in text
    ):
        return DataError(
            f"{path} could not be written: no space left; free some and run the same command again"
        )
    if number in (errno.EACCES, errno.EROFS, errno.EPERM):
        return DataError(f"{path} could not be written: no permission")
    return DataError(f"{path} could not be written: {text}")


def _holds(path: Path, arrays: Arrays) -> bool:
    """Whether the file holds these arrays bit for bit. It is read in parts: one copy more may be too much."""
    from safetensors import SafetensorError, safe_open

    with suppress(SafetensorError), safe_open(path, framework="numpy") as file:
        for name, array in arrays.items():
            rows = array.reshape(1) if array.ndim == 0 else array
            written = file.get_tensor(name).reshape(1) if array.ndim == 0 else file.get_slice(name)
            step = max(1, VERIFIED // max(1, rows[:1].nbytes))
            for start in range(0, len(rows), step):
                part = slice(start, min(len(rows), start + step))
                if written[part].tobytes() != rows[part].tobytes():
                    return False
        return True
    return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- folders ---


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` on leaving without an error, else it is removed."""
    import shutil

    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(3)}-{path.name}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        os.rename(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` (a folder or one that is about to be) against other processes; wait while another holds
    it.

    The lock is the kernel's and goes with the process that holds it, however it ends.
    """
    file = _lock_file(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        file.close()


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Like ``locked``, but DataError at once where another process holds it."""
    file = _lock_file(path)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"{path} is being written by another process; wait for it or end it") from None
        yield
    finally:
        file.close()


def _lock_file(path: Path) -> IO[bytes]:
    lock = path.parent / ".locks" / path.name
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return open(lock, "ab")
    except OSError as error:
        raise disk_error(error, path) from error


def sweep_up(folder: Path) -> None:
    """Remove what killed processes left half-written in ``folder``; the caller holds its lock."""
    import shutil

    for left in folder.glob(f"{TEMPORARY}*"):
        owner = left.name.removeprefix(TEMPORARY).split("-", 1)[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


# --- runs ---


def stamp() -> str:
    """UTC time and a random part, for the name of a run: sorts by time, never collides."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def run_folder(results: Path, verb: str, label: str) -> Path:
    """Where a new run of ``verb`` lives: results/train/als-20260101T120000Z-1f3a."""
    return results / verb / f"{label}-{stamp()}"


def read_manifest(run: Path) -> Json:
    """The manifest of a finished run, after its files have been checked against it.

    Raises DataError where the run is not finished, or a file is missing or not what was written.
    """
    manifest = read_json(run / MANIFEST)
    if manifest.get("status") != "ok":
        raise DataError(f"{run} is not a finished run (status: {manifest.get('status')})")
    for name, digest in manifest.get("files", {}).items():
        path = run / name
        if not path.is_file():
            raise DataError(f"{path} is missing; the run is incomplete")
        if sha256(path) != digest:
            raise DataError(
                f"{path} was changed after the run had finished; run it again or restore the file"
            )
    return manifest


def checksums(run: Path) -> dict[str, str]:
    """sha256 of every file of a run but its own manifest, by path inside the run."""
    files = sorted(path for path in run.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(run)): sha256(path) for path in files if path != run / MANIFEST}


@dataclass(frozen=True)
class ListedRun:
    """One line of `recx ls`."""

    folder: Path
    state: str  # ok, failed, running, interrupted, damaged
    started: str
    seconds: str
    what: str


def list_runs(results: Path) -> list[ListedRun]:
    """Every run below ``results``, newest first; a running one that no process holds was interrupted."""
    runs = []
    for path in sorted(results.glob(f"*/*/{MANIFEST}")):
        try:
            facts = read_json(path)
        except DataError:
            runs.append(ListedRun(path.parent, "damaged", "", "", "its manifest cannot be read"))
            continue
        state = str(facts.get("status"))
        if state == "running" and not _held(path.parent):
            state = "interrupted"
        stages = facts.get("stages", {}).values()
        seconds = f"{sum(stage.get('seconds', 0.0) for stage in stages):.1f}"
        what = str(facts.get("error") or " ".join(facts.get("command", [])))
        runs.append(ListedRun(path.parent, state, str(facts.get("started", "")), seconds, what))
    return sorted(runs, key=lambda run: run.started, reverse=True)


def _held(path: Path) -> bool:
    with _lock_file(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False

"""`reproduce`: a run is made again from its manifest, in a folder of its own, and held against it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recx import store
from recx.errors import DataError, UsageError
from recx.manifest import HOME
from recx.reproduce.again import AGAIN
from recx.reproduce.config import ReproduceConfig
from recx.reproduce.inputs import Inputs, compare_inputs
from recx.reproduce.outputs import LEFT_OUT, Output, compare_outputs
from recx.session import Session

QUIET = Session()
DIFFERS, CHANGED = 6, 7
"""Exit codes: other bytes from equal inputs; an input has changed."""


@dataclass(frozen=True)
class Reproduction:
    """A run then and now."""

    run: Path
    verb: str
    inputs: Inputs
    outputs: list[Output] | None  # None: it was not run again
    folder: Path | None  # of the new run, where that was kept

    @property
    def same(self) -> bool:
        """Whether everything that was compared came out as it was; False where nothing was run."""
        return self.outputs is not None and not any(output.differs for output in self.outputs)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was not compared, in words."""
        return LEFT_OUT[self.verb]

    @property
    def exit_code(self) -> int:
        """0: the same inputs, and the same bytes wherever it was run; else DIFFERS or CHANGED."""
        if self.inputs.changes:
            return CHANGED
        return 0 if self.outputs is None or self.same else DIFFERS


def reproduce(config: ReproduceConfig, session: Session = QUIET, dry_run: bool = False) -> Reproduction:
    """Compare the inputs of ``config.run``, make it again, and compare what comes out.

    The old run is read only. ``dry_run`` compares the inputs and runs nothing, and so does a run whose data
    or input runs are not what they were.

    Raises UsageError where there is no such run, DataError where it is unfinished, damaged, was made on a
    GPU, or has settings that this recx does not know.
    """
    run = Path(config.run)
    manifest = _manifest(config.run)
    settings = _settings(run, manifest)
    verb = manifest["verb"]
    with _data_home(manifest.get("data_home")):
        session.listener.stage(f"reproduce {run.name} · inputs")
        inputs = compare_inputs(run, manifest, settings)
        if dry_run or inputs.forbids:
            return Reproduction(run, verb, inputs, None, None)
        with _place(config.out) as out:
            folder = AGAIN[verb](settings, manifest, out, session)
            session.listener.stage(f"reproduce {run.name} · outputs")
            outputs = compare_outputs(verb, run, folder)
    return Reproduction(run, verb, inputs, outputs, folder if config.out else None)


@contextmanager
def _data_home(noted: str | None) -> Iterator[None]:
    """Raw data is looked for where it was, unless this shell names another place."""
    if not noted or HOME in os.environ:
        yield
        return
    os.environ[HOME] = noted
    try:
        yield
    finally:
        del os.environ[HOME]


def _manifest(run: str) -> store.Json:
    if not run:
        raise UsageError("name a run, such as recx reproduce results/train/als-…; recx ls lists them")
    if not (Path(run) / store.MANIFEST).is_file():
        if (Path(run) / "dataset.json").is_file():
            raise DataError(f"{run} was prepared by a recx that kept no manifest; prepare it again")
        raise UsageError(f"no run in {run}; recx ls shows what there is")
    manifest = store.read_manifest(Path(run))
    verb = manifest.get("verb")
    if verb not in AGAIN:
        raise UsageError(f"{run} is a run of {verb}; reproduce takes {', '.join(AGAIN)} runs")
    if manifest.get("device") == "cuda":
        raise DataError(f"{run} was made on a GPU, which adds up in no fixed order; train with device=cpu")
    return manifest


def _settings(run: Path, manifest: store.Json) -> Any:
    from recx.config.compose import restore

    try:
        return restore(manifest["verb"], manifest["config"])
    except UsageError as error:
        raise DataError(
            f"{run} was made by another recx, whose settings this one does not know: {error}"
        ) from None


@contextmanager
def _place(wanted: str) -> Iterator[Path]:
    """The folder for the new run; a temporary one goes again."""
    if wanted:
        out = Path(wanted)
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"out={wanted} is there already; name a new folder")
        yield out
        return
    temporary = Path(tempfile.mkdtemp(prefix="recx-reproduce-"))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

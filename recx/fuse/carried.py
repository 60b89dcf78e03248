"""What a fusion carries in its own folder, so that it scores wherever the folder lies: bases and data set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from recx import store
from recx.errors import DataError
from recx.prepare.stored import HEADER, files_of
from recx.train.runs import MODEL, TrainRun, open_run

BASES = "bases"
"""Folder of the bases: a train run each, with the fits that score valid and test."""
AFTER = "after"
"""Inside a base that was fitted on what a run has left over: that run."""
DATA = "data"
"""Folder of the prepared data set: ids, histories and what is known of the items."""


def carry(folder: Path, runs: Mapping[str, TrainRun], dataset: Path) -> None:
    """Put the bases ``runs`` and the prepared ``dataset`` into the fuse run ``folder``.

    Files are linked where the file system can, which takes no space, else copied. None is written again after
    it is finished: recx replaces files, it does not change them.
    """
    for label, run in runs.items():
        _carry_base(folder / BASES / label, run)
    for name in (HEADER, *files_of(store.read_json(dataset / HEADER))):
        _link(dataset / name, folder / DATA / name)


def _carry_base(to: Path, run: TrainRun) -> None:
    fits = {f"{MODEL}/{name}.safetensors" for name in (run.valid_fit, run.scoring_fit)}
    for fit in fits:
        _link(run.folder / fit, to / fit)
    manifest = store.read_json(run.folder / store.MANIFEST)
    files = {name: digest for name, digest in manifest["files"].items() if name in fits}
    carried = manifest | {"files": files}
    if run.after is not None:
        _carry_base(to / AFTER, open_run(run.after))
        carried["after"] = AFTER
    store.write_json(to / store.MANIFEST, carried)


def _link(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, to)
    except FileNotFoundError:
        raise DataError(f"{source} is missing") from None
    except OSError:
        # another file system, or one without links
        try:
            shutil.copyfile(source, to)
        except OSError as error:
            raise store.disk_error(error, to) from error

"""`prepare`: a data set is made once and addressed by what it is made from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recx import store
from recx.data import Dataset
from recx.errors import UsageError
from recx.prepare import stored
from recx.prepare.build import Prepared, build
from recx.prepare.config import PrepareConfig
from recx.prepare.fingerprint import fingerprint
from recx.prepare.sources.base import Source, Surroundings, create_source
from recx.prepare.split.base import SplitMethod, create_split

Say = Callable[[str], None]


def _nobody(line: str) -> None:
    """Drop a line."""


@dataclass(frozen=True)
class Plan:
    """What is to be prepared and where it belongs."""

    source: Source[Any]
    method: SplitMethod[Any]
    files: list[Path]
    fingerprint: str
    folder: Path

    def build(self) -> Prepared:
        """Make it, in memory."""
        return build(self.source, self.method, self.files, self.fingerprint)


def prepare(config: PrepareConfig, say: Say | None = None, dry_run: bool = False) -> Dataset:
    """The data set of ``config``: read if it was prepared before, else made and written, whole or not at all.

    ``dry_run`` makes it and writes nothing. ``say`` is told what came out; the rows
    lost per rule are in the data set's facts.

    Raises UsageError for settings out of range, DataError for raw data that cannot be used.
    """
    say = say or _nobody
    planned = plan(config, say)
    folder = planned.folder
    if dry_run:
        prepared = planned.build()
        _tell(prepared.facts, say)
        return stored.dataset(prepared)
    if found := stored.find(folder):
        say(f"{found.name}: prepared before, {folder}")
        return found
    with store.locked(folder):
        store.sweep_up(folder.parent)
        if found := stored.find(folder):  # another process has made it while this one waited
            return found
        prepared = planned.build()
        if folder.exists():
            say(f"{folder} is damaged and made anew")
            shutil.rmtree(folder)
        with store.atomic_folder(folder) as temporary:
            stored.save(prepared, temporary)
    _tell(prepared.facts, say)
    return stored.load(folder)


def plan(config: PrepareConfig, say: Say | None = None) -> Plan:
    """Check the settings, find the raw files and name the folder."""
    name = config.dataset.name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise UsageError(f"dataset.name={name}: expected letters, digits, dot, dash and underscore")
    data_dir = Path(config.data_dir)
    method = create_split(config.split, config.seed)
    around = Surroundings(data_dir, method.config.method == "files", say or _nobody)
    source = create_source(config.dataset, around)
    files = source.files()
    digest = fingerprint(config, source, method, files)
    return Plan(source, method, files, digest, data_dir / f"{name}-{method.config.method}-{digest[:8]}")


def _tell(facts: dict[str, Any], say: Say) -> None:
    read = facts["cleaning"][0]["rows"]
    say(
        f"{facts['name']}: {facts['interactions']:,} of {read:,} rows, {facts['users']:,} users, "
        f"{facts['items']:,} items"
    )
    for fold in facts["folds"]:
        cut = f", known at {fold['cut']}" if fold["cut"] else ""
        say(
            f"{fold['name']}: {fold['fit']:,} rows to learn, {fold['target']:,} to find "
            f"of {fold['target_users']:,} users{cut}"
        )

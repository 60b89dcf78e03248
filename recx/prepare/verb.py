"""`prepare`: a data set is made once and addressed by what it is made from."""

from __future__ import annotations

import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from recx import store
from recx.data import Dataset
from recx.manifest import Record
from recx.prepare import stored
from recx.prepare.config import PrepareConfig
from recx.prepare.fingerprint import content
from recx.prepare.plan import Plan, Say, nobody, plan
from recx.session import Session


def prepare(config: PrepareConfig, say: Say | None = None, dry_run: bool = False) -> Dataset:
    """The data set of ``config``: read if it was prepared before, else made and written, whole or not at all.

    ``dry_run`` makes it and writes nothing. ``say`` is told what came out; the rows
    lost per rule are in the data set's facts.

    Raises UsageError for settings out of range, DataError for raw data that cannot be used.
    """
    say = say or nobody
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
        if folder.exists():
            say(f"{folder} is damaged and made anew")
        facts = make(config, planned, folder)
    _tell(facts, say)
    return stored.load(folder)


def make(config: PrepareConfig, planned: Plan, folder: Path) -> dict[str, Any]:
    """Make what is planned and write it as ``folder``, whole or not at all; what dataset.json says of it."""
    prepared = planned.build()
    if folder.exists():
        shutil.rmtree(folder)
    with store.atomic_folder(folder) as temporary:
        stored.save(prepared, temporary)
        _record(config, planned, temporary)
    return prepared.facts


def _record(config: PrepareConfig, planned: Plan, folder: Path) -> None:
    """What the set was made from, by which recx: what `reproduce` reads."""
    own = {field.name for field in fields(PrepareConfig)}
    settings = {name: value for name, value in asdict(config).items() if name in own}
    record = Record(folder, "prepare", Session(), settings, config.seed)
    record.note(
        dataset={"folder": str(planned.folder), "fingerprint": planned.fingerprint},
        inputs={str(file): content(file) for file in planned.files},
    )
    record.end()


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
    if "exposures" in facts:
        say(f"{facts['exposures']:,} rows with a propensity, {facts['exposures_in_test']:,} of them in test")

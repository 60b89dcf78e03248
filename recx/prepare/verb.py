"""`prepare`: a data set is made once and addressed by what it is made from."""

from __future__ import annotations

import shutil
from typing import Any

from recx import store
from recx.data import Dataset
from recx.prepare import stored
from recx.prepare.config import PrepareConfig
from recx.prepare.plan import Say, nobody, plan


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
        prepared = planned.build()
        if folder.exists():
            say(f"{folder} is damaged and made anew")
            shutil.rmtree(folder)
        with store.atomic_folder(folder) as temporary:
            stored.save(prepared, temporary)
    _tell(prepared.facts, say)
    return stored.load(folder)


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

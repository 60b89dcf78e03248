"""A run made once more: by its verb, with its settings, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from recx import store
from recx.prepare.plan import plan
from recx.prepare.verb import make
from recx.session import Session

Again = Callable[[Any, store.Json, Path, Session], Path]
"""(settings, manifest, folder for results, session) -> the new run."""


def prepare_again(settings: Any, manifest: store.Json, out: Path, session: Session) -> Path:
    """A data set from the same raw files, which are looked for where they were."""
    planned = plan(settings, session.listener.say)
    folder = out / planned.folder.name
    make(settings, planned, folder)
    return folder


def train_again(settings: Any, manifest: store.Json, out: Path, session: Session) -> Path:
    """All fits of a training; none is taken over from another run."""
    from recx.train import train

    config = replace(_placed(settings, manifest, out), device="cpu")
    return train(config, session, manifest["label"], trial=_trial(manifest)).folder


def fuse_again(settings: Any, manifest: store.Json, out: Path, session: Session) -> Path:
    """A fusion of the bases it was offered."""
    from recx.fuse import fuse
    from recx.train.runs import open_run

    bases = {
        label: replace(open_run(Path(run)), label=label)
        for label, run in manifest["fusion"]["offered"].items()
    }
    return fuse(_placed(settings, manifest, out), session, trained=bases).folder


def evaluate_again(settings: Any, manifest: store.Json, out: Path, session: Session) -> Path:
    """An evaluation of the same runs."""
    from recx.evaluate import evaluate

    threads = manifest.get("threads", settings.threads)
    return Path(evaluate(replace(settings, results=str(out), threads=threads), session).folder)


def compare_again(settings: Any, manifest: store.Json, out: Path, session: Session) -> Path:
    """A comparison of the same two runs."""
    from recx.evaluate.compare import compare

    threads = manifest.get("threads", settings.threads)
    return Path(compare(replace(settings, results=str(out), threads=threads), session).folder)


AGAIN: dict[str, Again] = {
    "prepare": prepare_again,
    "train": train_again,
    "fuse": fuse_again,
    "evaluate": evaluate_again,
    "compare": compare_again,
}
"""Verb -> how its runs are made again."""


def _placed(settings: Any, manifest: store.Json, out: Path) -> Any:
    """In another place and with as many threads as then; a prepared set that is gone is put back."""
    return replace(settings, results=str(out), threads=manifest.get("threads", settings.threads))


def _trial(manifest: store.Json) -> bool:
    """Trials of a sweep make the select fit alone."""
    return bool(manifest.get("trial", list(manifest["fits"]) == ["select"]))

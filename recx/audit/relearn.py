"""A fuser learns again from the labels of its windows: the same seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recx import store
from recx.audit.finding import Check, Finding
from recx.audit.run import Run
from recx.data import Dataset
from recx.fuse import verb
from recx.fuse.config import FuseConfig
from recx.fuse.fusers import config_class, fuser_class
from recx.fuse.learning import Learning
from recx.manifest import Record, versions
from recx.metrics.protocol import Protocol
from recx.session import Session

NAME = "stacker-labels"
PACKAGES = ("numpy", "scipy", "lightgbm")


def check_relearnt(run: Run, dataset: Dataset, session: Session) -> Check:
    """The check stacker-labels of what a fusion has learnt."""
    config = settings_of(run.config)
    if not fuser_class(config.fuser.name).learns:
        return Check(NAME, run.name, f"{config.fuser.name} learns nothing from labels", applies=False)
    if why := _cannot(run, dataset):
        return Check(NAME, run.name, f"the fuser cannot learn again: {why}", applies=False)
    with TemporaryDirectory(prefix="recx-audit-") as place:
        again = Path(place) / "fuse"
        config = replace(config, results=place, cache=0)
        record = Record(again, "fuse", Session(), {}, config.seed)
        runs = {part.name: replace(part.train, label=part.name) for part in run.parts}
        protocol = Protocol.of(config, dataset, config.seed)
        Learning(config, dataset, protocol, runs, record, session, int(run.manifest["threads"])).make()
        names = {part["name"]: kind for kind, part in record.facts["fusion"]["parts"].items()}
        made = {
            file.name: store.sha256(file) for file in again.iterdir() if file.stem.partition("-")[0] in names
        }
    other = [
        name
        for name, digest in sorted(made.items())
        if not (run.folder / name).is_file() or store.sha256(run.folder / name) != digest
    ]
    findings = (
        Finding(
            "leak",
            "the fuser is not what the labels of its windows teach: it has learnt from others",
            ", ".join(other[:3]),
            "fuse again",
            {"files": len(other)},
        ),
    )
    looked = "what the fuser has learnt, learnt again from its windows"
    return Check(NAME, run.name, looked, findings if other else ())


def _cannot(run: Run, dataset: Dataset) -> str:
    noted: Mapping[str, str] = run.manifest.get("versions", {})
    now = versions()
    if run.manifest.get("sources") != verb.sources():
        return "another version of recx has fused"
    if package := next((name for name in PACKAGES if noted.get(name) != now.get(name)), None):
        return f"it was fused with {package} {noted.get(package)}, here is {now.get(package)}"
    for part in run.parts:
        if part.outdated:
            return f"another version of {part.train.model.name} has fitted {part.name}"
        if gone := [fold.name for fold in dataset.split.windows if fold.name not in part.stored]:
            return f"the fit of {part.name} for {gone[0]} is gone"
    return ""


def settings_of(plain: Mapping[str, Any]) -> FuseConfig:
    """The settings of a fusion, without those of its bases and data, which are made."""
    fuser = dict(plain["fuser"])
    known = {field.name for field in fields(FuseConfig)} - {
        "bases",
        "runs",
        "dataset",
        "split",
        "windows",
        "fuser",
    }
    kept = {name: value for name, value in plain.items() if name in known}
    return FuseConfig(**kept, fuser=config_class(str(fuser["name"]))(**fuser))

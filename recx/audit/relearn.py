"""A fuser learns again from the labels of its windows: the same seed teaches the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from recx import store
from recx.arrays import Float64
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
PACKAGES = ("numpy", "scipy", "lightgbm", "torch")
SAME = 0.99
"""Correlation below which two fusers have not learnt the same: threads add up in any order."""
CLOSE = 1e-6
POINTS = 4096


def check_relearnt(run: Run, dataset: Dataset, session: Session) -> Check:
    """The check stacker-labels of what a fusion has learnt."""
    config = settings_of(run.config)
    if not fuser_class(config.fuser.name).learns:
        return Check(NAME, run.name, f"{config.fuser.name} learns nothing from labels", applies=False)
    if why := _cannot(run, dataset):
        return Check(NAME, run.name, f"the fuser cannot learn again: {why}", applies=False)
    with TemporaryDirectory(prefix="recx-audit-") as place:
        again = Path(place) / "fuse"
        # the bases are those that a budget has chosen
        config = replace(config, results=place, cache=0, fuser=replace(config.fuser, budget=None))
        record = Record(again, "fuse", Session(), {}, config.seed)
        runs = {part.name: replace(part.train, label=part.name) for part in run.parts}
        protocol = Protocol.of(config, dataset, config.seed)
        helpers = run.manifest["fusion"].get("helpers", ())
        bases = [label for label in runs if label not in helpers]
        threads = int(run.manifest["threads"])
        Learning(config, dataset, protocol, runs, bases, record, session, threads).make()
        parts = [str(part["name"]) for part in record.facts["fusion"]["parts"].values()]
        found = {name: _alike(run.folder, again, name) for name in parts}
    findings = [_finding(name, alike) for name, alike in found.items() if alike < SAME]
    looked = "what the fuser has learnt, learnt again from its windows"
    return Check(NAME, run.name, looked, tuple(findings))


def _finding(name: str, alike: float) -> Finding:
    return Finding(
        "leak",
        "the fuser is not what the labels of its windows teach: it has learnt from others",
        f"files of {name}",
        "fuse again",
        {"correlation": alike},
    )


def _alike(one: Path, other: Path, name: str) -> float:
    """Correlation of what two fusers have learnt: trees by what they say of points, weights as they are."""
    files = [_files(folder, name) for folder in (one, other)]
    if files[0] != files[1]:
        return 0.0
    trees = [file for file in files[0] if file.endswith(".txt")]
    found = [1.0]
    if trees:
        points = _points(one / trees[0])
        found.append(_correlation(*(_said(folder, trees, points) for folder in (one, other))))
    for file in files[0]:
        if file.endswith(".safetensors"):
            a, b = (store.read_arrays(folder / file) for folder in (one, other))
            same = a.keys() == b.keys() and all(a[key].shape == b[key].shape for key in a)
            found.append(_correlation(_flat(a), _flat(b)) if same else 0.0)
    return min(found)


def _files(folder: Path, name: str) -> list[str]:
    """Names of what the fuser called ``name`` has written."""
    kinds = (".txt", ".safetensors")
    files = [file for file in folder.iterdir() if file.suffix in kinds]
    return sorted(file.name for file in files if file.stem.partition("-")[0] == name)


def _flat(arrays: Mapping[str, npt.NDArray[Any]]) -> Float64:
    """All numbers, in one row."""
    numbers = [np.ravel(arrays[key]) for key in sorted(arrays) if arrays[key].dtype.kind in "fiub"]
    return np.concatenate([np.zeros(0), *(column.astype(np.float64) for column in numbers)])


def _correlation(a: Float64, b: Float64) -> float:
    """1 where they are equal, whatever they are."""
    if np.allclose(a, b, rtol=CLOSE, atol=CLOSE):
        return 1.0
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _said(folder: Path, trees: list[str], points: Float64) -> Float64:
    """Sum of the boosters' scores: (points,)."""
    import lightgbm

    boosters = (lightgbm.Booster(model_file=str(folder / file)) for file in trees)
    return np.asarray(np.sum([booster.predict(points) for booster in boosters], axis=0))


def _points(file: Path) -> Float64:
    """Random points in the range of every feature, as LightGBM has noted it: (POINTS, features)."""
    ranges = re.search(r"^feature_infos=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    rng, columns = np.random.default_rng(0), []
    for told in (ranges[1] if ranges else "").split():
        if told.startswith("["):
            low, high = map(float, told.strip("[]").split(":"))
            columns.append(rng.uniform(low, high, POINTS))
        else:  # categories, or a feature with one value
            codes = [float(code) for code in told.split(":")] if told != "none" else [0.0]
            columns.append(rng.choice(codes, POINTS))
    return np.stack(columns, axis=1)


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

"""Small logs that are prepared as any other, and a hand that changes what lies on disk."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recx import store
from recx.audit import audit
from recx.audit.config import AuditConfig
from recx.audit.finding import Audit, Finding
from recx.config.compose import compose
from recx.fuse import fuse
from recx.prepare import prepare, stored
from recx.prepare.plan import folder_of
from recx.sweep import sweep
from recx.train import train
from recx.train.runs import MODEL

Columns = dict[str, Any]
Row = tuple[str, str, int, int, float]  # user, item, stars, time, paid
NAMES = ["user", "item", "rating", "timestamp", "paid"]
START, DAY = 1_600_000_000, 86_400


def log(n_users: int = 60, n_items: int = 40, each: int = 16) -> list[Row]:
    """Every user takes ``each`` different items at different times; ids say nothing of when they came."""
    rng = np.random.default_rng(3)
    rows = [
        (f"u{user}", f"i{item}", int(rng.integers(1, 6)), int(rng.integers(0, 300 * DAY)), item)
        for user in range(n_users)
        for item in rng.permutation(n_items)[:each]
    ]
    prices = rng.uniform(1, 9, n_items)
    return [(u, i, v, START + t, round(prices[k] * rng.uniform(0.8, 1.2), 2)) for u, i, v, t, k in rows]


def write(path: Path, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where data sets lie that several tests begin with."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def prepared(tmp_path: Path, shelf: Path) -> Callable[..., Path]:
    """Prepare a log with a catalogue beside it; a folder of the test's own."""

    def make(*words: str, rows: list[Row] | None = None) -> Path:
        raw = (tmp_path if rows or "split=files" in words else shelf) / "raw"
        raw.mkdir(exist_ok=True)
        write(raw / "log.csv", NAMES, rows or log())
        rng = np.random.default_rng(4)
        things = sorted({row[1] for row in rows or log()})
        write(
            raw / "items.csv", ["item", "brand", "weight"], [(i, f"b{len(i)}", rng.random()) for i in things]
        )
        fixed = [
            "dataset=csv",
            "dataset.name=shop",
            f"dataset.path={raw}",
            "dataset.file=log.csv",
            "dataset.item_file=items.csv",
            "dataset.extras=[paid]",
            f"data_dir={raw.parent}/prepared",
        ]
        config = compose("prepare", [*fixed, *words]).settings
        prepare(config)
        folder = folder_of(config)
        own = tmp_path / "own" / folder.name
        shutil.copytree(folder, own, dirs_exist_ok=True)
        return own

    return make


@pytest.fixture
def audited(tmp_path: Path) -> Callable[[Path], Audit]:
    """Audit a data set."""
    return lambda folder: audit(AuditConfig(data=str(folder), results=str(tmp_path / "results"), threads=1))


def change(folder: Path, file: str, edit: Callable[[Columns], Columns | None], forge: bool = True) -> None:
    """Edit the columns of a parquet file; with ``forge`` the header says that this is what was written."""
    table = pq.read_table(folder / file)
    columns: Columns = {name: table[name].to_numpy().copy() for name in table.column_names}
    columns = edit(columns) or columns
    pq.write_table(pa.table({name: pa.array(column) for name, column in columns.items()}), folder / file)
    if forge:
        head(folder, files={name: store.sha256(folder / name) for name in stored.FILES})


def head(folder: Path, **facts: object) -> None:
    """Change what dataset.json says."""
    store.write_json(folder / stored.HEADER, stored.facts(folder) | facts)


def leaks(found: Audit) -> Mapping[str, list[Finding]]:
    """Check -> its leaks."""
    told: dict[str, list[Finding]] = {}
    for check in found.checks:
        for one in check.findings:
            if one.severity == "leak":
                told.setdefault(check.name, []).append(one)
    return told


def notes(found: Audit) -> list[str]:
    """Checks with a note."""
    return [c.name for c in found.checks for one in c.findings if one.severity == "note"]


# --- runs ---

SMALL = ["dataset=synthetic", "dataset.n_users=300", "dataset.n_items=120", "threads=1"]


@dataclass(frozen=True)
class Runs:
    """Finished runs of one small data set."""

    ease: Path
    als: Path
    fusion: Path
    sweep: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Made once; a test plants in a copy."""
    home = tmp_path_factory.mktemp("made")
    shop = [*SMALL, f"data_dir={home}/prepared", f"results={home}/results"]

    def trained(*words: str) -> Path:
        return train(compose("train", [*shop, *words]).settings).folder

    words = ["bases=[ease,popular]", "fuser.trees=5", "fuser.search=2", "cache=0"]
    return Runs(
        trained("model=ease"),
        trained("model=als", "model.factors=8", "model.epochs=6", "model.patience=2"),
        fuse(compose("fuse", [*shop, *words]).settings).folder,
        sweep(compose("sweep", [*shop, "model=als", "model.factors=4,8", "model.epochs=3"]).settings).folder,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a run that may be changed."""

    def copy(run: Path) -> Path:
        shutil.copytree(run, tmp_path / run.name)
        return tmp_path / run.name

    return copy


@pytest.fixture
def looked(tmp_path: Path) -> Callable[..., Audit]:
    """Audit a run."""

    def look(run: Path, refit: str = "auto") -> Audit:
        return audit(AuditConfig(run=str(run), results=str(tmp_path / "results"), refit=refit, threads=1))

    return look


def forge(run: Path, **facts: object) -> None:
    """Change what a manifest says, and make its checksums say that the files are what was written."""
    manifest = store.read_json(run / store.MANIFEST) | facts
    for name, note in manifest.get("fits", {}).items():
        if (file := run / MODEL / f"{name}.safetensors").is_file():
            note["sha256"] = store.sha256(file)
    store.write_json(run / store.MANIFEST, manifest)
    store.write_json(run / store.MANIFEST, manifest | {"files": store.checksums(run)})

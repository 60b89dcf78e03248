"""Small logs that are prepared as any other, and a hand that changes what lies on disk."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
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
from recx.prepare import prepare, stored
from recx.prepare.plan import folder_of

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
    told = {c.name: [one for one in c.findings if one.severity == "leak"] for c in found.checks}
    return {name: found for name, found in told.items() if found}


def notes(found: Audit) -> list[str]:
    """Checks with a note."""
    return [c.name for c in found.checks for one in c.findings if one.severity == "note"]

"""A log in which what sells in watch no longer sells in valid, and a model that does as it is told."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recx.prepare.sources.config import CsvConfig
from recx.sweep.config import SweepConfig

PLUGIN = Path(__file__).parent / "plugin"
USERS, DAYS, ITEMS = 10, 100, 6
IN_WATCH, IN_VALID = 4, 5
"""Items: the first is bought by everybody in watch, the second in valid."""


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The model "told" is installed; the file says which fits began and ended."""
    monkeypatch.syspath_prepend(str(PLUGIN))
    file = tmp_path / "diary"
    file.touch()
    monkeypatch.setenv("MADE_UP_DIARY", str(file))
    yield file
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_up"]:
        del sys.modules[name]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Days 0-71 items 0-3, days 72-79 (watch) item 4, days 80-89 (valid) item 5, then (test) items 0-3."""
    rows = ["user,item,rating,time"]
    for day in range(DAYS):
        for user in range(USERS):
            item = IN_WATCH if 72 <= day < 80 else IN_VALID if 80 <= day < 90 else (user + day) % 4
            # the first two days make every item known
            item = IN_WATCH + day if day < 2 else item
            rows.append(f"{user},{item},{1 + (user + day) % 3},{1_700_000_000 + 86_400 * day + user}")
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def config(tmp_path: Path, log: Path, diary: Path) -> SweepConfig:
    """A sweep of "told" on the log, its space still empty."""
    from made_up.config import ToldConfig

    return SweepConfig(
        model=ToldConfig(),
        dataset=CsvConfig(path=str(log), value="none", repeats=True),
        data_dir=str(tmp_path / "prepared"),
        results=str(tmp_path / "results"),
        sweep_name="told",
        k=[1, 2],
        threads=2,
    )

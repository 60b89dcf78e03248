"""Data sets written row by row into a folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from recx.data import Dataset
from recx.prepare import prepare
from recx.prepare.config import CleanConfig, PrepareConfig
from recx.prepare.sources.config import CsvConfig
from recx.prepare.split.config import RandomSplit, SplitConfig

Make = Callable[..., Dataset]
SMALL = RandomSplit(per_user=False, valid=0.2, test=0.2, watch_share=0.2)
"""A split that any handful of rows survives."""


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies on the developer's machine must not decide a test."""
    monkeypatch.delenv("RECX_DATA_HOME", raising=False)


def rows(*lines: Iterable[object], header: str = "user,item,time") -> str:
    return "\n".join([header, *(",".join(map(str, line)) for line in lines)]) + "\n"


def shop(users: int = 6, items: int = 5) -> list[tuple[str, str, int]]:
    """Every user meets every item once, a day apart."""
    return [
        (f"u{user}", f"i{item}", 1_600_000_000 + 86_400 * (items * user + item))
        for user in range(users)
        for item in range(items)
    ]


def config(folder: Path, split: SplitConfig = SMALL, seed: int = 0, **settings: Any) -> PrepareConfig:
    """Settings for a table in ``folder``; clean.<rule> settings are given as clean=dict(...)."""
    clean = CleanConfig(**settings.pop("clean", {}))
    dataset = CsvConfig(name="toy", clean=clean, **settings)
    return PrepareConfig(dataset, split, seed, str(folder / "prepared"))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a table and prepare it: make(text, file="log.csv", split=..., **settings of the csv source)."""

    def prepared(
        text: str | bytes, file: str = "log.csv", split: SplitConfig = SMALL, seed: int = 0, **settings: Any
    ) -> Dataset:
        raw = text.encode() if isinstance(text, str) else text
        (tmp_path / file).write_bytes(raw)
        return prepare(config(tmp_path, split, seed, path=str(tmp_path / file), **settings))

    return prepared

"""What is to be prepared, from which files, and the folder it belongs in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recx.errors import UsageError
from recx.prepare.build import Prepared, build
from recx.prepare.config import PrepareConfig
from recx.prepare.fingerprint import fingerprint
from recx.prepare.sources.base import Source, Surroundings, create_source
from recx.prepare.split.base import SplitMethod, create_split

DATED = ("time", "files")
"""Splits that say of what nobody took, too, whether it is test."""
Say = Callable[[str], None]


def nobody(line: str) -> None:
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


def plan(config: PrepareConfig, say: Say | None = None) -> Plan:
    """Check the settings, find the raw files and name the folder."""
    name = config.dataset.name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise UsageError(f"dataset.name={name}: expected letters, digits, dot, dash and underscore")
    data_dir = Path(config.data_dir)
    method = create_split(config.split, config.windows, config.seed)
    around = Surroundings(data_dir, method.config.method == "files", say or nobody)
    source = create_source(config.dataset, around)
    if getattr(source.config, "propensity", None) is not None and method.config.method not in DATED:
        known = " or ".join(f"split={name}" for name in DATED)
        raise UsageError(
            f"dataset.propensity says what was shown, and when, or in which file, decides what is test: "
            f"use {known}, not split={method.config.method}"
        )
    files = source.files()
    digest = fingerprint(config, source, method, files)
    return Plan(source, method, files, digest, data_dir / f"{name}-{method.config.method}-{digest[:8]}")


def folder_of(config: PrepareConfig) -> Path:
    """Where the data set of ``config`` lies or would lie: <data_dir>/<dataset>-<split>-<fingerprint8>."""
    return plan(config).folder

"""Equal fingerprints, equal data sets: hashes of the raw files and every setting that has a say."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from recx import store
from recx.errors import DataError
from recx.prepare.config import PrepareConfig
from recx.prepare.sources.base import Source
from recx.prepare.split.base import SplitMethod
from recx.prepare.split.config import told

VERSION = 2
"""Of what prepare makes of the same input; a change of any row, id, feature or role raises it."""


def fingerprint(
    config: PrepareConfig, source: Source[Any], method: SplitMethod[Any], files: list[Path]
) -> str:
    """16 hex digits. The seed is part of it only where the split draws; where the files lie never is."""
    dataset = asdict(source.config)
    del dataset["path"]
    if dataset.get("propensity") is None:  # sets of before there were any keep their name
        dataset.pop("propensity", None)
    parts = {
        "version": VERSION,
        "dataset": dataset,
        "split": told(method.config),
        "windows": asdict(method.windows),
        "seed": config.seed if method.draws else None,
        "content": [content(file) for file in files],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def content(file: Path) -> str:
    """sha256 of a raw file; read again only when its size or date has changed."""
    try:
        stat = file.stat()
        return _content(file, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror})") from error


@lru_cache(maxsize=64)
def _content(file: Path, size: int, changed: int) -> str:
    return store.sha256(file)

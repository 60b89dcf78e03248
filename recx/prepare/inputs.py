"""What a run on a prepared data set reads, file by file."""

from __future__ import annotations

from recx.prepare import stored
from recx.prepare.config import PrepareConfig
from recx.prepare.fingerprint import content
from recx.prepare.plan import plan


def inputs_of(config: PrepareConfig) -> dict[str, str]:
    """sha256 of every raw file, and of every file of the prepared data set, by path."""
    planned = plan(config)
    return {str(file): content(file) for file in planned.files} | stored.digests(planned.folder)

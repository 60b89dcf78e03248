"""What an option says of itself: the second comment line of its yaml."""

from __future__ import annotations

from pathlib import Path

from recx.config import folders


def about(group: str, option: str, path: list[Path]) -> str:
    """The comment below the line that runs it; empty where there is none."""
    lines = folders.find(f"{group}/{option}", path).read_text(encoding="utf-8").splitlines()
    return lines[1].removeprefix("#").strip() if len(lines) > 1 and lines[1].startswith("#") else ""

"""Pages of measurements, of which a chapter is replaced when it is measured again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import fill


def read(page: Path) -> tuple[str, dict[str, str]]:
    """What stands before the first chapter, and the chapters by title; nothing where there is no page."""
    head, *texts = page.read_text().strip().split("\n\n## ") if page.is_file() else [""]
    return head, {text.splitlines()[0]: f"## {text}" for text in texts}


def prose(text: str) -> str:
    """``text``, set anew to the width of a page."""
    return fill(" ".join(text.split()), 110)


def write(page: Path, head: str, chapters: Mapping[str, str], titles: Iterable[str]) -> None:
    """The page of ``head`` and of the chapters there are, in the order of ``titles``."""
    page.write_text("\n\n".join([head, *(chapters[title] for title in titles if title in chapters)]) + "\n")

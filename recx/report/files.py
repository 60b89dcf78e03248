"""A report on disk, for people: report.md and report.html beside evaluate's report.json."""

from __future__ import annotations

from pathlib import Path

from recx import store
from recx.evaluate.result import Report
from recx.report.markdown import markdown
from recx.report.page import page

MARKDOWN = "report.md"
HTML = "report.html"


def write(report: Report, folder: Path) -> None:
    """Write report.md and report.html into ``folder``, each whole or not at all."""
    store.write_text(folder / MARKDOWN, markdown(report))
    store.write_text(folder / HTML, page(report))

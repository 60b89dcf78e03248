"""A report on disk, for people: report.md and report.html beside evaluate's report.json; for build servers
junit.xml.
"""

from __future__ import annotations

from pathlib import Path

from recx import store
from recx.evaluate.result import Report
from recx.report.junit import junit
from recx.report.markdown import markdown
from recx.report.page import page

MARKDOWN = "report.md"
HTML = "report.html"
JUNIT = "junit.xml"


def write(report: Report, folder: Path) -> None:
    """Write report.md, report.html and a gate's junit.xml into ``folder``, each whole or not at all."""
    store.write_text(folder / MARKDOWN, markdown(report))
    store.write_text(folder / HTML, page(report))
    if report.gate:
        store.write_text(folder / JUNIT, junit(report.gate))

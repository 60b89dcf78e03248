"""One task on the page: from who ranks best down to how it was measured."""

from __future__ import annotations

from recx.report.chapter import Chapter
from recx.report.markup import Markup, tag
from recx.report.sections.cost import cost, curves
from recx.report.sections.exposure import popularity, slices
from recx.report.sections.frame import Frame, badge, heading
from recx.report.sections.fusion import attribution, tradeoffs
from recx.report.sections.protocol import protocol
from recx.report.sections.ranking import bars, differences, every_number, intro, windows

__all__ = ["badge", "heading", "protocol_section", "slices_section", "task_section"]
SECTIONS = (
    intro, bars, every_number, windows, differences, attribution, tradeoffs, popularity, slices, curves, cost,
    protocol,
)  # fmt: skip
"""In the order they stand in."""


def task_section(chapter: Chapter, name: str, origin: str | None) -> Markup:
    """The whole chapter; ``name`` is unique in the page and becomes the anchor."""
    frame = Frame(chapter, name, origin)
    return tag("section", *(section(frame) for section in SECTIONS), id=name, class_="chapter")


def slices_section(chapter: Chapter, origin: str | None) -> Markup:
    """The parts of users and items alone."""
    return slices(Frame(chapter, "slices", origin))


def protocol_section(chapter: Chapter, origin: str | None) -> Markup:
    """What the numbers mean, alone."""
    return protocol(Frame(chapter, "protocol", origin))

"""What the stack listens to, and what each base is worth to it."""

from __future__ import annotations

from recx.evaluate.result import Contribution
from recx.report.chapter import Chapter
from recx.report.markup import Markup, tag
from recx.report.plots.svg import ROW, Scale, frame, label, margin, named
from recx.report.words import finite, number, percent, title

TOP = 22
LEFT, RIGHT = (0.0, 40.0), (58.0, 88.0)
"""The two panels, in percent of the width."""


def attribution(chapter: Chapter, name: str) -> Markup:
    """Shares of the stack's attribution beside what is lost when a base is left out."""
    parts = sorted(chapter.task.contributions, key=lambda part: -(part.share or 0.0))
    parts = [part for part in parts if finite(part.share) or finite(part.without)]
    if not parts:
        return Markup()
    bases = {each.label for each in chapter.entrants if each.kind == "base"}
    shares = [part.share for part in parts if part.share is not None and finite(part.share)]
    worth = [part.without for part in parts if part.without is not None and finite(part.without)]
    share = Scale(0.0, max([*shares, 1e-9]))
    lost = Scale(min([0.0, *worth]), max([0.0, *worth, 1e-9]))
    bottom = TOP + ROW * len(parts)
    marks = []
    if shares:
        marks.append(label("share of its decisions", f"{LEFT[0]:g}%", 10, "head"))
        marks.append(_line(_place(share, 0, LEFT), bottom))
    if worth:
        marks.append(label(f"{title(chapter.headline)} lost without", f"{RIGHT[0]:g}%", 10, "head"))
        marks.append(_line(_place(lost, 0, RIGHT), bottom))
    for place, part in enumerate(parts):
        middle = TOP + ROW * place + ROW / 2
        kind = "fusion" if part.label in bases else "group"
        marks.append(_row(part, middle, kind, share, lost))
    told = "; ".join(f"{part.label} {percent(part.share)}" for part in parts)
    left = margin([part.label for part in parts])
    return frame(name, "What the stack listens to", f"{told}.", bottom + 6, left, 4, marks)


def _row(part: Contribution, middle: float, kind: str, share: Scale, lost: Scale) -> Markup:
    marks = [named(part.label, middle, kind)]
    told = part.label
    if part.share is not None and finite(part.share):
        end = _place(share, max(part.share, 0.0), LEFT)
        marks.append(_bar(LEFT[0], end, middle, kind))
        marks.append(label(percent(part.share), f"{end:.2f}%", middle, "value", dx=6))
        told += f": {percent(part.share)} of the stack's attribution"
    if part.without is not None and finite(part.without):
        zero, end = _place(lost, 0.0, RIGHT), _place(lost, part.without, RIGHT)
        marks.append(_bar(zero, end, middle, "gain" if part.without >= 0 else "loss"))
        marks.append(label(number(part.without), f"{max(zero, end):.2f}%", middle, "value", dx=6))
        told += f"; left out, it costs {number(part.without)}"
    return tag("g", tag("title", told), marks)


def _bar(start: float, end: float, middle: float, kind: str) -> Markup:
    low, high = min(start, end), max(start, end)
    return tag(
        "rect", x=f"{low:.2f}%", y=middle - 7, width=f"{high - low:.2f}%", height=14, class_=f"mark {kind}"
    )


def _line(at: float, bottom: float) -> Markup:
    return tag("line", x1=f"{at:.2f}%", x2=f"{at:.2f}%", y1=TOP - 2, y2=bottom, class_="zero")


def _place(scale: Scale, value: float, panel: tuple[float, float]) -> float:
    return panel[0] + scale.share(value) * (panel[1] - panel[0])

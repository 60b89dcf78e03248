"""What the stack listens to, and what each base is worth to it."""

from __future__ import annotations

from recx.report.chapter import Chapter
from recx.report.markup import Child, Markup, tag
from recx.report.plots.svg import ROW, Scale, frame, label, margin, named
from recx.report.words import finite, number, percent, title

ROOM = 1.3
"""Bars end here, so that their numbers fit behind them."""


def attribution(chapter: Chapter, name: str) -> Markup:
    """Share of the stack's attribution that goes to each base and feature group."""
    bases = {each.label for each in chapter.entrants if each.kind == "base"}
    found = [(part.share, part.label) for part in chapter.task.contributions]
    parts = sorted(
        ((share, label) for share, label in found if share is not None and finite(share)), reverse=True
    )
    if not parts:
        return Markup()
    scale = Scale(0.0, ROOM * max(1e-9, parts[0][0]))
    rows = []
    for place, (share, words) in enumerate(parts):
        kind = "fusion" if words in bases else "group"
        rows.append(_row(scale, place, words, share, percent(share), kind, "" if words in bases else kind))
    return _figure(name, "What the stack listens to", parts, rows, scale)


def worth(chapter: Chapter, name: str) -> Markup:
    """What is lost when a base is left out."""
    found = [(part.without, part.label) for part in chapter.task.contributions]
    parts = sorted(
        ((lost, label) for lost, label in found if lost is not None and finite(lost)), reverse=True
    )
    if not parts:
        return Markup()
    low, high = min(0.0, parts[-1][0]), max(0.0, parts[0][0])
    scale = Scale(low, ROOM * max(high, -low * 0.5, 1e-9))
    rows = [
        _row(scale, place, words, lost, number(lost), "gain" if lost >= 0 else "loss", "")
        for place, (lost, words) in enumerate(parts)
    ]
    return _figure(name, f"{title(chapter.headline)} lost without a base", parts, rows, scale)


def _figure(
    name: str, heading: str, parts: list[tuple[float, str]], rows: list[Markup], scale: Scale
) -> Markup:
    bottom = ROW * len(rows) + 4
    zero = tag("line", x1=scale.x(0), x2=scale.x(0), y1=0, y2=bottom, class_="zero")
    marks: list[Child] = [*rows, zero]
    told = "; ".join(f"{words} {number(value)}" for value, words in parts) + "."
    return frame(name, heading, told, bottom + 4, margin([words for _, words in parts]), 4, marks)


def _row(scale: Scale, place: int, words: str, value: float, shown: str, kind: str, font: str) -> Markup:
    middle = ROW * place + ROW / 2 + 2
    low, high = sorted((scale.share(0.0), scale.share(value)))
    width = f"{100 * (high - low):.2f}%"
    return tag(
        "g",
        tag("title", f"{words}: {shown}"),
        named(words, middle, font),
        tag("rect", x=f"{100 * low:.2f}%", y=middle - 7, width=width, height=14, class_=f"mark {kind}"),
        label(shown, f"{100 * high:.2f}%", middle, "value", dx=6),
    )

"""What a fusion listens to, and what each base and each group of features is worth to it."""

from __future__ import annotations

from recx.evaluate.result import Estimate
from recx.report.chapter import Chapter
from recx.report.markup import Child, Markup, tag
from recx.report.plots.svg import ROW, Scale, around, frame, label, margin, named, whisker
from recx.report.words import finite, interval, number, percent, title

ROOM = 1.3
"""Bars end here, so that their numbers fit behind them."""


def attribution(chapter: Chapter, name: str) -> Markup:
    """Share of the fuser's attribution that goes to each base and feature group."""
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
        rows.append(_bar(scale, place, words, share, kind))
    return _figure(name, "What the fusion listens to", parts, rows, scale, 4)


def worth(chapter: Chapter, name: str) -> Markup:
    """What is lost when a base or a group of features is left out, with its 95 % interval."""
    bases = {each.label for each in chapter.entrants if each.kind == "base"}
    found = [(part.label, part.without) for part in chapter.task.contributions]
    parts = [(words, lost) for words, lost in found if lost is not None and finite(lost.value)]
    if not parts:
        return Markup()
    parts.sort(key=lambda part: -part[1].value)
    scale = around([end for _, lost in parts for end in (0.0, lost.value, lost.low, lost.high)])
    rows = [
        _dot(scale, place, words, lost, "" if words in bases else "group")
        for place, (words, lost) in enumerate(parts)
    ]
    values = [(lost.value, words) for words, lost in parts]
    return _figure(name, f"{title(chapter.headline)} lost without", values, rows, scale, 58)


def _figure(
    name: str,
    heading: str,
    parts: list[tuple[float, str]],
    rows: list[Markup],
    scale: Scale,
    right: float,
) -> Markup:
    bottom = ROW * len(rows) + 4
    zero = tag("line", x1=scale.x(0), x2=scale.x(0), y1=0, y2=bottom, class_="zero")
    marks: list[Child] = [*rows, zero]
    told = "; ".join(f"{words} {number(value)}" for value, words in parts) + "."
    return frame(name, heading, told, bottom + 4, margin([words for _, words in parts]), right, marks)


def _bar(scale: Scale, place: int, words: str, share: float, kind: str) -> Markup:
    middle = _middle(place)
    end = f"{100 * scale.share(share):.2f}%"
    return tag(
        "g",
        tag("title", f"{words}: {percent(share)}"),
        named(words, middle, "group" if kind == "group" else ""),
        tag("rect", x=0, y=middle - 7, width=end, height=14, class_=f"mark {kind}"),
        label(percent(share), end, middle, "value", dx=6),
    )


def _dot(scale: Scale, place: int, words: str, lost: Estimate, font: str) -> Markup:
    middle = _middle(place)
    sign = "gain" if lost.low > 0 else "loss" if lost.high < 0 else "open"
    return tag(
        "g",
        tag("title", f"{words}: {number(lost.value)}, 95% interval {interval(lost)}"),
        whisker(scale, lost.low, lost.high, middle, f"diff {sign}", 0),
        tag("circle", cx=scale.x(lost.value), cy=middle, r=4, class_=f"dot {sign}"),
        named(words, middle, font),
        label(number(lost.value), "100%", middle, f"value {sign}", dx=8),
    )


def _middle(place: int) -> float:
    return ROW * place + ROW / 2 + 2

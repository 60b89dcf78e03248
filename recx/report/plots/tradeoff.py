"""Relevance against what else lists are to be: the front as a line, what is chosen as a dot."""

from __future__ import annotations

from recx.evaluate.result import Tradeoff
from recx.report.markup import Markup, tag
from recx.report.plots.svg import around, axes, frame, label, polyline
from recx.report.words import finite, number, title

HEIGHT = 170.0
NAMES = {
    "tail_share": "tail share",
    "coverage": "coverage",
    "diversity": "diversity",
    "margin": "mean margin or price",
}


def tradeoff_plot(found: Tradeoff, name: str) -> Markup:
    """One front; points that another beats in both are small and grey."""
    points = [point for point in found.points if finite(point.value) and finite(point.relevance)]
    if len(points) < 2:
        return Markup()
    across, up = (
        around([getattr(point, which) for point in points], 0.08) for which in ("value", "relevance")
    )
    about = NAMES.get(found.objective, found.objective)
    marks = [axes(across, up, HEIGHT, about)]
    line = [
        (across.share(point.value), up.y(point.relevance, HEIGHT))
        for point in sorted(points, key=lambda point: point.value)
        if point.best
    ]
    if len(line) > 1:
        marks.append(polyline(line, HEIGHT, "fusion"))
    for point in sorted(points, key=lambda point: point.chosen):
        asked = f"weight {point.weight:g}" if point.floor is None else f"floor {point.floor:g}"
        told = f"{asked}: {about} {number(point.value)}, {title(found.metric)} {number(point.relevance)}"
        kind = "fusion" if point.best or point.chosen else "base"
        marks.append(
            tag(
                "circle",
                tag("title", told),
                cx=across.x(point.value),
                cy=up.y(point.relevance, HEIGHT),
                r=5.5 if point.chosen else 3,
                class_=f"mark {kind}",
            )
        )
        if point.chosen:
            late = across.share(point.value) > 0.5
            x, y = across.x(point.value), up.y(point.relevance, HEIGHT)
            kind = f"spot fusion{' end' if late else ''}"
            marks.append(label("as asked for", x, y - 12, kind, dx=-4 if late else 4))
    heading = f"{title(found.metric)} against {about}"
    return frame(name, heading, f"{found.words}.", HEIGHT + 38, 46, 12, marks)

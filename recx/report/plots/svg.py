"""What all plots share: scales, axes and the fluid frame.

Widths are percentages and heights are pixels: a plot fills whatever width it gets while its letters keep
their size, on a phone as on paper. Labels stand in the padding left and right of the svg.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from recx.report.markup import Child, Markup, fine, join, tag

LETTER = 6.6
"""Width in pixels of an average letter of 12 px text, on the safe side."""
ROW = 22
"""Height in pixels of a row with one label."""


@dataclass(frozen=True)
class Scale:
    """Numbers -> percent of the width, or ``y`` pixels from the top; ends may be the other way round."""

    low: float
    high: float
    kind: Literal["linear", "log"] = "linear"
    parts: int = 5  # about how many ticks

    def share(self, value: float) -> float:
        """Where ``value`` lies between the ends: 0 to 1, and beyond."""
        low, high = self.low, self.high
        if self.kind == "log":
            low, high = math.log10(low), math.log10(high)
            value = math.log10(max(value, 1e-300))
        return (value - low) / (high - low) if high != low else 0.5

    def x(self, value: float) -> str:
        """As a horizontal position."""
        return f"{fine(100 * self.share(value))}%"

    def y(self, value: float, height: float) -> float:
        """As a vertical position in a plot of ``height`` pixels."""
        return height * (1 - self.share(value))

    @property
    def ticks(self) -> list[float]:
        """Round numbers inside the scale; powers of ten on a log scale."""
        if self.kind == "log":
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            apart = max(1, math.ceil((last - first) / 5))
            return [10.0**power for power in range(first, last + 1, apart)]
        low, high = sorted((self.low, self.high))
        step = _step(high - low, self.parts)
        return [step * n for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]

    def tick(self, value: float) -> str:
        """A tick's number, no longer than it need be."""
        if self.kind == "log":
            return f"{value:g}" if 1e-3 <= value < 1e5 else f"{value:.0e}"
        digits = max(0, -math.floor(math.log10(_step(abs(self.high - self.low), self.parts)) + 1e-9))
        return f"{value:,.{digits}f}".replace("-", "−")


def from_zero(values: list[float]) -> Scale:
    """A scale for bars: 0 to a little above the largest."""
    top = max((value for value in values if math.isfinite(value)), default=1.0)
    return Scale(0.0, top if top > 0 else 1.0)


def around(values: list[float], room: float = 0.08) -> Scale:
    """A scale for dots: what there is, with some room."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    spare = (high - low) * room or abs(high) * 0.1 or 1.0
    return Scale(low - spare, high + spare)


def decades(values: list[float]) -> Scale:
    """A log scale of whole decades around positive ``values``."""
    known = [value for value in values if math.isfinite(value) and value > 0] or [1.0]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    return Scale(10.0**low, 10.0 ** max(high, low + 1), "log")


def frame(
    name: str, title: str, description: str, height: float, left: float, right: float, *marks: Child
) -> Markup:
    """The svg with its title and description for those who do not see it; ``name``: unique in the page."""
    svg = tag(
        "svg",
        tag("title", title, id=f"{name}-t"),
        tag("desc", description, id=f"{name}-d"),
        *marks,
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
        width="100%",
        height=height,
    )
    return tag("div", svg, class_="plot", style=f"padding:0 {fine(right)}px 0 {fine(left)}px")


def label(content: str, x: str, y: float, kind: str = "", **place: str | float | None) -> Markup:
    """A word in the plot."""
    return tag("text", content, x=x, y=y, class_=kind or None, **place)


def named(content: str, y: float, kind: str = "", most: int = 18) -> Markup:
    """The name of a row, left of the plot; a long one is cut, its whole reads as the row's tooltip."""
    return label(shortened(content, most), "0", y, f"name {kind}".strip(), dx=-8)


def shortened(content: str, most: int) -> str:
    """At most ``most`` letters."""
    return content if len(content) <= most else f"{content[: most - 1]}…"


def margin(labels: list[str], most: int = 18, spare: float = 12) -> float:
    """Pixels that the longest of ``labels`` needs."""
    return LETTER * min(most, max(map(len, labels), default=0)) + spare


def grid(scale: Scale, top: float, bottom: float, written: bool = True, unit: str = "") -> Markup:
    """Vertical lines at the ticks, their numbers below."""
    marks = []
    for value in scale.ticks:
        marks.append(tag("line", x1=scale.x(value), x2=scale.x(value), y1=top, y2=bottom, class_="grid"))
        if written:
            marks.append(label(scale.tick(value) + unit, scale.x(value), bottom + 14, "tick"))
    return join(marks)


def axes(across: Scale, up: Scale, height: float, unit: str) -> Markup:
    """Grid lines of ``up`` and both scales written at a plot of that ``height``; ``unit`` below."""
    marks = []
    for value in up.ticks:
        y = up.y(value, height)
        marks.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        marks.append(label(up.tick(value), "0", y, "side", dx=-6))
    marks += [label(across.tick(value), across.x(value), height + 16, "tick") for value in across.ticks]
    marks.append(label(unit, "50%", height + 33, "tick"))
    return join(marks)


def whisker(scale: Scale, low: float, high: float, y: float, kind: str = "ci", cap: float = 3.0) -> Markup:
    """An interval: a line between two caps; nothing where an end is not a number."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return Markup()
    ends = [tag("line", x1=scale.x(end), x2=scale.x(end), y1=y - cap, y2=y + cap) for end in (low, high)]
    return tag("g", tag("line", x1=scale.x(low), x2=scale.x(high), y1=y, y2=y), ends, class_=kind)


def polyline(points: list[tuple[float, float]], height: float, kind: str) -> Markup:
    """A line through (share of the width, y in pixels), as wide as the plot and equally thick everywhere."""
    inside = " ".join(f"{fine(1000 * x)},{fine(float(y))}" for x, y in points)
    line = tag("polyline", points=inside, class_=kind, vector_effect="non-scaling-stroke")
    box = f"0 0 1000 {fine(float(height))}"
    return tag(
        "svg", line, viewBox=box, preserveAspectRatio="none", width="100%", height=height, class_="line"
    )


def _step(span: float, parts: int) -> float:
    """1, 2 or 5 times a power of ten, so that about ``parts`` of them make the span."""
    if not span > 0:
        return 1.0
    rough = span / parts
    power = 10.0 ** math.floor(math.log10(rough))
    return next((step * power for step in (1, 2, 5) if step * power >= rough * 0.85), 10 * power)

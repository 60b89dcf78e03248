"""Cost against quality: a dot an entrant, what it costs on a log scale, how good it is above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recx.evaluate.result import Entrant
from recx.report.chapter import Chapter, higher_is_better
from recx.report.markup import Markup, tag
from recx.report.plots.svg import LETTER, Scale, around, axes, decades, frame, label, shortened
from recx.report.words import finite, number, title

HEIGHT = 250.0
NARROW = 270.0
"""Width in pixels at which labels must not touch; on a wider page they are only further apart."""
LINE = 13.0


@dataclass
class _Dot:
    """An entrant in the plot and where its name goes."""

    entrant: Entrant
    share: float  # of the width
    y: float
    name: str
    left: bool  # the name stands left of the dot
    told: str
    line: float = 0.0  # y of the name

    @property
    def span(self) -> tuple[float, float]:
        """Left and right end of the name at the narrowest."""
        length = LETTER * len(self.name) + 8
        at = self.share * NARROW
        return (at - length, at - 4) if self.left else (at + 4, at + length)


def cost_plot(
    chapter: Chapter,
    cost: Callable[[Entrant], float | None],
    shown: Callable[[float | None], str],
    unit: str,
    name: str,
) -> Markup:
    """``cost`` of everybody against the headline; who has no cost above 0 is left out."""
    found = []
    for each in chapter.entrants:
        spent, value = cost(each), chapter.value(each, chapter.headline)
        if spent is not None and finite(spent) and spent > 0 and value is not None:
            found.append((each, spent, value))
    if len(found) < 2:
        return Markup()
    across = decades([spent for _, spent, _ in found])
    up = around([value for *_, value in found], 0.1)
    if not higher_is_better(chapter.headline):
        up = Scale(up.high, up.low)  # the better always stands higher
    dots = []
    for each, spent, value in found:
        share = across.share(spent)
        told = f"{each.label}: {shown(spent)}, {title(chapter.headline)} {number(value)}"
        dots.append(_Dot(each, share, up.y(value, HEIGHT), shortened(each.label, 16), share > 0.5, told))
    _spread(dots)
    marks = [axes(across, up, HEIGHT, unit)]
    marks += [_draw(dot, chapter.role(dot.entrant)) for dot in dots]
    described = "; ".join(dot.told for dot in dots) + "."
    heading = f"{title(chapter.headline)} against {unit}"
    return frame(name, heading, described, HEIGHT + 38, 42, 12, marks)


def _spread(dots: list[_Dot]) -> None:
    """Give each name the free line next to its dot, so that no two names touch."""
    placed: list[_Dot] = []
    for dot in sorted(dots, key=lambda each: each.y):
        away = sorted((side * step * 2.0 for step in range(60) for side in (-1, 1)), key=abs)
        lines = [dot.y + step for step in away if 6 <= dot.y + step <= HEIGHT - 6]
        blocked = [
            any(_touch(dot, line, other) for other in placed)
            or any(_covers(dot, line, other) for other in dots)
            for line in lines
        ]
        dot.line = next((line for line, no in zip(lines, blocked, strict=True) if not no), dot.y)
        placed.append(dot)


def _touch(dot: _Dot, y: float, other: _Dot) -> bool:
    (a, b), (c, d) = dot.span, other.span
    return abs(y - other.line) < LINE and a < d and c < b


def _covers(dot: _Dot, line: float, other: _Dot) -> bool:
    """Whether the name of ``dot`` on ``line`` would lie over another dot."""
    left, right = dot.span
    at = other.share * NARROW
    return other is not dot and abs(line - other.y) < LINE * 0.75 and left - 4 < at < right + 4


def _draw(dot: _Dot, role: str) -> Markup:
    x = f"{100 * dot.share:.2f}%"
    way = -1 if dot.left else 1
    marks = [tag("circle", cx=x, cy=dot.y, r=5 if role in ("fusion", "best") else 4, class_=f"mark {role}")]
    if abs(dot.line - dot.y) > 4:
        lead = tag("path", d=f"M{4 * way} {dot.y:.1f}L{8 * way} {dot.line:.1f}", class_="lead-line")
        marks.append(tag("svg", lead, x=x, y=0, class_="at"))
    marks.append(label(dot.name, x, dot.line, f"spot {role}{' end' if dot.left else ''}", dx=10 * way))
    return tag("g", tag("title", dot.told), marks)

"""Paired differences around 0: a dot and its 95 % interval a row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recx.evaluate.result import Estimate
from recx.report.chapter import Chapter, Sign, sign_of
from recx.report.markup import Markup, tag
from recx.report.plots.svg import ROW, Scale, frame, grid, label, margin, named, whisker
from recx.report.words import interval, number, p_value, percent, percent_interval, title

SAYS = {"gain": "better", "loss": "worse", "open": "not told apart"}


@dataclass(frozen=True)
class Row:
    """One difference."""

    label: str
    estimate: Estimate
    sign: Sign
    relative: bool  # a share of the best base's value
    p_holm: float
    role: str


def by_entrant(chapter: Chapter, metric: str, name: str) -> Markup:
    """Everybody minus the best base on one metric."""
    rows = [row for each in chapter.entrants if (row := _row(chapter, each.label, metric, each.label))]
    against = chapter.reference.label if chapter.reference else ""
    return _forest(rows, name, f"{title(metric)}: difference to {against}")


def by_metric(chapter: Chapter, metrics: list[str], name: str) -> Markup:
    """The fusion minus the best base, metric by metric."""
    if chapter.fusion is None or chapter.reference is None:
        return Markup()
    fused, base = chapter.fusion.label, chapter.reference.label
    # a row in absolute numbers would not share the axis
    rows = [row for each in metrics if (row := _row(chapter, fused, each, title(each))) and row.relative]
    return _forest(rows, name, f"{fused} minus {base}, metric by metric")


def _row(chapter: Chapter, label: str, metric: str, shown: str) -> Row | None:
    compared = chapter.compared(label, metric)
    if compared is None or not math.isfinite(compared.difference.value):
        return None
    share = chapter.relative(label, metric)
    entrant = next((each for each in chapter.entrants if each.label == label), None)
    role = chapter.role(entrant) if entrant and shown == label else ""
    sign = sign_of(compared.difference, metric)
    return Row(shown, share or compared.difference, sign, share is not None, compared.p_holm, role)


def _forest(rows: list[Row], name: str, heading: str) -> Markup:
    if not rows:
        return Markup()
    if not all(row.relative for row in rows):
        rows = [row for row in rows if not row.relative] or rows
    unit = "%" if rows[0].relative else ""
    scale = _scale(rows)
    bottom = ROW * len(rows) + 4
    marks = [grid(Scale(100 * scale.low, 100 * scale.high) if unit else scale, 0, bottom, unit=unit)]
    marks.append(tag("line", x1=scale.x(0), x2=scale.x(0), y1=0, y2=bottom, class_="zero"))
    marks += [_draw(row, place, scale) for place, row in enumerate(rows)]
    described = "; ".join(f"{row.label} {_written(row)}, {SAYS[row.sign]}" for row in rows)
    left = margin([row.label for row in rows])
    return frame(name, heading, described + ".", bottom + 20, left, 58, marks)


def _draw(row: Row, place: int, scale: Scale) -> Markup:
    found, middle = row.estimate, ROW * place + ROW / 2 + 2
    low, high = max(found.low, scale.low), min(found.high, scale.high)
    if found.value < scale.low or found.value > scale.high:
        # far outside: an arrow at the edge keeps the axis for the differences that are in question
        edge, step = ("0", 1) if found.value < scale.low else ("100%", -1)
        arrow = tag("path", d=f"M0 0l{7 * step} -4.5v9z", class_=f"dot {row.sign}")
        mark = tag("svg", arrow, x=edge, y=middle, class_="at")
    else:
        mark = tag("circle", cx=scale.x(found.value), cy=middle, r=4, class_=f"dot {row.sign}")
        mark = Markup(whisker(scale, low, high, middle, f"diff {row.sign}", 0) + mark)
    told = f"{row.label}: {_written(row)}, {_range(row)}, adjusted p {p_value(row.p_holm)}: {SAYS[row.sign]}"
    return tag(
        "g",
        tag("title", told),
        mark,
        named(row.label, middle, row.role),
        label(_written(row), "100%", middle, f"value {row.sign}", dx=8),
    )


def _scale(rows: list[Row]) -> Scale:
    """Wide enough for what is in question, whatever lies far off; 0 is always inside."""
    widths = [row.estimate.high - row.estimate.low for row in rows]
    width = min((each for each in widths if each > 0), default=0.0)
    far = 45 * width  # with the whole axis any wider, an interval of that width could not be seen
    fused = [row.estimate for row in rows if row.role == "fusion"]
    near = [row.estimate for row in rows if width == 0 or abs(row.estimate.value) <= far]
    ends = [end for each in near + fused for end in (each.low, each.high, each.value) if math.isfinite(end)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    if any(row.estimate.value < low for row in rows):
        low = min(low, -(high - low) * 0.6)
    spare = (high - low) * 0.06 or 0.01
    return Scale(low - spare, high + spare)


def _written(row: Row) -> str:
    if row.relative:
        return percent(row.estimate.value, sign=True)
    return f"{'+' if row.estimate.value > 0 else ''}{number(row.estimate.value)}"


def _range(row: Row) -> str:
    if row.relative:
        return f"95% interval {percent_interval(row.estimate)}"
    return f"95% interval {interval(row.estimate)}"

"""Bars with 95 % intervals: one metric, every entrant."""

from __future__ import annotations

from dataclasses import replace

from recx.report.chapter import RATINGS, Chapter, higher_is_better
from recx.report.markup import Markup, tag
from recx.report.plots.svg import ROW, Scale, around, frame, from_zero, grid, label, margin, named, whisker
from recx.report.words import interval, number, title

WORDS = {"fusion": "fused", "best": "best base", "base": "base", "blend": "blend without learning"}


def metric_bars(chapter: Chapter, metric: str, name: str, row: float = ROW) -> Markup:
    """Every entrant in the order of the headline; errors are dots, for their bars would all look alike."""
    entrants = [each for each in chapter.entrants if chapter.value(each, metric) is not None]
    if not entrants:
        return Markup()
    error = metric in RATINGS
    estimates = [each.metrics[metric] for each in entrants]
    ends = [end for each in estimates for end in (each.value, each.low, each.high)]
    scale = around(ends) if error else from_zero(ends)
    if row < ROW:
        scale = replace(scale, parts=3)
    bottom = row * len(entrants) + 4
    marks = [grid(scale, 0, bottom)]
    for place, (entrant, estimate) in enumerate(zip(entrants, estimates, strict=True)):
        middle, role = row * place + row / 2 + 2, chapter.role(entrant)
        told = f"{entrant.label} ({WORDS[role]}): {number(estimate.value)}, 95% interval {interval(estimate)}"
        marks.append(
            tag(
                "g",
                tag("title", told),
                _mark(scale, estimate.value, middle, role, row, error),
                whisker(scale, estimate.low, estimate.high, middle),
                named(entrant.label, middle, role),
                label(number(estimate.value), "100%", middle, f"value {role}", dx=8),
                class_=role,
            )
        )
    better = "higher" if higher_is_better(metric) else "lower"
    best = entrants[0]
    first = f"{best.label} {number(best.metrics[metric].value)}"
    described = f"{len(entrants)} entrants; {better} is better; first {first}."
    left = margin([each.label for each in entrants])
    return frame(name, f"{title(metric)} with 95% intervals", described, bottom + 20, left, 56, marks)


def _mark(scale: Scale, value: float, middle: float, role: str, row: float, error: bool) -> Markup:
    if error:
        return tag("circle", cx=scale.x(value), cy=middle, r=4.5, class_=f"mark {role}")
    thick = row * 0.62
    return tag("rect", x=0, y=middle - thick / 2, width=scale.x(value), height=thick, class_=f"mark {role}")

"""Learning curves: the loss and the watch metric, epoch by epoch."""

from __future__ import annotations

import math

from recx.evaluate.result import Entrant
from recx.report.chapter import higher_is_better
from recx.report.markup import Markup, join, tag
from recx.report.plots.svg import Scale, around, frame, label, polyline
from recx.report.words import number, title

HEIGHT = 64
GAP = 30

Points = list[tuple[int, float]]


def learning_curve(entrant: Entrant, name: str) -> Markup:
    """Loss above, metric below, the same epochs; the best epoch is marked. Empty without a finite number."""
    losses: Points = [(each.epoch, each.loss) for each in entrant.curve if math.isfinite(each.loss)]
    watched: Points = [
        (each.epoch, each.metric)
        for each in entrant.curve
        if each.metric is not None and math.isfinite(each.metric)
    ]
    if not losses and not watched:
        return Markup()
    epochs = [each.epoch for each in entrant.curve]
    across = Scale(min(epochs), max(epochs))
    metric = entrant.curve_metric or "metric"
    marks, top, told = [], 16.0, []
    if losses:
        marks.append(_panel(losses, across, top, "loss", "loss", None))
        told.append(f"loss from {number(losses[0][1])} to {number(losses[-1][1])}")
        top += HEIGHT + GAP
    if watched:
        pick = max if higher_is_better(metric) else min
        best = pick(watched, key=lambda point: point[1])
        marks.append(_panel(watched, across, top, f"{title(metric)} on watch", "watch", best))
        told.append(f"{title(metric)} on watch best at epoch {best[0]} with {number(best[1])}")
        top += HEIGHT + GAP
    bottom = top - GAP
    ends = dict.fromkeys([epochs[0], epochs[-1]])
    marks.append(join(label(str(each), across.x(each), bottom + 16, "tick") for each in ends))
    marks.append(label("epoch", "50%", bottom + 16, "tick"))
    described = f"{'; '.join(told)}."
    return frame(name, f"Learning curve of {entrant.label}", described, bottom + 22, 46, 14, marks)


def _panel(
    points: Points, across: Scale, top: float, heading: str, kind: str, best: tuple[int, float] | None
) -> Markup:
    up = around([value for _, value in points], 0.06)
    lowest, highest = min(value for _, value in points), max(value for _, value in points)

    def place(epoch: int, value: float) -> tuple[float, float]:
        return across.share(epoch), up.y(value, HEIGHT)

    marks = [label(heading, "0", -8, "head")]
    for value in dict.fromkeys([highest, lowest]):
        y = up.y(value, HEIGHT)
        marks.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        marks.append(label(_short(value), "0", y, "side", dx=-6))
    if len(points) > 1:
        marks.append(polyline([place(*point) for point in points], HEIGHT, kind))
    else:
        (epoch, value), *_ = points
        marks.append(tag("circle", cx=across.x(epoch), cy=up.y(value, HEIGHT), r=3, class_=kind))
    if best is not None:
        x, y = across.x(best[0]), up.y(best[1], HEIGHT)
        marks.append(tag("circle", cx=x, cy=y, r=4, class_="chosen"))
        late = across.share(best[0]) > 0.5
        said, away = ("note end", -4) if late else ("note", 4)
        marks.append(label(f"epoch {best[0]}", x, min(y + 16, HEIGHT - 2), said, dx=away))
    return tag("svg", marks, x=0, y=top, width="100%", height=HEIGHT, class_="at")


def _short(value: float) -> str:
    """Three figures that fit beside the plot."""
    size = abs(value)
    if size >= 1000 or 0 < size < 0.001:
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e−").replace("-", "−")
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:.{digits}f}".replace("-", "−")

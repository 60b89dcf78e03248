"""The popularity curve: where recommendations go, against where users really go."""

from __future__ import annotations

from recx.evaluate.result import Entrant
from recx.report.chapter import Chapter
from recx.report.markup import Markup, join, tag
from recx.report.plots.svg import Scale, frame, label, polyline
from recx.report.words import finite, percent

HEIGHT = 310.0
PRIMARY = ("fusion", "best")


def popularity_curve(chapter: Chapter, name: str) -> Markup:
    """Share of each popularity decile, most popular first, on a scale that opens up the small shares."""
    taken = [share for share in chapter.task.item_exposure if finite(share)]
    shown = [each for each in chapter.entrants if _drawable(each)]
    if not shown and not taken:
        return Markup()
    marks = [_axes(max([len(taken), *(len(each.exposure) for each in shown)]))]
    # the ones that matter are drawn last, on top
    for entrant in sorted(shown, key=lambda each: (chapter.role(each) in PRIMARY, each.kind == "fusion")):
        marks.append(_line(entrant.exposure, chapter.role(entrant), entrant.label))
    if taken:
        marks.append(_line(taken, "users", "what users chose"))
    told = [f"{each.label} {percent(each.exposure[0])}" for each in shown]
    if taken:
        told.insert(0, f"users {percent(taken[0])}")
    return frame(
        name,
        "Share of recommendations by popularity of the items",
        f"Share of the most popular tenth of the items: {', '.join(told)}.",
        HEIGHT + 36,
        42,
        10,
        marks,
    )


def _axes(deciles: int) -> Markup:
    up = _up()
    marks = []
    for share in (0, 0.01, 0.05, 0.2, 0.5, 1):
        y = up.y(share**0.5, HEIGHT)
        marks.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        marks.append(label(percent(share, 0), "0", y, "side", dx=-6))
    for place in range(deciles):
        marks.append(label(str(place + 1), _across(place, deciles), HEIGHT + 15, "tick"))
    marks.append(label("tenths of the items, most popular first", "50%", HEIGHT + 31, "tick"))
    return join(marks)


def _line(shares: list[float], kind: str, name: str) -> Markup:
    up, n = _up(), len(shares)
    points = [((place + 0.5) / n, up.y(max(share, 0.0) ** 0.5, HEIGHT)) for place, share in enumerate(shares)]
    dots = []
    if kind in (*PRIMARY, "users"):
        dots = [
            tag(
                "circle",
                tag("title", f"{name}, tenth {place + 1}: {percent(shares[place])}"),
                cx=_across(place, n),
                cy=y,
                r=3,
                class_=f"point {kind}",
            )
            for place, (_, y) in enumerate(points)
        ]
    return tag("g", tag("title", name), polyline(points, HEIGHT, kind), dots)


def _up() -> Scale:
    # square roots: the long tail stays visible beside a first tenth that takes nearly everything
    return Scale(-0.02, 1.0)


def _across(place: int, n: int) -> str:
    return Scale(0, n).x(place + 0.5)


def _drawable(entrant: Entrant) -> bool:
    return len(entrant.exposure) > 1 and all(map(finite, entrant.exposure))

"""What a fusion listens to, and what its lists give up for what."""

from __future__ import annotations

from recx.report.markup import Markup, join, tag
from recx.report.plots import listens
from recx.report.plots.tradeoff import NAMES, tradeoff_plot
from recx.report.sections.frame import Frame, panel, sentence
from recx.report.words import title


def attribution(frame: Frame) -> Markup:
    """What the fusion listens to, and what its parts are worth."""
    chapter, ceiling = frame.chapter, frame.chapter.ceiling()
    shares, lost = (
        listens.attribution(chapter, f"{frame.name}-listens"),
        listens.worth(chapter, f"{frame.name}-worth"),
    )
    if not shares and not lost:
        return tag("p", ceiling) if ceiling else Markup()
    fused = chapter.fusion.label if chapter.fusion else "the fusion"
    panels = []
    if shares:
        panels.append(panel(f"How the decisions of {fused} divide", shares))
    if lost:
        panels.append(panel(f"What each is worth: {title(chapter.headline)} lost without it", lost))
    words = (
        "Names in italics are not bases but what the fusion knows of users, items and pairs. What a part "
        "is worth was measured, with 95% intervals, on users kept from the fuser: it learnt anew without "
        "the part; below 0, it does better so."
    )
    return join(
        frame.part(f"What {fused} listens to"),
        tag("p", words, class_="soft small"),
        tag("div", panels, class_="grid2"),
        tag("p", ceiling, class_="soft small") if ceiling else None,
        tag("p", sentence(frame.task.searched), class_="soft small") if frame.task.searched else None,
    )


def tradeoffs(frame: Frame) -> Markup:
    """What relevance costs whatever else the fusion's lists are to be."""
    found = frame.task.tradeoffs
    panels = [
        panel(f"{title(each.metric)} against {NAMES.get(each.objective, each.objective)}", figure)
        for place, each in enumerate(found)
        if (figure := tradeoff_plot(each, f"{frame.name}-tradeoff{place}"))
    ]
    if not panels:
        return Markup()
    words = (
        "On users of the window that were kept from the fuser, over a grid of weights and floors. The "
        "line joins what no other setting beats in both."
    )
    said = [*(each.words for each in found), *frame.task.floors]
    return join(
        frame.part("More than relevant"),
        tag("ul", [tag("li", sentence(each)) for each in said]),
        tag("div", panels, class_="grid2"),
        tag("p", words, class_="soft small"),
    )

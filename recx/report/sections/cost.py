"""How models learnt, and what they cost."""

from __future__ import annotations

from recx.report import tables
from recx.report.markup import Markup, join, tag
from recx.report.plots.cost import cost_plot
from recx.report.plots.curves import learning_curve
from recx.report.sections.frame import Frame, panel, sentence
from recx.report.words import listed, milliseconds, number, seconds, title


def curves(frame: Frame) -> Markup:
    """How the trained models learnt."""
    entrants = frame.chapter.entrants
    panels = [
        panel(each.label, figure)
        for place, each in enumerate(entrants)
        if each.curve and (figure := learning_curve(each, f"{frame.name}-curve{place}"))
    ]
    if not panels:
        return Markup()
    closed = [each.label for each in entrants if each.kind == "base" and not each.curve]
    without = f" Without epochs: {listed(closed)}." if closed else ""
    words = f"Loss and the metric on watch, the end of train that decides when to stop.{without}"
    return join(
        frame.part("How they learnt"),
        tag("p", words, class_="soft small"),
        tag("div", panels, class_="grid3"),
    )


def cost(frame: Frame) -> Markup:
    """Time and memory against quality."""
    chapter = frame.chapter
    fit = cost_plot(chapter, lambda each: each.fit_seconds, seconds, "seconds to fit", f"{frame.name}-fit")
    answer = cost_plot(
        chapter,
        lambda each: each.milliseconds_per_user,
        milliseconds,
        "milliseconds per user",
        f"{frame.name}-answer",
    )
    panels = [
        panel(head, figure)
        for head, figure in (("Time to answer one user", answer), ("Time to fit", fit))
        if figure
    ]
    table = tables.cost_table(chapter, frame.caption("What everybody costs; a dash: not measured."))
    settings = tables.settings_table(chapter, "How everybody was set, and the run it came from.")
    return join(
        frame.part("Cost against quality"),
        tag(
            "p",
            "Up is better, left is cheaper; costs are on log scales. A fusion or a blend needs the "
            "answers of its bases, so their time is part of its own; what they took to fit is not.",
            class_="soft small",
        ),
        tag("div", panels, class_="grid2") if panels else None,
        _spending(frame),
        tag("details", tag("summary", "Time and memory in numbers"), table),
        tag("details", tag("summary", "Settings of every entrant"), settings),
    )


def _spending(frame: Frame) -> Markup:
    """What a budget has chosen among."""
    spending = frame.task.spending
    if spending is None:
        return Markup()
    heads = ("bases", "to fit", "per user", title(spending.metric))
    rows = [
        (
            listed(each.bases) + (" (fused)" if each.chosen else ""),
            seconds(each.seconds),
            milliseconds(each.milliseconds),
            number(each.value),
        )
        for each in spending.sets
    ]
    words = "What no other set of bases is cheaper and better than, on users of the window."
    return join(
        tag("p", sentence(spending.words), class_="soft small"),
        tables.plain_table(heads, rows, frame.caption(words)),
    )

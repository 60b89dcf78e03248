"""Who is best, by how much, and how sure that is."""

from __future__ import annotations

from recx.report import tables
from recx.report.chapter import Chapter
from recx.report.markup import Child, Markup, join, tag
from recx.report.plots import forest
from recx.report.plots.bars import metric_bars
from recx.report.sections.frame import Frame, headed, heading, key, panel, sentence
from recx.report.words import count, title, window_line


def intro(frame: Frame) -> Markup:
    """The question and how many it was asked of."""
    task = frame.task
    asked = (
        f"{count(task.n_users)} users with {count(task.n_targets)} items to be found; "
        f"{title(task.headline)} decides."
    )
    return join(
        heading("h2", frame.chapter.question, frame.origin),
        tag("p", tag("code", task.name), " · ", asked, class_="soft"),
    )


def bars(frame: Frame) -> Markup:
    """The headline large, every other metric small."""
    chapter = frame.chapter
    headline = metric_bars(chapter, chapter.headline, f"{frame.name}-bars")
    if not headline:
        return Markup()
    others = [each for each in chapter.columns(chapter.shown_cut) if each != chapter.headline]
    small = [
        tag("div", tag("h4", headed(each)), figure, class_="panel")
        for place, each in enumerate(others)
        if (figure := metric_bars(chapter, each, f"{frame.name}-bar{place}", 18))
    ]
    roles = {chapter.role(each) for each in chapter.entrants}
    words = {
        "fusion": "fused",
        "best": "best base",
        "base": "other bases",
        "blend": "blends without learning",
    }
    keys: list[Child] = [key(role, word) for role, word in words.items() if role in roles]
    keys.append(key("ci", "95% interval"))
    return join(
        frame.part("Who is best"),
        tag("figure", tag("div", tag("h4", headed(chapter.headline)), headline, class_="panel")),
        tag("ul", keys, class_="legend"),
        tag("details", tag("summary", "The other metrics"), tag("div", small, class_="grid3"), open=True)
        if small
        else None,
    )


def every_number(frame: Frame) -> Markup:
    """The main table, one cut-off at a time."""
    chapter = frame.chapter
    panes: list[list[Child]] = []
    for k in chapter.panes:
        at = "" if k is None else f" at k = {k}"
        caption = frame.caption(
            f"Every entrant{at}, best first, with 95% intervals; bold: best of the column."
        )
        pane: list[Child] = [tables.metric_table(chapter, chapter.columns(k), caption)]
        for metrics, about, words in (
            (chapter.beyond(k), "Diversity, novelty and what else lists are", f"Beside accuracy{at}."),
            (chapter.variants(k), "The same by other definitions", f"Other definitions{at}."),
        ):
            if metrics:
                table = tables.metric_table(chapter, metrics, frame.caption(words))
                pane.append(tag("details", tag("summary", about), table))
        panes.append(pane)
    return join(frame.part("Every number"), frame.switch("k", panes))


def windows(frame: Frame) -> Markup:
    """The main table of each test window."""
    found = frame.task.windows
    if not found:
        return Markup()
    made = []
    for window in found:
        inner = Chapter(window.result)
        caption = frame.caption(sentence(window_line(window)))
        made.append(tables.metric_table(inner, inner.columns(inner.shown_cut), caption))
    return join(
        frame.part("Window by window"),
        tag(
            "p",
            "Each window is tested by runs that learnt from what lies before it alone; the numbers above "
            "are the means over the windows.",
            class_="soft small",
        ),
        made,
    )


def differences(frame: Frame) -> Markup:
    """Forest plots around 0 and their numbers."""
    chapter = frame.chapter
    if chapter.reference is None or not frame.task.comparisons:
        return Markup()
    best = chapter.reference.label
    columns = chapter.columns(chapter.shown_cut)
    everybody = forest.by_entrant(chapter, chapter.headline, f"{frame.name}-forest")
    fused = forest.by_metric(chapter, columns, f"{frame.name}-forest2")
    panels = []
    if everybody:
        panels.append(panel(f"{title(chapter.headline)}: everybody against {best}", everybody))
    if fused and chapter.fusion:
        panels.append(panel(f"Every metric: {chapter.fusion.label} against {best}", fused))
    panes: list[list[Child]] = []
    for k in chapter.panes:
        at = "" if k is None else f" at k = {k}"
        caption = frame.caption(
            f"Differences to {best}{at} in percent of it, 95% interval, p adjusted for the number of "
            "rivals (Holm), and 'from': what 80 of 100 such comparisons would find; bold where p "
            "is below .05."
        )
        panes.append([tables.difference_table(chapter, chapter.columns(k), caption)])
    return join(
        frame.part(f"Differences to {best}, the best base"),
        tag(
            "p",
            "Paired by user: both answered for the same people. An interval that crosses 0 means that "
            "the data cannot tell the two apart; an arrow points to a difference beyond the axis.",
            class_="soft small",
        ),
        tag("p", chapter.power(), class_="small") if chapter.power() else None,
        tag("div", panels, class_="grid2"),
        tag("details", tag("summary", "All differences in numbers"), frame.switch("d", panes)),
    )

"""Popular and rare items, parts of users and items."""

from __future__ import annotations

from recx.report import parts, tables
from recx.report.markup import Child, Markup, join, tag
from recx.report.plots.popularity import popularity_curve
from recx.report.sections.frame import Frame, key, sentence
from recx.report.words import finite, percent, title


def popularity(frame: Frame) -> Markup:
    """Exposure by popularity."""
    chapter = frame.chapter
    figure = popularity_curve(chapter, f"{frame.name}-popularity")
    if not figure:
        return Markup()
    roles = {chapter.role(each) for each in chapter.entrants if each.exposure}
    fused = chapter.fusion.label if chapter.fusion else "fused"
    best = chapter.reference.label if chapter.reference else "best base"
    words = {"fusion": fused, "best": best, "base": "other bases", "blend": "blends"}
    keys: list[Child] = [key(f"line {role}", word) for role, word in words.items() if role in roles]
    if frame.task.item_exposure:
        keys.insert(0, key("line users", "what users chose"))
    table = tables.exposure_table(chapter, frame.caption("Percent of recommendations by tenth of the items."))
    return join(
        frame.part("Popular and rare items"),
        tag("p", _exposed(frame)) if _exposed(frame) else None,
        tag(
            "div",
            tag(
                "div",
                tag("h4", "Share by popularity (root scale)"),
                figure,
                tag("ul", keys, class_="legend"),
                class_="panel",
            ),
            tag("div", table, class_="panel"),
            class_="grid2",
        ),
    )


def _exposed(frame: Frame) -> str:
    """The first tenth in words."""
    spokesman, taken = frame.chapter.spokesman, frame.task.item_exposure
    if spokesman is None or not spokesman.exposure or not finite(spokesman.exposure[0]):
        return ""
    share = percent(spokesman.exposure[0], 0)
    says = f"{share} of what {spokesman.label} recommends is among the most popular tenth"
    if taken and finite(taken[0]):
        return f"{says} of the items; of what users chose, {percent(taken[0], 0)} is."
    return f"{says} of the items."


def slices(frame: Frame) -> Markup:
    """The two that lead on every part; everybody on the first part in sight, on the others folded."""
    chapter, every = frame.chapter, frame.task.slices
    if not every:
        return Markup()
    at = "" if chapter.shown_cut is None else f" at k = {chapter.shown_cut}"
    named = " and ".join(parts.leaders(chapter))
    made: list[Child] = []
    folded: list[Child] = []
    for group, found in parts.groups(chapter).items():
        words = f"By {group.replace('_', ' ')}: {title(chapter.headline)} of {named}."
        made.append(tables.leaders_table(chapter, found, frame.caption(words)))
        if parts.measured(found):
            caption = frame.caption(f"By {group.replace('_', ' ')}: {title(chapter.headline)}.")
            folded.append(tables.parts_table(chapter, found, caption))
    first = every[0]
    words = f"{sentence(first.name).removesuffix('.')}{at}: {parts.about(first)}."
    if first.entrants:
        made.append(tables.slice_table(chapter, first, frame.caption(words)))
    meanings = [(part.name, parts.about(part)) for part in every]
    said = parts.said(chapter)
    return join(
        frame.part("Parts of users and items"),
        tag("p", said) if said else None,
        tag(
            "p",
            "Only items of the part, or of its users, count as found, and only users who took one are "
            "asked; what may be recommended stays the same. Differences are paired by user, p is "
            "adjusted for the number of parts (Holm).",
            class_="soft small",
        ),
        made,
        tag("details", tag("summary", "Everybody on every part"), folded) if folded else None,
        tag("details", tag("summary", "What the parts are"), tables.pairs_table(meanings)),
    )

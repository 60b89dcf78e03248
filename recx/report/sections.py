"""One task on the page: from who ranks best down to how it was measured."""

from __future__ import annotations

from collections.abc import Sequence

from recx.metrics import parse
from recx.report import parts, tables
from recx.report.chapter import Chapter
from recx.report.markup import Child, Markup, join, tag
from recx.report.plots import forest
from recx.report.plots.bars import metric_bars
from recx.report.plots.cost import cost_plot
from recx.report.plots.curves import learning_curve
from recx.report.plots.listens import attribution, worth
from recx.report.plots.popularity import popularity_curve
from recx.report.plots.tradeoff import NAMES, tradeoff_plot
from recx.report.words import (
    count,
    finite,
    listed,
    meaning,
    milliseconds,
    number,
    percent,
    seconds,
    title,
    window_line,
)


def task_section(chapter: Chapter, name: str, origin: str | None) -> Markup:
    """The whole chapter; ``name`` is unique in the page and becomes the anchor."""
    made = _Task(chapter, name, origin)
    sections = (
        made.intro(),
        made.bars(),
        made.every_number(),
        made.windows(),
        made.differences(),
        made.attribution(),
        made.tradeoffs(),
        made.popularity(),
        made.slices(),
        made.curves(),
        made.cost(),
        made.protocol(),
    )
    return tag("section", *sections, id=name, class_="chapter")


def slices_section(chapter: Chapter, origin: str | None) -> Markup:
    """The parts of users and items alone."""
    return _Task(chapter, "slices", origin).slices()


def protocol_section(chapter: Chapter, origin: str | None) -> Markup:
    """What the numbers mean, alone."""
    return _Task(chapter, "protocol", origin).protocol()


class _Task:
    def __init__(self, chapter: Chapter, name: str, origin: str | None) -> None:
        self.chapter, self.name, self.origin = chapter, name, origin
        self.task = chapter.task

    def intro(self) -> Markup:
        """The question and how many it was asked of."""
        task = self.task
        asked = (
            f"{count(task.n_users)} users with {count(task.n_targets)} items to be found; "
            f"{title(task.headline)} decides."
        )
        return join(
            heading("h2", self.chapter.question, self.origin),
            tag("p", tag("code", task.name), " · ", asked, class_="soft"),
        )

    def bars(self) -> Markup:
        """The headline large, every other metric small."""
        chapter = self.chapter
        headline = metric_bars(chapter, chapter.headline, f"{self.name}-bars")
        if not headline:
            return Markup()
        others = [each for each in chapter.columns(chapter.shown_cut) if each != chapter.headline]
        small = [
            tag("div", tag("h4", _headed(each)), figure, class_="panel")
            for place, each in enumerate(others)
            if (figure := metric_bars(chapter, each, f"{self.name}-bar{place}", 18))
        ]
        roles = {chapter.role(each) for each in chapter.entrants}
        words = {
            "fusion": "fused",
            "best": "best base",
            "base": "other bases",
            "blend": "blends without learning",
        }
        keys: list[Child] = [_key(role, word) for role, word in words.items() if role in roles]
        keys.append(_key("ci", "95% interval"))
        return join(
            self._part("Who is best"),
            tag("figure", tag("div", tag("h4", _headed(chapter.headline)), headline, class_="panel")),
            tag("ul", keys, class_="legend"),
            tag("details", tag("summary", "The other metrics"), tag("div", small, class_="grid3"), open=True)
            if small
            else None,
        )

    def every_number(self) -> Markup:
        """The main table, one cut-off at a time."""
        chapter = self.chapter
        panes: list[list[Child]] = []
        for k in chapter.panes:
            at = "" if k is None else f" at k = {k}"
            caption = self._caption(
                f"Every entrant{at}, best first, with 95% intervals; bold: best of the column."
            )
            pane: list[Child] = [tables.metric_table(chapter, chapter.columns(k), caption)]
            for metrics, about, words in (
                (chapter.beyond(k), "Diversity, novelty and what else lists are", f"Beside accuracy{at}."),
                (chapter.variants(k), "The same by other definitions", f"Other definitions{at}."),
            ):
                if metrics:
                    table = tables.metric_table(chapter, metrics, self._caption(words))
                    pane.append(tag("details", tag("summary", about), table))
            panes.append(pane)
        return join(self._part("Every number"), self._switch("k", panes))

    def windows(self) -> Markup:
        """The main table of each test window."""
        found = self.task.windows
        if not found:
            return Markup()
        made = []
        for window in found:
            inner = Chapter(window.result)
            caption = self._caption(_sentence(window_line(window)))
            made.append(tables.metric_table(inner, inner.columns(inner.shown_cut), caption))
        return join(
            self._part("Window by window"),
            tag(
                "p",
                "Each window is tested by runs that learnt from what lies before it alone; the numbers above "
                "are the means over the windows.",
                class_="soft small",
            ),
            made,
        )

    def differences(self) -> Markup:
        """Forest plots around 0 and their numbers."""
        chapter = self.chapter
        if chapter.reference is None or not self.task.comparisons:
            return Markup()
        best = chapter.reference.label
        columns = chapter.columns(chapter.shown_cut)
        everybody = forest.by_entrant(chapter, chapter.headline, f"{self.name}-forest")
        fused = forest.by_metric(chapter, columns, f"{self.name}-forest2")
        panels = []
        if everybody:
            panels.append(_panel(f"{title(chapter.headline)}: everybody against {best}", everybody))
        if fused and chapter.fusion:
            panels.append(_panel(f"Every metric: {chapter.fusion.label} against {best}", fused))
        panes: list[list[Child]] = []
        for k in chapter.panes:
            at = "" if k is None else f" at k = {k}"
            caption = self._caption(
                f"Differences to {best}{at} in percent of it, 95% interval, p adjusted for the number of "
                "rivals (Holm), and 'from': what 80 of 100 such comparisons would find; bold where p "
                "is below .05."
            )
            panes.append([tables.difference_table(chapter, chapter.columns(k), caption)])
        return join(
            self._part(f"Differences to {best}, the best base"),
            tag(
                "p",
                "Paired by user: both answered for the same people. An interval that crosses 0 means that "
                "the data cannot tell the two apart; an arrow points to a difference beyond the axis.",
                class_="soft small",
            ),
            tag("p", chapter.power(), class_="small") if chapter.power() else None,
            tag("div", panels, class_="grid2"),
            tag("details", tag("summary", "All differences in numbers"), self._switch("d", panes)),
        )

    def attribution(self) -> Markup:
        """What the fusion listens to, and what its parts are worth."""
        chapter, ceiling = self.chapter, self.chapter.ceiling()
        shares, lost = attribution(chapter, f"{self.name}-listens"), worth(chapter, f"{self.name}-worth")
        if not shares and not lost:
            return tag("p", ceiling) if ceiling else Markup()
        fused = chapter.fusion.label if chapter.fusion else "the fusion"
        panels = []
        if shares:
            panels.append(_panel(f"How the decisions of {fused} divide", shares))
        if lost:
            panels.append(_panel(f"What each is worth: {title(chapter.headline)} lost without it", lost))
        words = (
            "Names in italics are not bases but what the fusion knows of users, items and pairs. What a part "
            "is worth was measured, with 95% intervals, on users kept from the fuser: it learnt anew without "
            "the part; below 0, it does better so."
        )
        return join(
            self._part(f"What {fused} listens to"),
            tag("p", words, class_="soft small"),
            tag("div", panels, class_="grid2"),
            tag("p", ceiling, class_="soft small") if ceiling else None,
            tag("p", _sentence(self.task.searched), class_="soft small") if self.task.searched else None,
        )

    def tradeoffs(self) -> Markup:
        """What relevance costs whatever else the fusion's lists are to be."""
        found = self.task.tradeoffs
        panels = [
            _panel(f"{title(each.metric)} against {NAMES.get(each.objective, each.objective)}", figure)
            for place, each in enumerate(found)
            if (figure := tradeoff_plot(each, f"{self.name}-tradeoff{place}"))
        ]
        if not panels:
            return Markup()
        words = (
            "On users of the window that were kept from the fuser, over a grid of weights and floors. The "
            "line joins what no other setting beats in both."
        )
        said = [*(each.words for each in found), *self.task.floors]
        return join(
            self._part("More than relevant"),
            tag("ul", [tag("li", _sentence(each)) for each in said]),
            tag("div", panels, class_="grid2"),
            tag("p", words, class_="soft small"),
        )

    def popularity(self) -> Markup:
        """Exposure by popularity."""
        chapter = self.chapter
        figure = popularity_curve(chapter, f"{self.name}-popularity")
        if not figure:
            return Markup()
        roles = {chapter.role(each) for each in chapter.entrants if each.exposure}
        fused = chapter.fusion.label if chapter.fusion else "fused"
        best = chapter.reference.label if chapter.reference else "best base"
        words = {"fusion": fused, "best": best, "base": "other bases", "blend": "blends"}
        keys: list[Child] = [_key(f"line {role}", word) for role, word in words.items() if role in roles]
        if self.task.item_exposure:
            keys.insert(0, _key("line users", "what users chose"))
        table = tables.exposure_table(
            chapter, self._caption("Percent of recommendations by tenth of the items.")
        )
        return join(
            self._part("Popular and rare items"),
            tag("p", self._exposed()) if self._exposed() else None,
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

    def _exposed(self) -> str:
        """The first tenth in words."""
        spokesman, taken = self.chapter.spokesman, self.task.item_exposure
        if spokesman is None or not spokesman.exposure or not finite(spokesman.exposure[0]):
            return ""
        share = percent(spokesman.exposure[0], 0)
        says = f"{share} of what {spokesman.label} recommends is among the most popular tenth"
        if taken and finite(taken[0]):
            return f"{says} of the items; of what users chose, {percent(taken[0], 0)} is."
        return f"{says} of the items."

    def slices(self) -> Markup:
        """The two that lead on every part; everybody on the first part in sight, on the others folded."""
        chapter, every = self.chapter, self.task.slices
        if not every:
            return Markup()
        at = "" if chapter.shown_cut is None else f" at k = {chapter.shown_cut}"
        named = " and ".join(parts.leaders(chapter))
        made: list[Child] = []
        folded: list[Child] = []
        for group, found in parts.groups(chapter).items():
            words = f"By {group.replace('_', ' ')}: {title(chapter.headline)} of {named}."
            made.append(tables.leaders_table(chapter, found, self._caption(words)))
            if parts.measured(found):
                caption = self._caption(f"By {group.replace('_', ' ')}: {title(chapter.headline)}.")
                folded.append(tables.parts_table(chapter, found, caption))
        first = every[0]
        words = f"{_sentence(first.name).removesuffix('.')}{at}: {parts.about(first)}."
        if first.entrants:
            made.append(tables.slice_table(chapter, first, self._caption(words)))
        meanings = [(part.name, parts.about(part)) for part in every]
        said = parts.said(chapter)
        return join(
            self._part("Parts of users and items"),
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

    def curves(self) -> Markup:
        """How the trained models learnt."""
        entrants = self.chapter.entrants
        panels = [
            _panel(each.label, figure)
            for place, each in enumerate(entrants)
            if each.curve and (figure := learning_curve(each, f"{self.name}-curve{place}"))
        ]
        if not panels:
            return Markup()
        closed = [each.label for each in entrants if each.kind == "base" and not each.curve]
        without = f" Without epochs: {listed(closed)}." if closed else ""
        words = f"Loss and the metric on watch, the end of train that decides when to stop.{without}"
        return join(
            self._part("How they learnt"),
            tag("p", words, class_="soft small"),
            tag("div", panels, class_="grid3"),
        )

    def cost(self) -> Markup:
        """Time and memory against quality."""
        chapter = self.chapter
        fit = cost_plot(chapter, lambda each: each.fit_seconds, seconds, "seconds to fit", f"{self.name}-fit")
        answer = cost_plot(
            chapter,
            lambda each: each.milliseconds_per_user,
            milliseconds,
            "milliseconds per user",
            f"{self.name}-answer",
        )
        panels = [
            _panel(head, figure)
            for head, figure in (("Time to answer one user", answer), ("Time to fit", fit))
            if figure
        ]
        table = tables.cost_table(chapter, self._caption("What everybody costs; a dash: not measured."))
        settings = tables.settings_table(chapter, "How everybody was set, and the run it came from.")
        return join(
            self._part("Cost against quality"),
            tag(
                "p",
                "Up is better, left is cheaper; costs are on log scales. A fusion or a blend needs the "
                "answers of its bases, so their time is part of its own; what they took to fit is not.",
                class_="soft small",
            ),
            tag("div", panels, class_="grid2") if panels else None,
            self._spending(),
            tag("details", tag("summary", "Time and memory in numbers"), table),
            tag("details", tag("summary", "Settings of every entrant"), settings),
        )

    def _spending(self) -> Markup:
        """What a budget has chosen among."""
        spending = self.task.spending
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
            tag("p", _sentence(spending.words), class_="soft small"),
            tables.plain_table(heads, rows, self._caption(words)),
        )

    def protocol(self) -> Markup:
        """What the numbers mean."""
        protocol = self.task.protocol
        words = [_sentence(str(each)) for each in protocol.get("words", [])]
        words.append(
            f"Measured over all {count(self.task.n_users)} users with something to be found; a user without "
            "a list counts as 0."
        )
        if protocol.get("hash"):
            words.append(
                f"Protocol {protocol['hash']}, definitions {protocol.get('version', '')}: results with "
                "another protocol do not belong in this table."
            )
        mse = str(protocol.get("mse", "ratings"))
        metrics = dict.fromkeys(
            name.partition("@")[0]
            for k in self.chapter.panes
            for name in (*self.chapter.columns(k), *self.chapter.beyond(k), *self.chapter.variants(k))
        )
        meanings: list[tuple[str, Child]] = [
            (title(each), meaning(each, mse)) for each in metrics if meaning(each, mse)
        ]
        return join(
            self._part("How it was measured"),
            tag("ul", [tag("li", each) for each in words]),
            tag("details", tag("summary", "What every metric counts"), tables.pairs_table(meanings)),
        )

    def _part(self, words: str) -> Markup:
        return heading("h3", words, self.origin)

    def _caption(self, words: str) -> Markup:
        return join(words, badge(self.origin))

    def _switch(self, kind: str, panes: Sequence[Sequence[Child]]) -> Markup:
        """One pane a cut-off, chosen by radio buttons: no script, and paper gets them all."""
        cuts = self.chapter.cuts
        if len(panes) < 2:
            return join(*panes)
        group, buttons = f"{self.name}-{kind}", []
        for place, k in enumerate(cuts):
            ident = f"{group}{place}"
            chosen = k == self.chapter.shown_cut
            buttons.append(tag("input", type="radio", name=group, id=ident, checked=chosen))
            buttons.append(tag("label", f"k = {k}", for_=ident))
        shown = tag("div", [tag("div", pane, class_="pane") for pane in panes], class_="switched")
        return tag("div", buttons, shown, class_="switch")


def heading(level: str, words: str, origin: str | None, **attributes: str) -> Markup:
    """A heading that says beside it where the data comes from, if that must be known."""
    return tag(level, words, badge(origin), **attributes)


def badge(origin: str | None) -> Markup:
    """The kind of data, where it is no record of people."""
    return join(" ", tag("span", origin, class_="origin")) if origin else Markup()


def _panel(words: str, figure: Markup) -> Markup:
    return tag("div", tag("h4", words), figure, class_="panel")


def _key(kind: str, words: str) -> Markup:
    return tag("li", tag("span", class_=f"key {kind}"), words)


def _headed(metric: str) -> Markup:
    lower = metric.partition("@")[0] in ("rmse", "mse", "mae") and not parse(metric).higher_is_better
    return join(title(metric), tag("span", " · lower is better", class_="soft") if lower else None)


def _sentence(words: str) -> str:
    """As a sentence: capital first, full stop last."""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")

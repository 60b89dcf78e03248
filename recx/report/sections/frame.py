"""What every section of a task is made with: its heading, captions, panels and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recx.evaluate.result import TaskResult
from recx.metrics import parse
from recx.report.chapter import Chapter
from recx.report.markup import Child, Markup, join, tag
from recx.report.words import title


@dataclass(frozen=True, eq=False)
class Frame:
    """A task on the page."""

    chapter: Chapter
    name: str  # unique in the page: the anchor, and the beginning of every id
    origin: str | None  # the kind of data, where it is no record of people

    @property
    def task(self) -> TaskResult:
        """What was measured."""
        return self.chapter.task

    def part(self, words: str) -> Markup:
        """The heading of a section."""
        return heading("h3", words, self.origin)

    def caption(self, words: str) -> Markup:
        """The caption of a table."""
        return join(words, badge(self.origin))

    def switch(self, kind: str, panes: Sequence[Sequence[Child]]) -> Markup:
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


def panel(words: str, figure: Markup) -> Markup:
    """A figure under its heading."""
    return tag("div", tag("h4", words), figure, class_="panel")


def key(kind: str, words: str) -> Markup:
    """One line of a legend."""
    return tag("li", tag("span", class_=f"key {kind}"), words)


def headed(metric: str) -> Markup:
    """The name of a metric, and whether less of it is better."""
    lower = metric.partition("@")[0] in ("rmse", "mse", "mae") and not parse(metric).higher_is_better
    return join(title(metric), tag("span", " · lower is better", class_="soft") if lower else None)


def sentence(words: str) -> str:
    """As a sentence: capital first, full stop last."""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")

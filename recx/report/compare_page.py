"""The page of a comparison: which run is better, for whom, and with which items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recx import store
from recx.evaluate.compare.result import Compared, ItemChange, UserChange
from recx.report import tables
from recx.report.chapter import origin, sign_of
from recx.report.compared import Sides, few
from recx.report.markup import Child, Markup, join, tag
from recx.report.page import document, run_section
from recx.report.sections import badge, heading, protocol_section, slices_section
from recx.report.words import count, interval, number, p_value, percent, percent_interval, title

HTML = "compare.html"
SAYS = {"gain": "Better", "loss": "Worse", "open": "Not proven"}


def write(compared: Compared) -> None:
    """Write compare.html beside compare.json, whole or not at all."""
    store.write_text(Path(compared.folder) / HTML, page(compared))


def page(compared: Compared) -> str:
    """The whole document."""
    made = _Page(Sides(compared))
    sections = (made.verdict(), made.metrics(), made.users(), made.items(), made.found(), made.parts())
    body = tag(
        "div",
        made.head(),
        tag("main", *sections, made.measured(), run_section(made.sides.report)),
        tag("footer", "recx · all digits of every number: ", tag("code", "compare.json")),
        class_="sheet",
    )
    return document(f"{compared.b} against {compared.a} · recx compare", body)


class _Page:
    def __init__(self, sides: Sides) -> None:
        self.sides, self.compared = sides, sides.compared
        self.where = origin(sides.report)

    def head(self) -> Markup:
        """Who is compared, on what."""
        found, (a, b) = self.compared, self.sides.names
        task = found.task
        about = f"{found.dataset} · {task.name} · {count(task.n_users)} users · lists of {found.k}"
        return tag(
            "header",
            tag("p", "recx compare", class_="eyebrow"),
            heading("h1", f"{b} against {a}", self.where),
            tag("p", about, class_="soft"),
            [tag("p", note, class_="note") for note in found.dataset_notes],
        )

    def verdict(self) -> Markup:
        """The one number, and the line that says it all."""
        sides, compared = self.sides, self.sides.headline
        share, sign = sides.relative(compared.metric), sides.sign
        span = percent_interval(share) if share else interval(compared.difference)
        shown = percent(share.value, sign=True) if share else number(compared.difference.value)
        about = f"{title(compared.metric)}; 95% interval {span}, p {p_value(compared.p_t)}"
        return tag(
            "div",
            tag(
                "article",
                tag("h2", self.sides.chapter.question),
                tag("div", tag("b", shown, class_=sign), " ", tag("span", about), class_="big"),
                tag("span", SAYS[sign], class_=f"says {sign}"),
                tag("p", self.compared.verdict, class_="lead"),
                class_="card",
            ),
            id="verdict",
        )

    def metrics(self) -> Markup:
        """Metric by metric at the cut-off that decides; the others are folded."""
        chapter = self.sides.chapter
        first = chapter.shown_cut
        folded: list[Child] = []
        for k in chapter.panes:
            at = "" if k is None else f" at k = {k}"
            if k != first:
                folded.append(self._metrics(self.sides.metrics(k), f"Every metric{at}."))
            if others := self.sides.others(k):
                folded.append(self._metrics(others, f"Beside these{at}."))
        words = (
            "Differences are those of the second run to the first in percent of it, paired by user; p of the "
            "paired t test, and adjusted for all metrics (Benjamini and Hochberg); bold where that is below "
            ".05. Users gain, lose or stay by the metric's own direction."
        )
        return self._section(
            "Metric by metric",
            tag("p", words, class_="soft small"),
            self._metrics(self.sides.metrics(first), "" if first is None else f"At k = {first}."),
            tag("details", tag("summary", "Other cut-offs and metrics"), folded) if folded else None,
        )

    def users(self) -> Markup:
        """Who gained and who lost most."""
        found, headline = self.compared, title(self.compared.task.headline)
        return self._section(
            "User by user",
            self._users(found.gained, f"Gained most by {headline}."),
            self._users(found.lost, f"Lost most by {headline}."),
        )

    def items(self) -> Markup:
        """What is recommended more and less often."""
        found, (a, b) = self.compared, self.sides.names
        alike = f"How alike the lists of {count(found.overlap.users)} users are at k = {found.k}."
        return self._section(
            "Item by item",
            tables.pairs_table(self.sides.overlap(), self._caption(alike)),
            self._items(found.more, f"Recommended more often by {b} than by {a}."),
            self._items(found.less, f"Recommended less often by {b} than by {a}."),
            tables.exposure_table(
                self.sides.chapter,
                self._caption("Recommendations by popularity of the items, tenths, in percent."),
            ),
        )

    def found(self) -> Markup:
        """What one finds and the other does not."""
        found, (a, b) = self.compared.found, self.sides.names
        words = f"Items to be found, by whose lists hold them at k = {self.compared.k}."
        return self._section(
            "Found by one and not by the other",
            tables.pairs_table(self.sides.found(), self._caption(words)),
            self._items(found.items_b, f"Found most often by {b} alone; numbers: found by one alone."),
            self._items(found.items_a, f"Found most often by {a} alone; numbers: found by one alone."),
        )

    def parts(self) -> Markup:
        """The slices of `evaluate`."""
        return tag("section", slices_section(self.sides.chapter, self.where), class_="chapter")

    def measured(self) -> Markup:
        """Protocol and settings."""
        caption = self._caption("Settings and runs.")
        return tag(
            "section",
            protocol_section(self.sides.chapter, self.where),
            tables.settings_table(self.sides.chapter, caption),
            class_="chapter",
        )

    def _metrics(self, metrics: Sequence[str], words: str) -> Markup:
        heads, rows = self.sides.metric_heads, []
        for metric in metrics:
            compared, cells = self.sides.comparisons[metric], self.sides.metric_row(metric)
            shown: list[Child] = [*cells[1:]]
            if compared.p_bh < 0.05:
                sign = sign_of(compared.difference, metric)
                shown[2] = tag("b", cells[3], class_=sign if sign != "open" else None)
            cell_tags = [
                tag("td", cell, data_label=head) for head, cell in zip(heads[1:], shown, strict=True)
            ]
            rows.append(tag("tr", tag("th", cells[0], scope="row"), cell_tags))
        return tables.table("wide", self._caption(words), heads, rows) if rows else Markup()

    def _users(self, users: Sequence[UserChange], words: str) -> Markup:
        heads, rows = self.sides.user_heads, []
        for user in users:
            cells = self.sides.user_row(user)
            named = [few(part) for part in (user.found, user.found_a, user.found_b)]
            last = [
                tag("td", cell, tag("small", names, class_="ids") if names else None, data_label=head)
                for head, cell, names in zip(heads[5:], cells[5:], named, strict=True)
            ]
            first = [
                tag("td", cell, data_label=head) for head, cell in zip(heads[1:5], cells[1:5], strict=True)
            ]
            rows.append(tag("tr", tag("th", cells[0], scope="row"), first, last))
        if not rows:
            return tag("p", f"{words.removesuffix('.')}: nobody.", class_="soft")
        return tables.table("wide", self._caption(words), heads, rows)

    def _items(self, items: Sequence[ItemChange], words: str) -> Markup:
        if not items:
            return tag("p", f"{words.removesuffix('.')}: none.", class_="soft")
        rows = [self.sides.item_row(item) for item in items]
        return tables.plain_table(self.sides.item_heads, rows, self._caption(words))

    def _section(self, words: str, *children: Child) -> Markup:
        return tag("section", heading("h2", words, self.where), *children, class_="chapter")

    def _caption(self, words: str) -> Markup:
        return join(words, badge(self.where))

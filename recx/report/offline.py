"""An offline A/B test on a terminal, in markdown and on the page: numbers first, then what they mean."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recx.evaluate.result import OfflineResult, Preference
from recx.report.markup import Markup, join, tag
from recx.report.sections import badge, heading
from recx.report.tables import plain_table
from recx.report.words import MISSING, count, interval, number, p_value, percent, percent_interval

TITLES = {
    "interleave": "interleaved by team draft",
    "replay": "replay of the test log",
    "ips": "value by the log's propensities",
}
ESTIMATORS = {"replay": "replay", "ips": "IPS", "snips": "SNIPS", "dr": "DR"}


def terminal(result: OfflineResult, console: Console) -> None:
    """Print ``result``."""
    console.print(Text(_title(result)), style="bold")
    if result.preference:
        _say(console, *preferred(result.preference))
    for heads, rows in _tables(result):
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
        for place, head in enumerate(heads):
            table.add_column(head, justify="right" if place else "left", no_wrap=bool(place))
        for row in rows:
            table.add_row(*map(Text, row))
        console.print()
        console.print(table)
    console.print()
    _say(console, *result.words, indent="- ")


def markdown(result: OfflineResult, origin: str = "") -> str:
    """A section of report.md; ``origin`` says what the data are, where that must be known."""
    from recx.report.markdown import code, escape, table

    parts = [f"## {escape(_title(result))}{origin}"]
    if result.preference:
        parts.append("\n\n".join(escape(line) for line in preferred(result.preference)))
    parts += [
        table(heads, [[code(row[0]), *map(escape, row[1:])] for row in rows])
        for heads, rows in _tables(result)
    ]
    parts.append(f"<sub>{escape('; '.join(result.words))}.</sub>")
    return "\n\n".join(parts)


def section(result: OfflineResult, origin: str | None) -> Markup:
    """The same on the page."""
    told = preferred(result.preference) if result.preference else []
    return tag(
        "section",
        heading("h2", _title(result), origin),
        [tag("p", line) for line in told],
        [plain_table(heads, rows, badge(origin) or None) for heads, rows in _tables(result)],
        tag("ul", [tag("li", join(words[:1].upper(), words[1:], ".")) for words in result.words]),
        class_="chapter",
        id="offline",
    )


def preferred(found: Preference) -> list[str]:
    """Who wins, by how much, and how sure that is."""
    first, second = (found.a, found.b) if found.margin.value >= 0 else (found.b, found.a)
    told = (
        f"margin of {found.a} over {found.b}: {percent(found.margin.value, sign=True)} of drafts, 95% "
        f"interval {percent_interval(found.margin)}, p {p_value(found.p_t)}"
    )
    if found.margin.low <= 0 <= found.margin.high:
        says = f"Users cannot be said to prefer {found.a} or {found.b} ({told})."
    else:
        says = f"Users prefer {first} to {second} ({told})."
    users = (
        f"Of {count(found.for_a + found.for_b + found.ties)} users {count(found.for_a)} take more of "
        f"{found.a}'s items, {count(found.for_b)} more of {found.b}'s, {count(found.ties)} as many of both "
        f"or none (sign test: p {p_value(found.p_sign)})."
    )
    return [says, users]


def _title(result: OfflineResult) -> str:
    k = None if result.settings.get("policy") == "top" else result.settings.get("k")
    return f"Offline A/B: {TITLES[result.method]}{'' if k is None else f', k = {k}'}"


Lines = tuple[Sequence[str], list[list[str]]]
"""Heads and rows of a table."""


def _tables(result: OfflineResult) -> list[Lines]:
    """What each value rests on, what everybody is worth, and how they differ."""
    if not result.valued:
        return []
    tables = [_samples(result)] if len(result.valued[0].values) > 1 else []
    return [*tables, _values(result), *([_differences(result)] if result.differences else [])]


def _samples(result: OfflineResult) -> Lines:
    rows = [
        [
            each.label,
            count(each.matched),
            number(each.effective, 0),
            number(each.effective_users, 0),
            number(each.weight.value if each.weight else None, 2),
            interval(each.weight, 2) if each.weight else MISSING,
        ]
        for each in result.valued
        if each.effective is not None
    ]
    return ["", "events met", "ESS", "ESS, users", "mean weight", "95%"], rows


def _values(result: OfflineResult) -> Lines:
    several = len(result.valued[0].values) > 1
    rows = []
    for place, each in enumerate(result.valued):
        # the log's own worth is the same by every estimator
        for name, value in list(each.values.items())[: 1 if several and not place else None]:
            first = [each.label, ""] if several and not place else [each.label, ESTIMATORS[name]]
            sample = [] if several else [count(each.matched)]
            rows.append([*(first if several else first[:1]), *sample, number(value.value), interval(value)])
    return ["", *(["by"] if several else ["events"]), "reward", "95%"], rows


def _differences(result: OfflineResult) -> Lines:
    several = len(result.valued[0].values) > 1
    rows = [
        [
            f"{each.a} − {each.b}",
            *([ESTIMATORS[each.metric]] if several else []),
            number(each.difference.value),
            interval(each.difference),
            p_value(each.p_holm),
        ]
        for each in sorted(result.differences, key=lambda each: (each.a, each.b) if several else ())
    ]
    return ["", *(["by"] if several else []), "difference", "95%", "p (Holm)"], rows


def _say(console: Console, *lines: str, indent: str = "") -> None:
    for line in lines:
        wrapped = textwrap.wrap(
            line, max(20, console.width), initial_indent=indent, subsequent_indent=" " * len(indent)
        )
        console.print(Text("\n".join(wrapped)))

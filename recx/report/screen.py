"""The report on a terminal: the verdict and a table a task, within 80 columns, with or without colours."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recx.evaluate.result import Entrant, Report, SliceResult
from recx.report import parts
from recx.report.chapter import Chapter, Role, crosses, headed, higher_is_better, origin
from recx.report.words import MISSING, count, finite, listed, number, percent, title, window_line

BEFORE = ("precision", "recall", "f1", "ndcg", "rmse", "mse", "mae", "hit", "coverage", "map", "mrr")
"""Which columns stay longest where the terminal is narrow."""
NAME = 24
"""Letters of a label that are not folded."""
MARKS: dict[Role, str] = {"fusion": "▸", "best": "•", "base": " ", "blend": "○"}
STYLES: dict[Role, str] = {"fusion": "bold cyan", "best": "bold", "base": "", "blend": "dim"}
KEYS: dict[Role, str] = {"fusion": "fused", "best": "best base", "blend": "blend without learning"}


def terminal(report: Report, console: Console) -> None:
    """Print ``report``; a console that is no terminal gets plain text of the same shape."""
    where = origin(report)
    for place, task in enumerate(report.tasks):
        if place:
            console.print()
        _task(Chapter(task), report.dataset, where, console)
    if report.dataset_notes:
        console.print()
        for note in report.dataset_notes:
            _say(console, f"{note[:1].upper()}{note[1:]}.", "yellow")


def _task(chapter: Chapter, dataset: str, where: str | None, console: Console) -> None:
    task = chapter.task
    _say(console, chapter.question, "bold")
    about = [dataset, *([where] if where else []), task.name, f"{count(task.n_users)} users"]
    if chapter.shown_cut is not None:
        about.append(f"k = {chapter.shown_cut}")
    _say(console, " · ".join(about), "dim")
    if task.verdict:
        console.print()
        _say(console, task.verdict[0])
    if chapter.entrants:
        console.print()
        console.print(_table(chapter, console.width))
        roles = {chapter.role(each) for each in chapter.entrants}
        keys = [f"{MARKS[role]} {word}" for role, word in KEYS.items() if role in roles]
        if chapter.reference:
            keys.append(f"gain: over {chapter.reference.label}, ~ where the interval holds 0")
        _say(console, "   ".join(keys), "dim")
    for window in task.windows:
        inner = Chapter(window.result)
        console.print()
        _say(console, window_line(window), "dim")
        console.print(_table(inner, console.width))
    words = [*chapter.plainly(), *([chapter.power()] if chapter.power() else []), *task.verdict[1:]]
    words += [
        line for line in (*(_cold(chapter, part) for part in task.slices[:1]), parts.said(chapter)) if line
    ]
    if words:
        console.print()
        for line in words:
            _say(console, line, indent="- ")


def _table(chapter: Chapter, width: int) -> Table:
    headline = chapter.headline
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    names = [f"{MARKS[chapter.role(each)]} {each.label}" for each in chapter.entrants]
    wide = min(NAME, max(map(len, names)))
    table.add_column("", overflow="fold", min_width=wide, max_width=wide)
    first = [
        (headed(headline), [_brief(chapter.value(each, headline)) for each in chapter.entrants]),
        ("95%", [_interval(each, headline) for each in chapter.entrants]),
        ("gain", [_gain(chapter, each) for each in chapter.entrants]),
    ]
    metrics = [each for each in chapter.columns(chapter.shown_cut) if each != headline]
    more = {
        each: (_short(each), [_brief(chapter.value(entrant, each)) for entrant in chapter.entrants])
        for each in metrics
    }
    left = width - wide - sum(_width(*column) for column in first)
    fits = []
    for each in sorted(metrics, key=_priority):
        left -= _width(*more[each])
        if left < 0:
            break
        fits.append(each)
    columns = [*first, *(more[each] for each in metrics if each in fits)]
    for head, _ in columns:
        table.add_column(head, justify="right", no_wrap=True)
    for place, entrant in enumerate(chapter.entrants):
        cells = [Text(cells[place]) for _, cells in columns]
        table.add_row(Text(names[place]), *cells, style=STYLES[chapter.role(entrant)])
    return table


def _cold(chapter: Chapter, part: SliceResult) -> str:
    """Who finds what of the first slice; the page has the others."""
    metric = next((name for name in parts.metrics_of(chapter, part) if name.startswith("recall")), None)
    if metric is None:
        return ""
    found = [
        (entrant.label, each.value) for entrant, (each,) in parts.numbers(chapter, part, [metric]) if each
    ]
    best = sorted(((label, value) for label, value in found if value > 0), key=lambda pair: -pair[1])[:3]
    asked = f"{part.name[:1].upper()}{part.name[1:]}, {count(part.n_users)} users"
    if not best:
        return f"{asked}: nobody finds one."
    others = "" if len(best) == len(found) else ", of the others less"
    numbers = listed([f"{label} {_brief(value)}" for label, value in best])
    return f"{asked}: {title(metric)} of {numbers}{others}."


def _width(head: str, cells: Sequence[str]) -> int:
    return 1 + max(len(head), *map(len, cells))


def _priority(metric: str) -> int:
    name = metric.partition("@")[0]
    return BEFORE.index(name) if name in BEFORE else len(BEFORE)


def _gain(chapter: Chapter, entrant: Entrant) -> str:
    share = chapter.relative(entrant.label, chapter.headline)
    return ("~" if crosses(share) else "") + percent(share.value, sign=True) if share else ""


def _interval(entrant: Entrant, metric: str) -> str:
    estimate = entrant.metrics.get(metric)
    if estimate is None or not (finite(estimate.low) and finite(estimate.high)):
        return MISSING
    return f"{_brief(estimate.low)}–{_brief(estimate.high)}"


def _brief(value: float | None) -> str:
    """.4454: a leading zero is a column lost."""
    text = number(value)
    return text[1:] if text.startswith("0.") else text


def _short(metric: str) -> str:
    head = {"Precision": "Prec", "Coverage": "Cov"}.get(headed(metric), title(metric).partition("@")[0])
    return head if higher_is_better(metric) else f"{head}↓"


def _say(console: Console, words: str, style: str = "", indent: str = "") -> None:
    """A paragraph, wrapped without spaces left at the ends of lines."""
    lines = textwrap.wrap(
        words, max(20, console.width), initial_indent=indent, subsequent_indent=" " * len(indent)
    )
    console.print(Text("\n".join(lines)), style=style or None)

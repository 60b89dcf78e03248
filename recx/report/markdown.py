"""The report as markdown: short enough for a comment on a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from recx.evaluate.result import Entrant, Report, SliceResult
from recx.report import gate as gating
from recx.report import offline as testing
from recx.report import parts as slicing
from recx.report.chapter import Chapter, footnote, origin
from recx.report.words import (
    MISSING,
    count,
    finite,
    interval,
    number,
    p_value,
    percent,
    percent_interval,
    title,
    window_line,
)

FLAGS = {"fusion": " fused", "best": " best base", "base": "", "blend": " blend"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]|~#])")


def markdown(report: Report) -> str:
    """The verdict, a table a task and the protocol."""
    where = origin(report)
    named = f" ({where})" if where else ""
    parts = [f"# recx: {escape(report.dataset)}{named}"]
    parts += [f"> {escape(note)}" for note in report.dataset_notes]
    if report.gate:
        parts.append(gating.markdown(report.gate, report.manifest.get("command", ())))
    for task in report.tasks:
        parts += _task(Chapter(task), named)
    if report.offline:
        parts.append(testing.markdown(report.offline, named))
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Text that stays text: no markup, no html, no line breaks."""
    return _SPECIAL.sub(r"\\\1", html.escape(flat(text), quote=False))


def code(text: str) -> str:
    """A name as code, so that popular@recent mentions nobody."""
    shown = flat(text).replace("|", r"\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if "`" in shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def flat(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(each for each in text if each.isprintable() or each.isspace()).split())


def _task(chapter: Chapter, where: str) -> list[str]:
    task, verdict = chapter.task, chapter.task.verdict
    parts = [f"## {escape(chapter.question)}{where}"]
    if verdict:
        parts.append(f"**{escape(verdict[0])}**")
    parts.append("\n".join(f"- {escape(line)}" for line in [*chapter.plainly(), *verdict[1:]]))
    columns = chapter.columns(chapter.shown_cut)
    at = "" if chapter.shown_cut is None else f" at k = {chapter.shown_cut}"
    parts.append(f"{code(task.name)}{at}, {count(task.n_users)} users{where}")
    parts.append(_main_table(chapter, columns))
    for window in task.windows:
        inner = Chapter(window.result)
        parts.append(f"### {escape(window_line(window))}{where}")
        parts.append(_main_table(inner, inner.columns(inner.shown_cut)))
    if power := chapter.power():
        parts.append(f"<sub>{escape(power)}</sub>")
    best = chapter.reference
    if best and (rivals := _differences(chapter, _by_entrant(chapter))):
        about = f"{title(chapter.headline)}: difference to {best.label}, the best base{where}"
        parts.append(_folded(about, rivals))
    if best and chapter.fusion and (metrics := _differences(chapter, _by_metric(chapter, columns))):
        about = f"{chapter.fusion.label}: difference to {best.label}, metric by metric{where}"
        parts.append(_folded(about, metrics))
    if task.slices:
        parts.append(_slices(chapter, where))
    words = [escape(str(each)) for each in task.protocol.get("words", [])]
    parts.append(f"<sub>{'; '.join(words)}.</sub>" if words else "")
    return parts


def _main_table(chapter: Chapter, columns: Sequence[str]) -> str:
    headline = chapter.headline
    heads = ["", title(headline), "95% interval", *(title(each) for each in columns if each != headline)]
    rows = []
    for entrant in chapter.entrants:
        estimate = entrant.metrics.get(headline)
        cells = [_bold(chapter, entrant, headline), interval(estimate) if estimate else MISSING]
        cells += [_bold(chapter, entrant, each) for each in columns if each != headline]
        note = footnote(entrant)
        name = f"{code(entrant.label)}{FLAGS[chapter.role(entrant)]}" + (f" ({note})" if note else "")
        rows.append([f"**{name}**" if entrant.kind == "fusion" else name, *cells])
    return table(heads, rows)


def _slices(chapter: Chapter, where: str) -> str:
    """A folded table of the two that lead, a row a slice; what was too small says so."""
    who, rows = slicing.leaders(chapter), []
    for part in chapter.task.slices:
        found = [part.entrants.get(label, {}).get(chapter.headline) for label in who]
        cells = [
            escape(part.name),
            count(part.n_users),
            *(number(each.value) if each else MISSING for each in found),
        ]
        if len(who) > 1:
            cells += _led(chapter, part)
        rows.append(cells)
    heads = ["", "users", *map(code, who)]
    if len(who) > 1:
        heads += ["difference", "95% interval", "p (Holm)"]
    about = slicing.said(chapter) or "parts of users and items."
    return _folded(f"{title(chapter.headline)}: {about.removesuffix('.')}{where}", table(heads, rows))


def _led(chapter: Chapter, part: SliceResult) -> list[str]:
    if part.leaders is None:
        return ["too small" if part.n_users and not part.entrants else MISSING, MISSING, MISSING]
    share = slicing.relative(chapter, part)
    found = part.leaders.difference
    shown = (number(found.value), interval(found))
    if share is not None:
        shown = (percent(share.value, sign=True), percent_interval(share))
    return [*shown, escape(p_value(part.leaders.p_holm))]


def _by_entrant(chapter: Chapter) -> list[tuple[str, str, str]]:
    return [(code(each.label), each.label, chapter.headline) for each in chapter.entrants]


def _by_metric(chapter: Chapter, columns: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(title(each), chapter.fusion.label, each) for each in columns] if chapter.fusion else []


def _differences(chapter: Chapter, asked: Sequence[tuple[str, str, str]]) -> str:
    """A row for each (name, entrant, metric) that was compared; empty for none."""
    rows = []
    for name, entrant, metric in asked:
        compared, share = chapter.compared(entrant, metric), chapter.relative(entrant, metric)
        if compared is None or not finite(compared.difference.value):
            continue
        shown, span = number(compared.difference.value), interval(compared.difference)
        if share is not None:
            shown = percent(share.value, sign=True)
            span = percent_interval(share)
        least = chapter.detectable(entrant, metric)
        rows.append(
            [
                name,
                percent(least) if least is not None else number(compared.detectable),
                shown,
                span,
                escape(p_value(compared.p_holm)),
                escape(p_value(compared.p_bh)),
            ]
        )
    heads = ["", "detectable", "difference", "95% interval", "p (Holm)", "p (BH)"]
    return table(heads, rows) if rows else ""


def _folded(about: str, table: str) -> str:
    return f"<details><summary>{html.escape(flat(about))}</summary>\n\n{table}\n\n</details>"


def _bold(chapter: Chapter, entrant: Entrant, metric: str) -> str:
    value = chapter.value(entrant, metric)
    shown = number(value)
    return f"**{shown}**" if value is not None and value == chapter.best(metric) else shown


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads; the first column names the row, the others hold numbers."""
    lines = [heads, ["---", *(["---:"] * (len(heads) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

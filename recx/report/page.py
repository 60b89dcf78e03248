"""The html page: one file that needs no network and no script, the verdict first."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from recx.evaluate.result import Report
from recx.report import offline, tables
from recx.report.chapter import Chapter, origin, sign_of
from recx.report.gate import section
from recx.report.markup import Child, Markup, join, tag
from recx.report.sections import badge, heading, task_section
from recx.report.words import (
    count,
    finite,
    interval,
    megabytes,
    number,
    percent,
    percent_interval,
    plain,
    seconds,
    title,
)

SAYS = {"gain": "Fusing pays", "loss": "Fusing does not pay here", "open": "Not proven"}
SIZES = ("users", "items", "interactions")
LATER = ("filled", "source", "settings")
PLACED = (*SIZES, *LATER, "notes", "name", "folds", "cleaning")
"""Facts that have a place of their own."""


def page(report: Report) -> str:
    """The whole document."""
    chapters = [Chapter(task) for task in report.tasks]
    names = [f"task{place + 1}" for place in range(len(chapters))]
    where = origin(report)
    body = tag(
        "div",
        _head(report, chapters, names, where),
        tag("main", _main(report, chapters, names, where)),
        tag("footer", _foot(report)),
        class_="sheet",
    )
    most = max((len(chapter.cuts) for chapter in chapters), default=0)
    return document(f"{report.dataset} · recx report", body, most)


def document(title: str, body: Markup, cuts: int = 0) -> str:
    """A page that needs no network and no script, around ``body``."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", _style(cuts)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _main(report: Report, chapters: list[Chapter], names: list[str], where: str | None) -> Markup:
    cards = [_card(chapter, where) for chapter in chapters]
    return join(
        section(report.gate, report.manifest.get("command", ())) if report.gate else None,
        tag("div", cards, id="verdict") if cards else tag("p", "This report holds no task."),
        [task_section(chapter, name, where) for chapter, name in zip(chapters, names, strict=True)],
        offline.section(report.offline, where) if report.offline else None,
        _data(report, where),
        run_section(report),
    )


def _style(cuts: int) -> Markup:
    """The style sheet, with a rule for each cut-off that can be chosen."""
    text = files("recx.report").joinpath("page.css").read_text(encoding="utf-8")
    rules = (
        f".switch > input:nth-of-type({n}):checked ~ .switched > .pane:nth-of-type({n}) {{ display: block; }}"
        for n in range(1, cuts + 1)
    )
    return Markup("\n" + text + "\n".join(rules) + "\n")


def _head(report: Report, chapters: list[Chapter], names: list[str], where: str | None) -> Markup:
    facts = report.dataset_facts
    sizes = [f"{count(facts[name])} {name}" for name in SIZES if _whole(facts.get(name))]
    dates = [str(facts[name])[:10] for name in ("first", "last") if facts.get(name)]
    if len(dates) == 2:
        sizes.append(f"{dates[0]} to {dates[1]}")
    links = [
        tag("a", chapter.question, href=f"#{name}") for chapter, name in zip(chapters, names, strict=True)
    ]
    if report.offline:
        links.append(tag("a", "Offline A/B", href="#offline"))
    links += [tag("a", "Data", href="#data"), tag("a", "Run", href="#run")]
    return tag(
        "header",
        tag("p", "recx report", class_="eyebrow"),
        heading("h1", report.dataset, where),
        tag("p", " · ".join(sizes), class_="soft") if sizes else None,
        [tag("p", note, class_="note") for note in report.dataset_notes],
        tag("nav", links, aria_label="Contents"),
    )


def _card(chapter: Chapter, where: str | None) -> Markup:
    """The verdict on one task, for somebody who has to decide."""
    verdict = chapter.task.verdict
    return tag(
        "article",
        heading("h2", chapter.question, where),
        _big(chapter),
        tag("p", chapter.lead(), class_="lead") if chapter.lead() else None,
        [tag("p", words) for words in chapter.plainly()],
        tag("ul", [tag("li", words) for words in verdict]) if verdict else None,
        class_="card",
    )


def _big(chapter: Chapter) -> Markup:
    """The one number of a task: what fusing adds, else how good the best is."""
    gain, fused, best = chapter.gain, chapter.fusion, chapter.reference
    metric = title(chapter.headline)
    if gain and fused and best and (share := chapter.relative(fused.label, chapter.headline)):
        sign = sign_of(gain.difference, chapter.headline)
        against = f"{metric} of {fused.label} against {best.label}, the best base"
        about = f"{against}; 95% interval {percent_interval(share)}"
        shown = tag("b", percent(share.value, sign=True), class_=sign)
        return join(
            tag("div", shown, " ", tag("span", about), class_="big"),
            tag("span", SAYS[sign], class_=f"says {sign}"),
        )
    spokesman = chapter.spokesman
    estimate = spokesman.metrics.get(chapter.headline) if spokesman else None
    if spokesman is None or estimate is None or not finite(estimate.value):
        return Markup()
    about = f"{metric} of {spokesman.label}; 95% interval {interval(estimate)}"
    return tag("div", tag("b", number(estimate.value)), " ", tag("span", about), class_="big")


def _data(report: Report, where: str | None) -> Markup:
    facts = report.dataset_facts
    rows: list[tuple[str, Child]] = [(name, count(facts[name])) for name in SIZES if _whole(facts.get(name))]
    known = {name: value for name, value in facts.items() if name not in PLACED and value is not None}
    rows += [(_spaced(name), plain(value)) for name, value in known.items()]
    parts: list[Child] = [heading("h2", "The data", where)]
    parts += [tag("p", note) for note in report.dataset_notes]
    parts.append(tables.pairs_table(rows))
    if folds := _records(facts.get("folds"), ("name", "cut", "fit", "target", "target_users")):
        heads = ("fold", "cut", "learnt from", "to be found", "users asked")
        words = "Which part of the past is used for what."
        parts.append(tables.plain_table(heads, folds, join(words, badge(where))))
    if cleaning := _records(facts.get("cleaning"), ("rule", "lost", "rows", "users", "items")):
        heads = ("rule", "rows lost", "rows", "users", "items")
        words = "Cleaning, rule by rule: what each cost and what was left."
        parts.append(tables.plain_table(heads, cleaning, join(words, badge(where))))
    rest: list[tuple[str, Child]] = [(_spaced(name), plain(facts[name])) for name in LATER if facts.get(name)]
    if rest:
        parts.append(tag("details", tag("summary", "Files and settings"), tables.pairs_table(rest)))
    return tag("section", *parts, id="data", class_="chapter")


def run_section(report: Report) -> Markup:
    """The command, its settings, where and how long it ran."""
    manifest = dict(report.manifest)
    parts: list[Child] = [tag("h2", "The run")]
    command = manifest.pop("command", None)
    if isinstance(command, list) and command:
        parts.append(tag("pre", shlex.join(map(str, command))))
    stages = manifest.pop("stages", None)
    config = manifest.pop("config", None)
    rows: list[tuple[str, Child]] = [(_spaced(name), plain(value)) for name, value in manifest.items()]
    if report.folder:
        rows.append(("folder", tag("code", report.folder)))
    parts.append(tables.pairs_table(rows))
    if isinstance(stages, Mapping) and stages:
        lines = [
            (
                str(name),
                seconds(_float(each, "seconds")),
                seconds(_float(each, "compiling")),
                megabytes(_float(each, "peak_megabytes")),
            )
            for name, each in stages.items()
            if isinstance(each, Mapping)
        ]
        parts.append(tables.plain_table(("stage", "time", "compiling kernels", "peak memory"), lines))
    if isinstance(config, Mapping) and config:
        lines_ = "\n".join(f"{name}={plain(value)}" for name, value in config.items())
        parts.append(tag("details", tag("summary", "Settings"), tag("pre", lines_)))
    return tag("section", *parts, id="run", class_="chapter")


def _foot(report: Report) -> Markup:
    versions = report.manifest.get("versions")
    version = f" {versions['recx']}" if isinstance(versions, Mapping) and "recx" in versions else ""
    return join(f"recx{version} · all digits of every number: ", tag("code", "report.json"))


def _records(found: object, names: tuple[str, ...]) -> list[list[str]]:
    """A list of records as rows of text; anything else is no table."""
    if not isinstance(found, list):
        return []
    return [[_cell(each.get(name)) for name in names] for each in found if isinstance(each, Mapping)]


def _cell(value: object) -> str:
    """A fact in a table: of a moment, the day is enough."""
    if isinstance(value, str) and len(value) == 20 and value.endswith("Z"):
        return value[:10]
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    return plain(value)


def _float(found: Mapping[str, Any], name: str) -> float | None:
    value = found.get(name)
    return float(value) if isinstance(value, int | float) else None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _spaced(name: str) -> str:
    return name.replace("_", " ")

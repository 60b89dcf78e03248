"""`recx metrics`, `recx metrics NAME` and `recx metrics doctor`."""

from __future__ import annotations

import inspect
import math
import textwrap
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings
from recx.errors import UsageError

if TYPE_CHECKING:
    from recx.evaluate.doctor.verb import Diagnosis

DOCTOR = "doctor"
WIDTH = 100
"""Letters of a line of text at most."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @takes_settings(app, "metrics", PURPOSE["metrics"])
    def _metrics(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = arguments or []
        if words[:1] == [DOCTOR]:
            _doctor(words[1:], conf, quiet, help)
        elif help:
            print(f"recx metrics [NAME | doctor run=RUN]\n\n{PURPOSE['metrics']}")
        elif len(words) > 1:
            raise UsageError(f"metrics takes one name, such as recx metrics ndcg@10, not {' '.join(words)}")
        elif words:
            _explain(words[0])
        else:
            _list()


def _doctor(arguments: list[str], conf: Conf, quiet: bool, help: bool) -> None:
    words = composed(DOCTOR, arguments, conf, help)
    from recx.cli.words import session
    from recx.evaluate.doctor import doctor

    with session(words, "metrics", [DOCTOR, *arguments], quiet) as asked:
        found = doctor(words.settings, asked)
    print_diagnosis(found)


def _list() -> None:
    """Every metric, by what it is computed from."""
    from recx.metrics import METRICS
    from recx.metrics.needs import NEEDS

    width = max(map(len, METRICS))
    by_needs: dict[str, list[str]] = {}
    for name in METRICS:
        by_needs.setdefault(NEEDS[name], []).append(name)
    for needs, names in by_needs.items():
        print(f"from {needs}:")
        for name in names:
            _say(definition(name)[0], f"  {name.ljust(width)}  ")
        print()
    print("recx metrics ndcg@10 explains one")


def _explain(text: str) -> None:
    """One metric in full."""
    from recx.metrics import VERSION, WHOLE, Metric, base_of, parse, variants
    from recx.metrics.needs import NEEDS

    metric = parse(text) if "@" in text or text in WHOLE else Metric(parse(f"{text}@10").name, None)
    print(f"{metric}/{VERSION}\n")
    for paragraph in definition(metric.name):
        _say(paragraph, "  ")
        print()
    print(f"  needs     {NEEDS[metric.name]}")
    if others := variants(metric.name):
        print(f"  variants  {', '.join(others)}")
    if base_of(metric.name) != metric.name:
        print(f"  variant   of {base_of(metric.name)}")
    print(f"  better    {'higher' if metric.higher_is_better else 'lower'}")
    cut = "" if metric.name in WHOLE else f" k=[{metric.k or 10}]"
    print(f"  report    recx evaluate runs=[…] metrics=[{metric.name}]{cut}")


def definition(name: str) -> list[str]:
    """The paragraphs of a metric's docstring; the first is its formula."""
    from recx.metrics import load

    text = inspect.getdoc(load(name)) or ""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def print_diagnosis(found: Diagnosis) -> None:
    """The table of metrics and libraries, then what makes them differ."""
    from recx.cli.tables import plain_table, show
    from recx.evaluate.doctor import load_library
    from recx.evaluate.doctor.library import METRICS

    about = f"{found.entrant} on {found.dataset}, repeat={found.repeat}, {found.n_users:,} users"
    print(f"{about}: @{found.k} as recx and as other libraries would report it\n")
    table = plain_table("", "recx", *found.theirs)
    for name in METRICS:
        cells = [Text(_number(found.ours[name]))]
        for answers in found.theirs.values():
            answer = answers.get(name)
            cells.append(
                Text("–", style="dim")
                if answer is None
                else Text(_number(answer.value), style="bold" if answer.reasons else "dim")
            )
        table.add_row(name, *cells)
    show(table)
    for label, answers in found.theirs.items():
        of = load_library(label)
        print(f"\n{label} {of.version}, {of.read}{'' if of.verified else ' (from its source, not run)'}")
        by_reason: dict[str, list[str]] = {}
        for name, answer in answers.items():
            for reason in answer.reasons:
                by_reason.setdefault(reason, []).append(name)
        if not by_reason:
            print("  the same numbers")
        for reason, names in by_reason.items():
            _say(f"{', '.join(names)}: {reason}", "  ")


def _number(value: float) -> str:
    return "nan" if math.isnan(value) else f"{value:.4f}".removeprefix("0")


def _say(text: str, indent: str) -> None:
    """A paragraph behind ``indent``, its further lines below the first."""
    width = min(WIDTH, Console().width) if Console().is_terminal else WIDTH
    print(textwrap.fill(text, width, initial_indent=indent, subsequent_indent=" " * len(indent)))

"""`recx audit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings

if TYPE_CHECKING:
    from rich.table import Table

    from recx.audit.finding import Audit, Check, Verdict


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "audit", PURPOSE["audit"])
    def _audit(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = composed("audit", arguments, conf, help)
        from recx.audit import audit
        from recx.cli.words import session

        with session(words, "audit", arguments, quiet) as asked:
            found = audit(words.settings, asked)
        print_audit(found)
        if found.exit_code:
            raise typer.Exit(found.exit_code)


def print_audit(found: Audit) -> None:
    """A line a check, then every finding with its numbers, and what to do."""
    from rich.console import Console
    from rich.markup import escape

    from recx.audit.finding import TITLES
    from recx.audit.verb import FILE
    from recx.cli.tables import show

    several = len({check.subject for check in found.checks}) > 1
    table = _table(several)
    for (name, verdict, looked), subjects in _grouped(found.checks).items():
        cells = [TITLES[name], f"[{COLOURS[verdict]}]{verdict}[/]", escape(looked)]
        table.add_row(*([*cells[:2], escape(_listed(subjects)), cells[2]] if several else cells))
    show(table)
    console = Console(highlight=False, soft_wrap=True)
    for check in found.checks:
        for one in check.findings:
            of = f" · {escape(check.subject)}" if several else ""
            colour = COLOURS[one.severity]
            console.print(f"\n[{colour}]{one.severity}[/]  [bold]{TITLES[check.name]}[/]{of}")
            console.print(f"  {escape(one.what)}")
            rows = f", rows {', '.join(map(str, one.rows))}" if one.rows else ""
            more = " …" if one.evidence.get("rows", 0) > len(one.rows) > 0 else ""
            console.print(f"  where  {escape(one.where)}{rows}{more}", style="dim")
            console.print(f"  do     {escape(one.todo)}", style="dim")
    leaks, notes = len(found.leaks), sum(len(check.findings) for check in found.checks) - len(found.leaks)
    print(f"\n{_count(leaks, 'leak')}, {_count(notes, 'note')}")
    print(f"\n{found.folder}/{FILE}")


FEW = 4
"""Subjects that are named in one line of the table."""
COLOURS = {"leak": "bold red", "note": "yellow", "clean": "green", "does not apply": "dim"}


def _table(several: bool) -> Table:
    from rich.table import Table as _Table

    table = _Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("check", "", *(["of"] if several else []), "looked at"):
        table.add_column(column, overflow="fold")
    return table


def _grouped(checks: Sequence[Check]) -> dict[tuple[str, Verdict, str], list[str]]:
    """Subjects by check, verdict and what was looked at: bases and trials have much in common."""
    found: dict[tuple[str, Verdict, str], list[str]] = {}
    for check in checks:
        found.setdefault((check.name, check.verdict, check.looked), []).append(check.subject)
    return found


def _listed(subjects: list[str]) -> str:
    return ", ".join(subjects) if len(subjects) <= FEW else f"{subjects[0]} and {len(subjects) - 1} more"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"

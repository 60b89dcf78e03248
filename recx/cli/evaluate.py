"""`recx evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings

SaveBaseline = Annotated[
    Path | None,
    typer.Option("--save-baseline", metavar="PATH", help="Write what a gate compares with: baseline=PATH."),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "evaluate", PURPOSE["evaluate"])
    def _evaluate(
        arguments: Arguments = None,
        conf: Conf = None,
        save_baseline: SaveBaseline = None,
        quiet: Quiet = False,
        help: Help = False,
    ) -> None:
        words = composed("evaluate", arguments, conf, help)
        from recx.cli.tables import print_report
        from recx.cli.words import session
        from recx.evaluate import evaluate

        with session(words, "evaluate", arguments, quiet) as asked:
            report = evaluate(words.settings, asked, save_baseline)
        if code := print_report(report, save_baseline):
            raise typer.Exit(code)

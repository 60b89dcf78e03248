"""`recx run`."""

from __future__ import annotations

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "run", PURPOSE["run"])
    def _run(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = composed("run", arguments, conf, help)
        from recx.cli.tables import print_report
        from recx.cli.words import session
        from recx.run import run

        with session(words, "run", arguments, quiet) as asked:
            report = run(words.settings, asked)
        print_report(report)

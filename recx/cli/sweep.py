"""`recx sweep`."""

from __future__ import annotations

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "sweep", PURPOSE["sweep"])
    def _sweep(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = composed("sweep", arguments, conf, help)
        from recx.cli.words import session
        from recx.sweep import sweep
        from recx.sweep.leaderboard import print_leaderboard

        with session(words, "sweep", arguments, quiet) as asked:
            leaderboard = sweep(words.settings, asked)
        print_leaderboard(leaderboard)

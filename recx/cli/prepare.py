"""`recx prepare`."""

from __future__ import annotations

from typing import Annotated

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "prepare", PURPOSE["prepare"])
    def _prepare(
        arguments: Arguments = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Print the rows lost per rule and write nothing.")
        ] = False,
        conf: Conf = None,
        quiet: Quiet = False,
        help: Help = False,
    ) -> None:
        from recx.cli.tables import print_cleaning

        words = composed("prepare", arguments, conf, help)
        from recx.cli.progress import Display
        from recx.prepare import prepare
        from recx.prepare.config import each_window

        for settings in each_window(words.settings):
            with Display(quiet) as display:
                display.stage(f"prepare {settings.dataset.name}")
                prepared = prepare(settings, display.say, dry_run)
            print_cleaning(prepared)

"""`recx fuse`."""

from __future__ import annotations

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "fuse", PURPOSE["fuse"])
    def _fuse(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = composed("fuse", arguments, conf, help)
        from recx.cli.tables import print_fuse_run
        from recx.cli.words import session
        from recx.fuse import fuse

        with session(words, "fuse", arguments, quiet) as asked:
            run = fuse(words.settings, asked, resume=True)
        print_fuse_run(run)

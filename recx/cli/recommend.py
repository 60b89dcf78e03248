"""`recx recommend`."""

from __future__ import annotations

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "recommend", PURPOSE["recommend"])
    def _recommend(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = composed("recommend", arguments, conf, help)
        from recx.cli.words import session
        from recx.recommend import recommend

        with session(words, "recommend", arguments, quiet) as asked:
            written = recommend(words.settings, asked)
        print(f"{written.users:,} users, {written.lines:,} recommendations")
        if any(link != "model" for link in written.links):
            print("answered by " + ", ".join(f"{link} {n:,}" for link, n in sorted(written.links.items())))
        print(f"\n{written.path}")

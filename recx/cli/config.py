"""`recx config VERB`."""

from __future__ import annotations

from typing import Annotated

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf
from recx.errors import UsageError, did_you_mean


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("config", help=PURPOSE["config"])
    def _config(
        verb: Annotated[str, typer.Argument(help="prepare, train, fuse, evaluate, sweep or run.")],
        arguments: Arguments = None,
        conf: Conf = None,
    ) -> None:
        from recx.config.compose import compose
        from recx.config.docs import documented
        from recx.config.verbs import SETTINGS

        if verb not in SETTINGS:
            raise UsageError(f"no verb called '{verb}'{did_you_mean(verb, SETTINGS)}")
        words = compose(verb, arguments or [], conf)
        settings = list(documented(words.settings))
        width = max(len(f"{setting.key}={setting.value}") for setting in settings)
        for setting in settings:
            origin = words.origins.get(setting.key, "default")
            print(f"{setting.key}={setting.value}".ljust(width), f"# {origin}")

"""What the verbs that take settings share: trailing arguments, --conf, --help and where progress goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from recx.config.compose import Composed

Arguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="[GROUP=OPTION | KEY=VALUE]...", help="Settings laid over conf/.", show_default=False),
]
Conf = Annotated[
    Path | None, typer.Option("--conf", help="Folder of your own configs, searched before recx's.")
]
Help = Annotated[bool, typer.Option("--help", "-h", help="Show the settings of this verb and exit.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def takes_settings(app: typer.Typer, verb: str) -> Callable[[Any], Any]:
    """Register a command whose --help composes and explains its settings."""
    return app.command(verb, add_help_option=False, context_settings={"help_option_names": []})


def composed(
    verb: str, arguments: list[str] | None, conf: Path | None, help: bool, flags: dict[str, bool] | None = None
) -> Composed:
    """Compose the settings of a verb, or print its help and leave. ``flags`` are settings switched on by options."""
    from recx.config.compose import compose

    switched = [f"{name}=true" for name, on in (flags or {}).items() if on]
    if help:
        from recx.cli.explain import print_help

        print_help(verb, [a for a in arguments or [] if "=" in a], conf)
        raise typer.Exit
    return compose(verb, [*(arguments or []), *switched], conf)

"""What the verbs that take settings share: trailing arguments, --conf, --help and where progress goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recx.errors import UsageError

if TYPE_CHECKING:
    from recx.config.compose import Composed
    from recx.session import Session

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[GROUP=OPTION | KEY=VALUE]...", help="Settings laid over conf/.", show_default=False
    ),
]
Conf = Annotated[
    Path | None, typer.Option("--conf", help="Folder of your own configs, searched before recx's.")
]
Help = Annotated[bool, typer.Option("--help", "-h", help="Show the settings of this verb and exit.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def takes_settings(app: typer.Typer, verb: str, purpose: str) -> Callable[[Any], Any]:
    """Register a command whose --help composes and explains its settings."""
    return app.command(verb, help=purpose, add_help_option=False)


def composed(verb: str, arguments: list[str] | None, conf: Path | None, help: bool) -> Composed:
    """Compose the settings of a verb, or print its help and leave."""
    if help:
        from recx.cli.explain import print_help

        print_help(verb, [word for word in arguments or [] if "=" in word], conf)
        raise typer.Exit
    from recx.config.compose import compose

    return compose(verb, arguments or [], conf)


def placed(verb: str, arguments: list[str] | None, names: tuple[str, ...]) -> list[str]:
    """Arguments whose first words without a key are the values of ``names``, in that order."""
    words = [word for word in arguments or [] if "=" not in word]
    if len(words) > len(names):
        wanted = " ".join(name.upper() for name in names)
        raise UsageError(f"{verb} takes {wanted}, not {' '.join(words)}")
    quoted = (word.replace("'", "\\'") for word in words)
    settings = [f"{name}='{word}'" for name, word in zip(names, quoted, strict=False)]
    return [*settings, *(word for word in arguments or [] if "=" in word)]


@contextmanager
def session(words: Composed, verb: str, arguments: list[str] | None, quiet: bool) -> Iterator[Session]:
    """A session whose progress is drawn on stderr."""
    from recx.cli.progress import Display
    from recx.session import Session

    with Display(quiet) as display:
        yield Session(("recx", verb, *(arguments or [])), words.origins, display)

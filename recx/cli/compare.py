"""`recx compare A B`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, placed, takes_settings

if TYPE_CHECKING:
    from recx.evaluate.compare.result import Compared


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "compare", PURPOSE["compare"])
    def _compare(
        arguments: Arguments = None, conf: Conf = None, quiet: Quiet = False, help: Help = False
    ) -> None:
        words = composed("compare", placed("compare", arguments, ("a", "b")), conf, help)
        from recx.cli.words import session
        from recx.evaluate.compare import compare

        with session(words, "compare", arguments, quiet) as asked:
            found = compare(words.settings, asked)
        print_compared(found)


def print_compared(found: Compared) -> None:
    """Write the page, print the tables and name the page in the last line."""
    from rich.console import Console

    from recx.report.compare_page import HTML, write
    from recx.report.compare_screen import terminal

    write(found)
    terminal(found, Console(highlight=False))
    print(f"\n{Path(found.folder) / HTML}")

"""`recx ls`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recx.cli.text import PURPOSE


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("ls", help=PURPOSE["ls"])
    def _ls(
        results: Annotated[Path, typer.Option(help="Where runs live.")] = Path("results"),
    ) -> None:
        from recx.cli.tables import print_runs
        from recx.store import list_runs

        print_runs(list_runs(results))

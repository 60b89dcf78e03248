"""`recx models`."""

from __future__ import annotations

import typer
from rich.console import Console

from recx.cli.text import PURPOSE


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("models", help=PURPOSE["models"])
    def _models() -> None:
        from rich.table import Table

        from recx.models import all_models
        from recx.models.about import family, summary

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("model", "family", "what it is"):
            table.add_column(column)
        for name in all_models():
            table.add_row(name, family(name), summary(name))
        Console(highlight=False).print(table)

"""`recx datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Conf


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("datasets", help=PURPOSE["datasets"])
    def _datasets(
        data_dir: Annotated[Path, typer.Option(help="Where prepared data sets live.")] = Path(
            "data/prepared"
        ),
        conf: Conf = None,
    ) -> None:
        from recx.cli.tables import plain_table, show
        from recx.config import folders
        from recx.config.about import about
        from recx.prepare.stored import prepared_folders

        path = folders.search_path(conf)
        table = plain_table("data set", "what it is")
        table.columns[1].justify = "left"
        for name in folders.options("dataset", path):
            table.add_row(name, about("dataset", name, path))
        show(table)
        prepared = prepared_folders(data_dir)
        if prepared:
            print(f"\nprepared in {data_dir}:")
        for folder in prepared:
            print(f"  {folder.name}")

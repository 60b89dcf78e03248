"""`recx train`."""

from __future__ import annotations

from typing import Annotated

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, takes_settings

Resume = Annotated[
    bool, typer.Option("--resume", help="Continue the newest unfinished run of the same settings.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "train", PURPOSE["train"])
    def _train(
        arguments: Arguments = None,
        resume: Resume = False,
        conf: Conf = None,
        quiet: Quiet = False,
        help: Help = False,
    ) -> None:
        words = composed("train", arguments, conf, help)
        from recx.cli.tables import print_train_run
        from recx.cli.words import session
        from recx.prepare.config import each_window
        from recx.train import train

        made = []
        for settings in each_window(words.settings):
            with session(words, "train", arguments, quiet) as asked:
                made.append(train(settings, asked, resume=resume))
            print_train_run(made[-1])
        if len(made) > 1:
            print(f"\nrecx evaluate runs=[{','.join(str(run.folder) for run in made)}]")

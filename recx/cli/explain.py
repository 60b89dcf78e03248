"""`recx VERB --help`: what the verb does, its groups and options, every setting with default and doc."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from recx.cli.text import PURPOSE

FLAGS = {
    "prepare": "--dry-run  --conf DIR  --quiet",
    "train": "--resume  --conf DIR  --quiet",
    "fuse": "--conf DIR  --quiet",
    "sweep": "--conf DIR  --quiet",
    "evaluate": "--conf DIR  --quiet",
    "compare": "--conf DIR  --quiet",
    "doctor": "--conf DIR  --quiet",
    "audit": "--conf DIR  --quiet",
    "recommend": "--conf DIR  --quiet",
    "reproduce": "--dry-run  --conf DIR  --quiet",
    "run": "--conf DIR  --quiet",
}

TYPED = {"doctor": "metrics doctor", "reproduce": "reproduce RUN", "compare": "compare A B"}
"""Verbs that are a part of another one, or take a word without a key."""

FROM = (
    "from=FILE takes settings from a file, the best.yaml of a sweep or the config.yaml of a run; "
    "what is typed beside it wins."
)


def print_help(verb: str, arguments: list[str], conf: Path | None) -> None:
    """Print it on stdout, for the options that ``arguments`` choose."""
    from recx.config import folders
    from recx.config.compose import compose
    from recx.config.docs import documented

    composed = compose(verb, arguments, conf)
    console = Console(highlight=False)
    usage = escape("[GROUP=OPTION | KEY=VALUE | from=FILE]...")
    console.print(f"[bold]recx {TYPED.get(verb, verb)}[/] {usage}  {FLAGS.get(verb, '')}\n")
    console.print(f"{PURPOSE[verb]}\n{FROM}\n")
    path = folders.search_path(conf)
    for group, chosen in composed.choices.items():
        names = [f"[bold]{name}[/]" if name == chosen else name for name in folders.options(group, path)]
        console.print(f"[cyan]{group}[/]  {' '.join(names)}", soft_wrap=True)
    for setting in documented(composed.settings):
        console.print(f"\n  [bold]{setting.key}[/]={escape(setting.value)}", soft_wrap=True)
        if setting.doc:
            console.print(Padding(escape(setting.doc), (0, 0, 0, 6)), style="dim")

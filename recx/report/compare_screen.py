"""A comparison on a terminal: the verdict, the metrics, who and what changed most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recx.evaluate.compare.result import Compared
from recx.report import parts
from recx.report.chapter import origin
from recx.report.compared import Sides
from recx.report.words import count, title

SHOWN = 5
"""Users and items of a table on the terminal; the page has all."""
NAME = 44
"""Letters of a name."""


def terminal(compared: Compared, console: Console) -> None:
    """Print it; a console that is no terminal gets plain text that is not cut."""
    if not console.is_terminal:
        console.width = 200
    sides, task = Sides(compared), compared.task
    a, b = sides.names
    where = origin(sides.report)
    about = [compared.dataset, *([where] if where else []), task.name, f"{count(task.n_users)} users"]
    console.print(Text(compared.verdict), style="bold", soft_wrap=True)
    console.print(Text(" · ".join([*about, f"k = {compared.k}"])), style="dim")
    metrics = sides.metrics(sides.chapter.shown_cut)
    _table(console, "", sides.metric_heads, (sides.metric_row(metric) for metric in metrics))
    headline = title(task.headline)
    for words, users in (
        (f"gained most by {headline}", compared.gained),
        (f"lost most by {headline}", compared.lost),
    ):
        heads = [words, *sides.user_heads[1:3], *sides.names, *sides.user_heads[5:]]
        _table(console, words, heads, (sides.user_row(user) for user in users[:SHOWN]))
    for words, items in (
        (f"recommended more often by {b}", compared.more),
        (f"recommended less often by {b}", compared.less),
        (f"found most often by {b} alone", compared.found.items_b),
        (f"found most often by {a} alone", compared.found.items_a),
    ):
        heads = [words, *sides.item_heads[1:]]
        _table(console, words, heads, (sides.item_row(item) for item in items[:SHOWN]))
    console.print()
    found = ", ".join(f"{number} {words}" for words, number in sides.found())
    console.print(Text(f"items to be found: {found}"))
    alike = ", ".join(f"{words} {number}" for words, number in sides.overlap())
    console.print(Text(f"lists of {compared.k}: {alike}"))
    if said := parts.said(sides.chapter):
        console.print(Text(said))
    for note in compared.dataset_notes:
        console.print(Text(f"{note[:1].upper()}{note[1:]}."), style="yellow")


def _table(console: Console, empty: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table without lines; where it has no rows one line that says so."""
    console.print()
    cells = list(rows)
    if not cells:
        console.print(Text(f"{empty}: none"), style="dim")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", overflow="fold")
    for name, *rest in cells:
        short = name if len(name) <= NAME else f"{name[: NAME - 1]}…"
        table.add_row(Text(short), *(Text(cell) for cell in rest))
    console.print(table)

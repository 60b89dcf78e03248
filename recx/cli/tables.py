"""Results of the verbs on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from recx.data import Dataset
    from recx.evaluate.result import Report
    from recx.fuse.runs import FuseRun
    from recx.store import ListedRun
    from recx.train.runs import TrainRun

METRICS_SHOWN = ("ndcg", "recall", "precision", "f1", "hit", "map", "mrr", "rmse", "mse", "mae")


def plain_table(*columns: str) -> Table:
    """A table without lines that can be piped."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def show(table: Table) -> None:
    """Print on stdout; a table that is piped is not cut to 80 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def print_train_run(run: TrainRun) -> None:
    """The fits, and the metrics on watch and valid."""
    fits = plain_table("fit", "epochs", "seconds", "peak MB")
    for fit in run.fits.values():
        epochs = str(fit.epochs) if fit.epochs else "–"
        fits.add_row(fit.name, epochs, f"{fit.seconds:.1f}", f"{fit.peak_megabytes:.0f}")
    show(fits)
    values = run.valid or run.watch
    cuts = sorted({int(name.partition("@")[2]) for name in values if "@" in name})
    table = plain_table("valid" if run.valid else "watch", *(f"@{k}" for k in cuts))
    whole = plain_table("valid", "")
    for name in METRICS_SHOWN:
        if cuts and f"{name}@{cuts[0]}" in values:
            table.add_row(name, *(f"{values[f'{name}@{k}']:.4f}" for k in cuts))
        elif name in values:
            whole.add_row(name, f"{values[name]:.4f}")
    for part in (table, whole):
        if part.row_count:
            print()
            show(part)
    print(f"\n{run.folder}")


def print_fuse_run(run: FuseRun) -> None:
    """What the fusion is worth on the window's held-out users, and what it listens to."""
    for line in run.summary():
        print(line)
    print(f"\n{run.folder}")


def print_runs(runs: list[ListedRun]) -> None:
    """One line a run, newest first."""
    if not runs:
        print("no runs yet; recx run makes some")
        return
    table = plain_table("run", "state", "started", "seconds", "what")
    for run in runs:
        table.add_row(str(run.folder), run.state, run.started, run.seconds, run.what)
    show(table)


def print_cleaning(dataset: Dataset) -> None:
    """Rows lost per rule, and what is left."""
    facts = dataset.facts
    table = plain_table("rule", "rows lost", "rows", "users", "items")
    for rule in facts["cleaning"]:
        table.add_row(*(f"{rule[key]:,}" if key != "rule" else rule[key] for key in CLEANING))
    show(table)


CLEANING = ("rule", "lost", "rows", "users", "items")


def print_report(report: Report, saved: Path | None = None) -> int:
    """Write the report's pages, print its tables and name its folder in the last line.

    The exit code: 0, or what the gate's verdict asks for.
    """
    from recx.report import terminal, write

    folder = Path(report.folder)
    write(report, folder)
    terminal(report, Console(highlight=False))
    code = 0
    if report.offline:
        from recx.report import offline

        print()
        offline.terminal(report.offline, Console(highlight=False))
    if report.gate:
        from recx.evaluate.gate.rules import EXIT
        from recx.report.gate import lines

        print()
        for line in lines(report.gate, report.manifest.get("command", ())):
            print(line)
        code = EXIT[report.gate.verdict]
    if saved:
        print(f"\nbaseline: {saved} ({saved.stat().st_size / 1000:.0f} kB)")
    print(f"\n{folder / 'report.html'}")
    return code

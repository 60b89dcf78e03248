"""The leaderboard: every trial of a sweep, best first, as csv, markdown, best.yaml and on the terminal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recx import store
from recx.train.config import TrainConfig

BEST = "best.yaml"
BOARD = "leaderboard.csv"
SHOWN = 20
"""Trials on the terminal; the files have all."""
MEASURED = ("epochs", "seconds", "run", "error")
"""Columns of leaderboard.csv behind the parameters."""


@dataclass(frozen=True)
class Trial:
    """One row."""

    number: int  # from 0, in the order of the search
    parameters: Mapping[str, Any]  # setting -> value, only what varies
    state: str  # "ok" | "failed" | "unfinished"
    value: float | None  # of the leaderboard's metric on watch
    seconds: float | None
    epochs: int | None  # best epoch; 0 for closed forms
    run: str | None  # folder of its training
    error: str | None


@dataclass(frozen=True)
class Leaderboard:
    """What `recx sweep` returns."""

    folder: Path
    metric: str
    higher_is_better: bool
    trials: list[Trial]  # best first, then the failed ones, then those still to be run

    @staticmethod
    def of(folder: Path, metric: str, higher_is_better: bool, trials: list[Trial]) -> Leaderboard:
        """Sort ``trials``; equal values in the order of the search."""
        sign = -1 if higher_is_better else 1

        def place(trial: Trial) -> tuple[int, float, int]:
            if trial.value is not None:
                return 0, sign * trial.value, trial.number
            return 1 if trial.state == "failed" else 2, 0.0, trial.number

        return Leaderboard(folder, metric, higher_is_better, sorted(trials, key=place))

    @property
    def name(self) -> str:
        """Of the sweep."""
        return self.folder.name

    @property
    def best(self) -> Trial | None:
        """The winner; None where no trial has gone well."""
        return self.trials[0] if self.trials and self.trials[0].state == "ok" else None

    @property
    def parameters(self) -> list[str]:
        """What varies."""
        return list(self.trials[0].parameters) if self.trials else []

    def count(self, state: str) -> int:
        """Trials in a state."""
        return sum(trial.state == state for trial in self.trials)

    def write(self, best: TrainConfig | None) -> None:
        """leaderboard.csv and .md, and best.yaml with the training that won."""
        store.write_text(self.folder / BOARD, self.to_csv())
        store.write_text(self.folder / "leaderboard.md", self.to_markdown())
        if best and self.best:
            store.write_text(self.folder / BEST, self.to_yaml(best))

    def to_csv(self) -> str:
        """A row per trial."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["rank", "trial", "state", self.metric, *self.parameters, *MEASURED])
        for rank, trial in enumerate(self.trials, 1):
            rows.writerow(
                [
                    rank if trial.state == "ok" else "",
                    trial.number,
                    trial.state,
                    "" if trial.value is None else repr(trial.value),
                    *(typed(trial.parameters[key]) for key in self.parameters),
                    *("" if (value := getattr(trial, name)) is None else value for name in MEASURED),
                ]
            )
        return text.getvalue()

    def to_markdown(self) -> str:
        """A table with what it is about above it."""
        header = [f"`{name}`" if name in self.parameters else name for name in self.header]
        lines = [
            f"# Sweep {self.name}",
            "",
            f"{self.summary()}. {self.metric} on watch, "
            f"{'higher' if self.higher_is_better else 'lower'} is better; valid and test were not looked at.",
            "",
            f"| {' | '.join(header)} |",
            f"|{' --: |' * len(header)}",
        ]
        for rank, trial in enumerate(self.trials, 1):
            cells = (cell.replace("|", "\\|") for cell in self.row(rank, trial))
            lines.append(f"| {' | '.join(cells)} |")
        if self.best:
            lines += ["", f"Train the best: `{self.next_command}`"]
        return "\n".join(lines) + "\n"

    def to_yaml(self, best: TrainConfig) -> str:
        """The whole training that won, for `recx train from=`."""
        import yaml

        assert self.best
        body = yaml.safe_dump(asdict(best), sort_keys=False, allow_unicode=True)
        return (
            f"# {self.next_command}\n"
            f"# trial {self.best.number} of {self.name}: {self.metric} {self.best.value:.6g} on watch\n{body}"
        )

    @property
    def next_command(self) -> str:
        """What to type to train the best."""
        return f"recx train from={self.folder / BEST}"

    def summary(self) -> str:
        """How many trials went well."""
        parts = [f"{len(self.trials)} trial{'s' * (len(self.trials) != 1)}", f"{self.count('ok')} ok"]
        parts += [f"{count} {state}" for state in ("failed", "unfinished") if (count := self.count(state))]
        return ", ".join(parts)

    @property
    def header(self) -> list[str]:
        """Columns for people; errors have one where there are any."""
        errors = ["error"] if self.count("failed") else []
        return ["#", *self.parameters, f"{self.metric} on watch", "epochs", "seconds", *errors]

    def row(self, rank: int, trial: Trial) -> list[str]:
        """The cells of one trial below ``header``."""
        return [
            str(rank) if trial.state == "ok" else "–",
            *(typed(trial.parameters[key]) for key in self.parameters),
            "–" if trial.value is None else f"{trial.value:.4f}",
            str(trial.epochs) if trial.epochs else "–",
            "–" if trial.seconds is None else f"{trial.seconds:.1f}",
            *([trial.error or ""] if self.count("failed") else []),
        ]


def typed(value: object) -> str:
    """A parameter as it is typed on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)


def print_leaderboard(board: Leaderboard) -> None:
    """The best trials and those that failed, on stdout, and what to type next."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in board.header:
        table.add_column(column, justify="left" if column == "error" else "right", overflow="fold")
    for rank, trial in enumerate(board.trials[:SHOWN], 1):
        table.add_row(*board.row(rank, trial))
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 200  # a table that is piped is not cut
    console.print(table)
    if len(board.trials) > SHOWN:
        console.print(f"… and {len(board.trials) - SHOWN} more in {board.folder / BOARD}")
    console.print(f"\n{board.summary()}: {board.folder}", soft_wrap=True)
    if board.best:
        console.print(board.next_command, soft_wrap=True)

"""One live line on stderr while work is going on, plain lines where stderr is no terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from recx.models.base import EpochReport


class _Left(ProgressColumn):
    """Time left, from the epochs so far."""

    def render(self, task: Task) -> Text:
        """Minutes and seconds, or nothing while unknown."""
        if not task.total or task.time_remaining is None:
            return Text("")
        return Text(f"{task.time_remaining // 60:.0f}:{task.time_remaining % 60:02.0f} left", style="dim")


class Display:
    """A Listener that draws on stderr; results belong to stdout and are printed by the verb."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[note]}", style="dim"),
            TimeElapsedColumn(),
            _Left(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task("", total=None, note="")
        self.name = ""
        self.told = 0.0
        self.kernels = 0
        self.compiling_seconds = 0.0

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell_compiled()
        self.progress.stop()

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self.console.print(line, markup=False, soft_wrap=True)

    def stage(self, name: str) -> None:
        """Start the live line anew."""
        self._tell_compiled()
        self.name = name
        self.progress.reset(self.task, description=name, total=None, note="")
        if not self.console.is_terminal:
            self.say(f"{name} …")

    def epoch(self, name: str, report: EpochReport, epochs: int) -> None:
        """Show loss, the metric on watch and the time left."""
        self._tell_compiled()
        if name != self.name:
            self.stage(name)
        note = f"epoch {report.epoch}/{epochs}  loss {report.loss:.4f}"
        if report.metric is not None:
            note += f"  watch {report.metric:.4f}"
        self.progress.update(self.task, total=epochs, completed=report.epoch, note=note)
        if not self.console.is_terminal and (time.monotonic() - self.told > 10 or report.epoch == epochs):
            self.told = time.monotonic()
            self.say(f"{name}  {note}")

    def compiling(self, kernel: str) -> None:
        """Show what the work waits for as a stage of its own."""
        if not self.kernels and not self.console.is_terminal:
            self.say("compiling kernels …")
        self.progress.reset(self.task, description="compiling kernels", total=None, note=kernel)

    def compiled(self, seconds: float) -> None:
        """Return to the stage before."""
        self.kernels += 1
        self.compiling_seconds += seconds
        self.progress.reset(self.task, description=self.name, total=None, note="")

    def _tell_compiled(self) -> None:
        """Say once what was compiled since the last time: work calls one kernel after the other."""
        if self.kernels:
            kernels = "1 kernel" if self.kernels == 1 else f"{self.kernels} kernels"
            self.say(f"compiled {kernels} in {self.compiling_seconds:.1f} s, kept for the next time")
        self.kernels, self.compiling_seconds = 0, 0.0

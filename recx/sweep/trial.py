"""One trial at a time, in a process of its own that never outlives the sweep."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from recx import clock
from recx.errors import RecxError
from recx.models.base import EpochReport
from recx.session import Session
from recx.train.config import TrainConfig

PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal a process gets when its parent has gone."""


@dataclass(frozen=True)
class Job:
    """One training to be made."""

    number: int
    config: TrainConfig
    command: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a trial."""

    seconds: float
    value: float | None = None  # of the metric on watch, None where the trial failed
    epochs: int = 0
    run: str | None = None  # folder of the training
    error: str | None = None
    traceback: str | None = None


@dataclass(frozen=True)
class EpochNews:
    """A trial has finished an epoch."""

    report: EpochReport
    epochs: int


News = Outcome | EpochNews


class Relay:
    """A listener that sends epochs to the sweep and keeps the rest to itself."""

    def __init__(self, sweep: Connection) -> None:
        self.sweep = sweep

    def say(self, line: str) -> None:
        """Drop it."""

    def stage(self, name: str) -> None:
        """Drop it."""

    def epoch(self, name: str, report: EpochReport, epochs: int) -> None:
        """Send it."""
        self.sweep.send(EpochNews(report, epochs))

    def compiling(self, kernel: str) -> None:
        """Drop it."""

    def compiled(self, seconds: float) -> None:
        """Drop it."""


def serve(handle: int, parent: int) -> None:
    """Run the jobs that arrive on the connection ``handle`` until it closes or ``parent`` is gone."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the line above
        return
    with Connection(handle) as sweep:
        while True:
            try:
                job = sweep.recv()
            except EOFError:
                return
            sweep.send(attempt(job, Session(job.command, job.origins, Relay(sweep))))


def attempt(job: Job, session: Session) -> Outcome:
    """Make the select fit of a job and measure it on watch; whatever goes wrong is in the outcome."""
    started = clock.working()
    try:
        from recx.train import train

        started = clock.working()  # importing is the worker's business, not the trial's
        run = train(job.config, session, resume=True, trial=True)
        value = run.watch[run.metric or ""]
    except Exception as error:  # a failing trial is a row of the leaderboard, not the end of the sweep
        name = "" if isinstance(error, RecxError) else f"{type(error).__name__}: "
        text = " ".join(str(error).split())
        trace = None if isinstance(error, RecxError) else traceback.format_exc()
        return Outcome(clock.working() - started, error=(name + text).removesuffix(": "), traceback=trace)
    seconds = clock.working() - started
    if not math.isfinite(value):
        return Outcome(seconds, run=str(run.folder), error=f"{run.metric} on watch is {value}")
    return Outcome(seconds, value, max(fit.epochs for fit in run.fits.values()), str(run.folder))

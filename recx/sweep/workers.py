"""Trials in parallel: each worker is a fresh process that takes one trial after another.

A worker whose trial failed in a way nobody foresaw is replaced, so that it leaves nothing behind; one that
dies takes only its own trial with it. Workers are plain subprocesses rather than multiprocessing's, which
would run the caller's script again in each of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from recx.sweep.trial import EpochNews, Job, News, Outcome

SERVE = "import sys; from recx.sweep.trial import serve; serve(int(sys.argv[1]), int(sys.argv[2]))"


class Worker:
    """One process, idle or busy with a job."""

    def __init__(self) -> None:
        self.connection: Connection
        self.connection, theirs = Pipe()
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # what is blocked stays blocked in a child: a terminal's Ctrl-C, sent to all, is for the sweep alone
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": path},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        self.job: Job | None = None
        self.since = 0.0

    def start(self, job: Job) -> None:
        """Hand it a job."""
        self.job, self.since = job, time.perf_counter()
        try:
            self.connection.send(job)
        except BrokenPipeError:
            return  # it has died since its last job; ``news`` will tell how

    def news(self) -> News:
        """What it sends next; an outcome, too, where it has died."""
        try:
            news: News = self.connection.recv()
        except (EOFError, ConnectionResetError):
            return Outcome(time.perf_counter() - self.since, error=_how_it_ended(self.process.wait()))
        return news

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


class Workers:
    """At most ``count`` processes; leaving the context ends them all."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.workers: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.end()

    def run(
        self,
        jobs: Iterable[Job],
        starting: Callable[[int], None],
        epoch: Callable[[int, EpochNews], None],
    ) -> Iterator[tuple[int, Outcome]]:
        """Outcomes by job number, as they come; ``starting`` and ``epoch`` hear what happens before."""
        waiting = list(jobs)[::-1]
        while True:
            while waiting and (worker := self._idle()):
                job = waiting.pop()
                starting(job.number)
                worker.start(job)
            busy = {worker.connection: worker for worker in self.workers if worker.job}
            if not busy:
                return
            for ready in wait(list(busy)):
                worker = busy[ready]  # type: ignore[index]  # wait() also takes sockets and handles
                assert worker.job
                news = worker.news()
                if isinstance(news, EpochNews):
                    epoch(worker.job.number, news)
                    continue
                number, worker.job = worker.job.number, None
                if news.traceback or worker.process.poll() is not None:
                    self.workers.remove(worker)
                    worker.end()
                yield number, news

    def _idle(self) -> Worker | None:
        for worker in self.workers:
            if not worker.job:
                return worker
        if len(self.workers) == self.count:
            return None
        self.workers.append(Worker())
        return self.workers[-1]


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = "; out of memory?" if -code == signal.SIGKILL else ""
    return f"its process was ended by {name}{hint}"

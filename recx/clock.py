"""A clock for work, which stands still while kernels are compiled: numba compiles one when it is first called
on a machine, and keeps it on disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recx.session import Listener


def working() -> float:
    """Seconds, from any beginning, without those of compiling."""
    return time.perf_counter() - compiling()


def compiling() -> float:
    """Seconds spent compiling in this process since the first call of this module."""
    return _compilations().seconds


@contextmanager
def told(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` about every kernel that is compiled, and not read from the disk."""
    listeners = _compilations().listeners
    listeners.append(listener)
    try:
        yield
    finally:
        listeners.remove(listener)


class _Compilations:
    """Hears numba say when it compiles; a kernel that another needs is a part of that one's time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.listeners: list[Listener] = []
        self.depth = 0
        self.began = 0.0

    def notify(self, event: Any) -> None:
        """What numba calls."""
        self.depth += 1 if event.is_start else -1
        if event.is_start and self.depth == 1:
            self.began = time.perf_counter()
            for listener in self.listeners:
                listener.compiling(event.data["dispatcher"].__name__)
        elif event.is_end and self.depth == 0:
            seconds = time.perf_counter() - self.began
            self.seconds += seconds
            for listener in self.listeners:
                listener.compiled(seconds)


@cache
def _compilations() -> _Compilations:
    """The one that listens, from the first time it is asked for to the end of the process."""
    from numba.core import event

    heard = _Compilations()
    event.Listener.register(_Compilations)
    event.register("numba:compile", heard)  # type: ignore[no-untyped-call]  # numba is not typed
    return heard

"""Threads and device of a fit."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from recx.errors import DataError, UsageError


@contextmanager
def limit_threads(wanted: int) -> Iterator[int]:
    """Let numba, BLAS and torch use at most ``wanted`` CPU threads (0: all there are); yields the number."""
    import numba
    from threadpoolctl import threadpool_limits

    before, most = numba.get_num_threads(), most_threads()
    threads = min(wanted, most) if wanted else most
    numba.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(threads)
            yield threads
    finally:
        numba.set_num_threads(before)


def most_threads() -> int:
    """CPU threads there are."""
    import numba

    return min(len(os.sched_getaffinity(0)), int(numba.get_num_threads()))


def resolve_device(wanted: str) -> str:
    """``auto`` becomes cuda where torch is loaded and finds one, else cpu.

    Raises UsageError for another word, DataError where cuda is asked for and absent.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise UsageError(f"device={wanted}: expected auto, cpu or cuda")
    if wanted == "cpu" or "torch" not in sys.modules:  # only neural models load torch
        return "cpu"
    available = sys.modules["torch"].cuda.is_available()
    if wanted == "cuda" and not available:
        raise DataError("device=cuda: torch finds no CUDA device here; use device=cpu")
    return "cuda" if available else "cpu"

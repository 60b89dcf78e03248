"""Work of several Python threads, where what they call lets go of the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def side_by_side(work: Callable[[int, Callable[[], bool]], T], times: int, threads: int) -> list[T]:
    """``work(0, stop)`` to ``work(times - 1, stop)`` on up to ``threads`` threads, results in that order.

    Where one of them fails or the whole is interrupted, ``stop()`` becomes true for those at work, the others
    do not begin, and what was raised first by number is raised.
    """
    stopped = threading.Event()
    with ThreadPoolExecutor(max(1, min(threads, times))) as pool:
        waiting = [pool.submit(work, number, stopped.is_set) for number in range(times)]
        try:
            return [each.result() for each in waiting]
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise

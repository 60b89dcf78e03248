"""Fixtures that several rooms share."""

import os
import signal
from pathlib import Path

import pytest

# Before numba is imported: what must hold for several threads is tried with two on a single core too.
os.environ.setdefault("NUMBA_NUM_THREADS", str(max(2, len(os.sched_getaffinity(0)))))


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell starts background jobs deaf to Ctrl-C, and so what they start: tests of Ctrl-C must hear it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_home() -> Path:
    """The folder with the public data sets; tests that need it are skipped where there is none."""
    home = Path(os.environ.get("RECX_DATA_HOME") or Path(__file__).parents[2] / "shared" / "data")
    if not home.is_dir():
        pytest.skip("needs the public data sets: set RECX_DATA_HOME to their folder")
    return home

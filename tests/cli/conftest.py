"""Running the real command in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

MAIN = [str(Path(sys.executable).parent / "recx")]


class Recx:
    """The `recx` command inside ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run it to its end and check the exit code."""
        done = subprocess.run([*MAIN, *words], capture_output=True, text=True, cwd=self.folder, check=False)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        if code:
            assert "Traceback" not in done.stderr, done.stderr
            assert done.stderr.splitlines()[-1].startswith("recx: ")
        return done

    def last_line(self, *words: str) -> Path:
        """Run it and return the folder it names in its last line."""
        return self.folder / self(*words).stdout.strip().splitlines()[-1]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start it in a process group of its own."""
        return subprocess.Popen(
            [*MAIN, *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def stopped_when(
        self, reached: Callable[[], bool], *words: str, by: signal.Signals = signal.SIGKILL
    ) -> subprocess.CompletedProcess[str]:
        """Start it and end it by a signal as soon as ``reached``; it must not have ended before."""
        process = self.start(*words)
        deadline = time.monotonic() + 120
        while not reached():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "never got there"
            time.sleep(0.005)
        os.killpg(process.pid, by)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def recx(tmp_path: Path) -> Recx:
    return Recx(tmp_path)

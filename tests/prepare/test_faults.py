"""Killed, crowded and out of space: nothing half-written, and the next attempt succeeds."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from recx import store
from recx.errors import DataError
from recx.prepare import duck, prepare
from recx.prepare.config import PrepareConfig
from recx.prepare.plan import folder_of
from recx.prepare.sources.config import SyntheticConfig
from recx.prepare.split.config import TimeSplit
from recx.prepare.stored import load, prepared_folders

SCRIPT = """
import sys
from recx.errors import RecxError
from recx.prepare import prepare, stored
from recx.prepare.config import PrepareConfig
from recx.prepare.sources.config import SyntheticConfig
shape = SyntheticConfig(n_users=100, n_items=40, clusters=4, events_per_user=20)
if "slowly" in sys.argv:
    write = stored._write
    def slowly(path, columns):
        write(path, columns)
        print("written", flush=True)
        sys.stdin.readline()
    stored._write = slowly
try:
    prepare(PrepareConfig(shape, data_dir=sys.argv[1]), lambda line: print(line, flush=True))
except RecxError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def settings(folder: Path) -> PrepareConfig:
    shape = SyntheticConfig(n_users=100, n_items=40, clusters=4, events_per_user=20)
    return PrepareConfig(shape, TimeSplit(), 0, str(folder))


def start(folder: Path, *words: str, **more: object) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root, **more,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def has_lock_open(process: int) -> bool:
    for file in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(FileNotFoundError):  # closed since it was listed
            if ".locks" in os.readlink(file):
                return True
    return False


def wait_for_the_lock(process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not has_lock_open(process.pid):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.startswith(store.TEMPORARY)]


def test_two_processes_preparing_the_same_both_succeed_and_one_does_the_work(tmp_path: Path) -> None:
    first = start(tmp_path, "slowly")
    assert first.stdout is not None
    assert "written" in first.stdout.readline()
    second = start(tmp_path)
    wait_for_the_lock(second)
    ends = [first.communicate("\n\n\n", timeout=60), second.communicate(timeout=60)]
    assert (first.returncode, second.returncode) == (0, 0), ends
    assert "rows to learn" in ends[0][0]
    assert ends[1][0] == ""  # it found everything done
    assert prepared_folders(tmp_path) == [folder_of(settings(tmp_path))]
    assert not left_over(tmp_path)


def test_a_killed_prepare_leaves_nothing_that_is_read_and_the_next_sweeps_it_up(tmp_path: Path) -> None:
    process = start(tmp_path, "slowly")
    assert process.stdout is not None
    assert "written" in process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert left_over(tmp_path)
    assert prepared_folders(tmp_path) == []
    made = prepare(settings(tmp_path))
    assert not left_over(tmp_path)
    assert load(folder_of(settings(tmp_path))).fingerprint == made.fingerprint


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000)))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no space left; free some and run the same command again" in error
    assert error.count("\n") == 1
    assert not left_over(tmp_path)
    assert prepared_folders(tmp_path) == []
    prepare(settings(tmp_path))


def test_more_data_than_memory_and_disk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "prepared").write_text("no folder to spill into")
    (tmp_path / "log.csv").write_text("user,item\n" + "".join(f"u{n},item{n}\n" for n in range(150_000)))
    with (
        pytest.raises(DataError, match=r"does not fit into 12 MiB"),
        duck.database(tmp_path / "prepared", 12 << 20) as connection,
    ):
        connection.execute(f"CREATE TABLE log AS FROM read_csv('{tmp_path}/log.csv'), range(200)")


def test_ctrl_c_inside_a_query_is_ctrl_c(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), duck.database(tmp_path):
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="our bug"), duck.database(tmp_path):
        raise RuntimeError("our bug")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="could not be written"):
        prepare(settings(tmp_path / "file" / "prepared"))

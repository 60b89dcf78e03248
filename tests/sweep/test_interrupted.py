"""What a sweep leaves that is ended from outside: nothing still trains, nothing is trained twice."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recx.sweep.config import SweepConfig
from tests.sweep.conftest import PLUGIN

RECX = [sys.executable, "-c", "from recx.cli import main; main()"]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A folder of configs that knows the model "told"."""
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "told.yaml").write_text("name: told\nitem: 0\nending: well\npause: 0.0\n")
    return tmp_path / "conf"


@pytest.fixture
def words(config: SweepConfig, conf: Path) -> list[str]:
    """Six trials of a second and more, two at a time."""
    return [
        "sweep", "model=told", "model.item=range(0,6)", "model.pause=1", "workers=2", "sweep_name=told",
        "dataset=csv", f"dataset.path={config.dataset.path}", "dataset.value=none", "dataset.repeats=yes",
        "k=[1]", f"data_dir={config.data_dir}", f"results={config.results}", f"--conf={conf}",
    ]  # fmt: skip


def start(words: list[str], **options: object) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(PLUGIN), os.getcwd()])}
    return subprocess.Popen(
        [*RECX, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        **options,  # type: ignore[call-overload]
    )


def until_begun(diary: Path, fits: int, sweep: subprocess.Popen[str]) -> None:
    """Wait until so many fits have begun."""
    end = time.monotonic() + 60
    while diary.read_text().count("begins") < fits:
        assert sweep.poll() is None, sweep.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(child) for child in tasks.read_text().split()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_killed_sweep_leaves_no_process_and_continues_without_repeating(
    words: list[str], diary: Path, tmp_path: Path
) -> None:
    sweep = start(words)
    until_begun(diary, 3, sweep)
    workers = children(sweep.pid)
    assert len(workers) == 2
    sweep.send_signal(signal.SIGKILL)
    sweep.communicate()
    end = time.monotonic() + 5
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < end, "a worker outlives its sweep"
        time.sleep(0.02)
    ended = diary.read_text().count("ends")
    assert 1 <= ended < 6
    time.sleep(1.2)
    assert diary.read_text().count("ends") == ended

    again = start(words)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    ends = [line for line in diary.read_text().splitlines() if line.startswith("ends")]
    assert sorted(ends) == [f"ends {item}" for item in range(6)]
    with open(tmp_path / "results" / "sweep" / "told" / "leaderboard.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["ok"] * 6
    assert len({row["run"] for row in rows}) == 6
    assert "6 trials, 6 ok" in out


def test_ctrl_c_ends_a_sweep_in_one_line_and_meanwhile_nobody_else_may_run_it(
    words: list[str], diary: Path
) -> None:
    words = [*words, "model.pause=60", "--quiet"]
    sweep = start(words, start_new_session=True)
    until_begun(diary, 2, sweep)
    workers = children(sweep.pid)
    second = start(words)  # of the same name, while the first is at work
    _, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "told is being written by another process" in err
    os.killpg(sweep.pid, signal.SIGINT)  # a terminal's Ctrl-C goes to the whole group
    out, err = sweep.communicate(timeout=60)
    assert (sweep.returncode, out) == (130, "")
    assert err.splitlines() == ["recx: interrupted; 0 of 6 trials are kept, the same command continues"]
    assert not any(alive(worker) for worker in workers)

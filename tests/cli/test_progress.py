"""What is said on stderr while work is going on."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from recx import store
from recx.cli.progress import Display
from recx.models.base import EpochReport
from tests.cli.conftest import MAIN


def test_compiling_is_a_stage_of_its_own_told_once_before_work_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Display() as display:
        display.stage("als · window-0")
        for name, seconds in (("solve_rows", 2.5), ("top_k", 1.25)):
            display.compiling(name)
            display.compiled(seconds)
        display.epoch("als · window-0", EpochReport(1, 0.5, None, 0.1), 1)
        display.stage("als · final")
        display.compiling("judge")
        display.compiled(1.0)
    assert capsys.readouterr().err.splitlines() == [
        "als · window-0 …",
        "compiling kernels …",
        "compiled 2 kernels in 3.8 s, kept for the next time",
        "als · window-0  epoch 1/1  loss 0.5000",
        "als · final …",
        "compiling kernels …",
        "compiled 1 kernel in 1.0 s, kept for the next time",
    ]


def test_the_first_run_on_a_machine_says_what_it_compiles_and_the_second_has_nothing_to_say(
    tmp_path: Path,
) -> None:
    kept = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    told, stages = [], []
    for seed in (1, 2):
        words = ["train", "model=markov", "dataset=synthetic", f"seed={seed}"]
        done = subprocess.run(
            [*MAIN, *words], capture_output=True, text=True, cwd=tmp_path, env=kept, check=True
        )
        told.append(done.stderr.splitlines())
        folder = tmp_path / done.stdout.strip().splitlines()[-1]
        stages.append(store.read_json(folder / store.MANIFEST)["stages"]["window-0"])
    at = told[0].index("compiling kernels …")
    assert told[0][at - 1] == "markov · window-0 …"
    assert re.fullmatch(r"compiled \d+ kernels in \d+\.\d s, kept for the next time", told[0][at + 1])
    assert not [line for line in told[1] if "compil" in line]
    assert stages[0]["compiling"] > 0 and "compiling" not in stages[1]

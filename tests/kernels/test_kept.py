"""What is kept of compiled kernels, seen from a process of its own each time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import recx


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_kernel_is_compiled_again_when_one_that_it_calls_has_changed_in_another_file(
    elsewhere: bool, tmp_path: Path
) -> None:
    room = tmp_path / "recx" / "kernels"
    shutil.copytree(
        Path(recx.__file__).parent, tmp_path / "recx", ignore=shutil.ignore_patterns("__pycache__")
    )
    one = "import numba as nb\n\n\n@nb.njit(cache=True)\ndef one():\n    return 1\n"
    (room / "one.py").write_text(one, encoding="utf-8")
    (room / "two.py").write_text(
        "import numba as nb\nfrom recx.kernels.one import one\n\n\n"
        "@nb.njit(cache=True)\ndef two():\n    return 2 * one()\n",
        encoding="utf-8",
    )
    code = (
        "from recx.kernels.two import two\n"
        "print(two(), sum(two.stats.cache_hits.values()), sum(two.stats.cache_misses.values()))"
    )

    def told() -> list[int]:
        clean = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
        if elsewhere:
            clean["NUMBA_CACHE_DIR"] = str(tmp_path / "kept")
        done = subprocess.run(
            [sys.executable, "-c", code], env=clean | {"PYTHONPATH": str(tmp_path)},
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [int(word) for word in done.stdout.split()]

    assert told() == [2, 0, 1]
    assert told() == [2, 1, 0]
    (room / "one.py").write_text(one.replace("1", "5"), encoding="utf-8")
    assert told() == [10, 0, 1]
    assert told() == [10, 1, 0]

"""What `write` leaves in a folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from recx.errors import DataError
from recx.report import write
from tests.report.example import example


def test_both_files_are_written_whole_and_nothing_else(tmp_path: Path) -> None:
    write(example(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.md"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8").endswith("</html>\n")
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("# recx: complete\\_journey")


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    write(example(), tmp_path / "a")
    write(example(), tmp_path / "b")
    for name in ("report.html", "report.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="could not be written"):
        write(example(), tmp_path / "file")


def test_importing_the_room_imports_nothing_heavy() -> None:
    heavy = ("rich", "numpy", "matplotlib", "pandas")
    code = f"import sys, recx.report; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The audit as it is typed: exit codes, the table, and the file it leaves."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.cli.conftest import Recx


def test_a_leak_is_exit_code_5_and_stands_in_audit_json(recx: Recx) -> None:
    recx("prepare", "dataset=synthetic", "split=time", "-q")
    (folder,) = (recx.folder / "data/prepared").glob("synthetic-*")
    clean = recx("audit", f"data={folder}", "-q")
    assert "no leaks, 1 note" in clean.stdout
    assert clean.stderr == ""

    table = pq.read_table(folder / "interactions.parquet")
    roles = table["fold:final"].to_numpy().copy()
    roles[(roles == 4).nonzero()[0][:9]] = 3
    at = table.column_names.index("fold:final")
    pq.write_table(table.set_column(at, "fold:final", pa.array(roles)), folder / "interactions.parquet")
    found = recx.folder / Path(_leaky(recx, folder).strip().splitlines()[-1])
    told = json.loads(found.read_text())
    assert told["verdict"] == "leak"
    leaks = {check["check"]: check["findings"] for check in told["checks"] if check["verdict"] == "leak"}
    assert list(leaks) == ["changed-files", "future-events"]
    (future,) = leaks["future-events"]
    assert future["what"] == "9 learnt rows are dated after the cut-off of test"
    assert (future["severity"], future["evidence"], len(future["rows"])) == ("leak", {"late": 9}, 5)
    assert "audit" in recx("ls").stdout


def _leaky(recx: Recx, folder: Path) -> str:
    process = recx.start("audit", f"data={folder}", "-q")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (5, "")
    assert "future events in train" in out
    return str(out)


def test_what_is_not_there_or_not_asked_is_one_line(recx: Recx) -> None:
    assert "name one thing to look at" in recx("audit", code=2).stderr
    assert "data=nowhere: no such folder" in recx("audit", "data=nowhere", code=2).stderr
    assert "no setting 'rnu'; did you mean 'run'?" in recx("audit", "rnu=x", code=2).stderr
    assert "no run in nowhere" in recx("audit", "run=nowhere", code=2).stderr

"""The gate as a build sees it: exit codes, what is printed, the files."""

import json
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Recx

SHOP = (
    "dataset=synthetic", "dataset.n_users=200", "dataset.n_items=60", "dataset.n_cold=4", "threads=1",
)  # fmt: skip
FEW = ("k=[10]", "metrics=[ndcg,recall]", "slices=[activity]", "threads=1", "-q")


@pytest.mark.slow
def test_exit_codes_lines_and_files_of_a_gate(recx: Recx) -> None:
    def train(*words: str) -> str:
        return str(recx.last_line("train", *SHOP, *words).relative_to(recx.folder))

    ease, popular = train("model=ease"), train("model=popular")
    saved = recx("evaluate", f"run={ease}", *FEW, "--save-baseline", "b.parquet")
    assert "baseline: b.parquet (" in saved.stdout
    same = ("evaluate", "baseline=b.parquet", "gate=default", *FEW)

    passed = recx(*same, f"run={ease}")
    assert "Gate passes: no loss beyond its margin" in passed.stdout

    failed = subprocess_result(recx, *same, f"run={popular}", code=3)
    assert "FAIL   popular ndcg@10, everybody: " in failed
    assert "Next: find what changed since the baseline was made" in failed
    folder = (recx.folder / failed.strip().splitlines()[-1]).parent
    assert (folder / "report.md").read_text().index("Gate regression") < 200
    assert ElementTree.parse(folder / "junit.xml").getroot().get("failures") != "0"
    gate = json.loads((folder / "report.json").read_text())["gate"]
    assert gate["verdict"] == "fail"
    assert {"ndcg@10/v1", "recall@10/v1"} == {check["metric"] for check in gate["checks"]}

    other = train("model=ease", "model.reg=2000")
    unsure = subprocess_result(recx, *same, f"run={other}", "gate.margin=.0001", code=4)
    assert "Gate inconclusive: too few users" in unsure
    assert "would decide it if the difference is as it looks" in unsure

    again = str(recx.last_line("train", *SHOP, "model=ease", "split=last").relative_to(recx.folder))
    wrong = recx(*same, f"run={again}", code=1)
    assert "another split (split.method=time, here last)" in wrong.stderr
    assert (
        "made with candidates=catalogue, not" in recx(*same, f"run={ease}", "candidates=train", code=1).stderr
    )
    assert "could never fail" in recx(*same, f"run={ease}", "gate.margin=1.5", code=2).stderr
    assert "no gate called 'defualt'; did you mean" in recx("evaluate", "gate=defualt", code=2).stderr
    assert "no baseline in nowhere" in recx(*same, f"run={ease}", "baseline=nowhere", code=1).stderr


def subprocess_result(recx: Recx, *words: str, code: int) -> str:
    """Stdout of a verdict that is no error: nothing stands on stderr."""
    process = recx.start(*words)
    out, err = process.communicate()
    assert (process.returncode, err) == (code, ""), out
    return out

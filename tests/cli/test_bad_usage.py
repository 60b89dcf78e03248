"""Whatever is mistyped, the answer is one line that helps, and exit code 2."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import MAIN

MISTYPED = {
    "trian": "no command called 'trian'; did you mean 'train'?",
    "train model=gnc": "no model called 'gnc'; did you mean 'gcn'?",
    "train dataset=ml100k": "no data set called 'ml100k'; did you mean 'ml-100k'?",
    "train split=tiem": "no split called 'tiem'; did you mean 'time'?",
    "fuse fuser=stakc": "no fuser called 'stakc'; did you mean 'stack'?",
    "fuse bases=[als,eaze]": "no model called 'eaze'; did you mean 'ease'?",
    "fuse bases=[als,als]": "two bases called 'als'; give one a label: als@other",
    "fuse bases=[als] bases.asl.factors=3": "no base called 'asl'; did you mean 'als'?",
    "fuse bases=[als] bases.als.factor=3": "no setting 'bases.als.factor'; did you mean 'bases.als.factors'?",
    "fuse bases=shoop": "no set of bases called 'shoop'",
    "train modle=als": "no setting 'modle'; did you mean 'model'?",
    "train model=als model.factor=3": "no setting 'model.factor'; did you mean 'model.factors'?",
    "train model=als model.factors=many": "model.factors=many: expected a whole number",
    "train model=als model.reg=big": "model.reg=big: expected a number",
    "train model=als model.reg=nan": "model.reg=nan: expected a finite number",
    "sweep model=als model.reg=.1,inf": "model.reg=inf: expected a finite number",
    "sweep model=als model.reg=range(1,inf)": "expected finite numbers",
    "train refit=perhaps": "refit=perhaps: expected yes or no",
    "train k=ten": "k=ten: expected a list such as [5,10]",
    "train model=als +model.new=1": "'+model.new=1' would slip past the checks; write it without '+'",
    "train ++seed=1": "'++seed=1' would slip past the checks; write it without '++'",
    "train ~model": "'~model' would slip past the checks; write it without '~'",
    "train als": "'als' is no setting; settings read key=value, such as seed=7",
    "train model=als model.factors=32,64": "names several values; trying each is what recx sweep does",
    "train model={als": "cannot be read",
    "train --nonsense": "no such option",
    "train device=tpu": "device=tpu: expected auto, cpu or cuda",
    "train dataset=synthetic repeat=never": "repeat=never; there is allow, auto, new",
    "train dataset=synthetic candidates=all": "candidates=all; there is catalogue, train",
    "train dataset=synthetic k=[0]": "k=",
    "train dataset=synthetic metric=ndgc@10": "no metric called 'ndgc'; did you mean 'ndcg'?",
    "train --conf nowhere": "--conf nowhere is no folder",
    "config trian": "no verb called 'trian'; did you mean 'train'?",
    "evaluate": "runs=[]: name the runs to evaluate",
    "run tasks=[sell]": "no such task",
    "compare": "name two runs",
    "compare one": "name two runs",
    "compare one two": "no run in one",
    "compare one two three": "compare takes A B, not one two three",
    "compare one two enrtant_a=als": "no setting 'enrtant_a'; did you mean 'entrant_a'?",
    "reproduce": "name a run",
    "reproduce nowhere": "no run in nowhere",
    "reproduce one two": "reproduce takes RUN, not one two",
    "reproduce nowhere outt=x": "no setting 'outt'; did you mean 'out'?",
}


@pytest.mark.parametrize("words", MISTYPED)
def test_a_mistyped_command_is_answered_in_one_line(words: str, tmp_path: Path) -> None:
    command = [*MAIN, *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line.startswith("recx: ")] == [
        done.stderr.splitlines()[-1]
    ]
    assert MISTYPED[words].lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr

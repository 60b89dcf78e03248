"""How two files of one name differ, in words."""

from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.reproduce.outputs import Output, compare_outputs


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    return tmp_path / "old", tmp_path / "new"


def compared(runs: tuple[Path, Path], verb: str = "evaluate", **facts: object) -> list[Output]:
    for run in runs:
        store.write_json(run / store.MANIFEST, {"files": store.checksums(run), **facts})
    return compare_outputs(verb, *runs)


def test_times_and_places_are_left_out_and_nothing_else(runs: tuple[Path, Path]) -> None:
    for at, run in enumerate(runs):
        store.write_text(run / "history.csv", f"fit,epoch,loss,ndcg@10,seconds\nselect,1,.5,.1,{at}.5\n")
        store.write_text(run / "config.yaml", f"results: r{at}\nseed: 0\n")
        store.write_json(run / "report.json", {"folder": str(at), "tasks": [{"value": 1.0}]})
    assert compared(runs) == [
        Output("config.yaml", "", ("results", "data_dir", "threads", "device")),
        Output("history.csv", "", ("seconds",)),
        Output("report.json", "", ("folder", "manifest", "milliseconds_per_user")),
    ]
    store.write_text(runs[1] / "history.csv", "fit,epoch,loss,ndcg@10,seconds\nselect,1,.4,.1,1.5\n")
    store.write_text(runs[1] / "config.yaml", "results: r1\nseed: 1\n")
    store.write_json(runs[1] / "report.json", {"folder": "1", "tasks": [{"value": 1.5}]})
    assert [output.differs for output in compared(runs)] == [
        "seed: was 0, is now 1",
        "[0].loss: was .5, is now .4",
        "tasks[0].value: was 1.0, is now 1.5",
    ]


def test_arrays_texts_and_missing_files_say_where_they_differ(runs: tuple[Path, Path]) -> None:
    for at, run in enumerate(runs):
        numbers = np.array([1.0, np.nan, 2.0 + at / 4], dtype=np.float32)
        store.write_arrays(run / "a.safetensors", {"x": numbers, "y": np.arange(3)})
        store.write_text(run / "meta.txt", f"tree\nleaf={at}\n")
        store.write_text(run / f"only{at}.csv", "a\n")
    assert {output.name: output.differs for output in compared(runs)} == {
        "a.safetensors": "x in 1 of 3 places, by up to 0.25",
        "meta.txt": "line 2: was leaf=0, is now leaf=1",
        "only0.csv": "is not written any more",
        "only1.csv": "was not written then",
    }


def test_results_of_a_manifest_are_compared_without_times(runs: tuple[Path, Path]) -> None:
    fit = {"epochs": 2, "seconds": 1.0, "history": [[1, 0.5, 0.1, 3.0]]}
    facts = [{"fits": {"final": fit | {"seconds": s, "history": [[1, 0.5, 0.1, s]]}}} for s in (1.0, 2.0)]
    for run, fact in zip(runs, facts, strict=True):
        store.write_json(run / store.MANIFEST, {"files": {}, **fact})
    (same,) = compare_outputs("train", *runs)
    assert same.differs == ""
    store.write_json(runs[1] / store.MANIFEST, {"files": {}, "fits": {"final": fit | {"epochs": 3}}})
    (other,) = compare_outputs("train", *runs)
    assert other.differs == "fits.final.epochs: was 2, is now 3"

"""Killed, interrupted, edited, crowded and out of space: nothing half-written, earlier results intact."""

import json
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from recx import store
from tests.cli.conftest import MAIN, Recx

DATA = ("dataset=synthetic", "seed=3")
SHOP = (*DATA, "threads=1")
RNN = ("model=rnn", "model.epochs=12", "model.factors=16")


def manifests(folder: Path, verb: str) -> list[dict[str, object]]:
    return [
        json.loads(path.read_text()) for path in sorted((folder / "results" / verb).glob("*/manifest.json"))
    ]


def nothing_half_written(folder: Path) -> bool:
    return not any(path.name.startswith(store.TEMPORARY) for path in folder.rglob("*"))


def test_prepare_killed_half_way_starts_again_and_comes_out_whole(recx: Recx) -> None:
    prepared = recx.folder / "data" / "prepared"
    recx.stopped_when(lambda: any(prepared.glob(f"{store.TEMPORARY}*/*")), "prepare", *DATA)
    assert not [path for path in prepared.iterdir() if not path.name.startswith(".")]
    recx("prepare", *DATA)
    assert nothing_half_written(prepared)
    assert recx("prepare", *DATA).returncode == 0


@pytest.mark.slow
def test_train_killed_between_epochs_resumes_to_the_same_arrays(recx: Recx, tmp_path: Path) -> None:
    whole = recx.last_line("train", *RNN, *SHOP, "results=whole")
    results = recx.folder / "results" / "train"
    recx.stopped_when(
        lambda: any(results.glob("*/checkpoint-select-*/checkpoint.json")), "train", *RNN, *SHOP
    )
    assert "interrupted" in recx("ls").stdout
    resumed = recx.last_line("train", "--resume", *RNN, *SHOP)
    assert len(list(results.iterdir())) == 2  # the run and the folder of locks
    assert not list(resumed.glob("checkpoint*"))
    for name in ("select", "window-0", "final"):
        file = f"model/{name}.safetensors"
        assert store.sha256(resumed / file) == store.sha256(whole / file)
    rows = [(resumed / "history.csv").read_text(), (whole / "history.csv").read_text()]
    loss = [[line.split(",")[:4] for line in text.splitlines()] for text in rows]
    assert loss[0] == loss[1]


@pytest.mark.slow
def test_ctrl_c_during_training_is_one_line_and_can_be_continued(recx: Recx) -> None:
    results = recx.folder / "results" / "train"
    done = recx.stopped_when(
        lambda: any(results.glob("*/checkpoint-select-*/checkpoint.json")),
        "train", *RNN, *SHOP, by=signal.SIGINT,
    )  # fmt: skip
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith("recx: interrupted")
    assert "Traceback" not in done.stderr
    assert recx.last_line("train", "--resume", *RNN, *SHOP).is_dir()


def test_training_twice_trains_once(recx: Recx) -> None:
    first = recx.last_line("train", "model=als", *SHOP)
    assert recx.last_line("train", "model=als", *SHOP) == first
    assert recx.last_line("train", "model=als", "model.factors=8", *SHOP) != first


@pytest.mark.slow
def test_fuse_killed_half_way_keeps_its_bases_and_comes_out_whole(recx: Recx) -> None:
    words = ("fuse", "bases=[popular,item_knn,als]", *SHOP)
    trained = recx.folder / "results" / "train"
    recx.stopped_when(lambda: len(list(trained.glob("*/history.csv"))) >= 2, *words)
    done = [run["label"] for run in manifests(recx.folder, "train") if run["status"] == "ok"]
    fused = recx.last_line(*words)
    assert json.loads((fused / "manifest.json").read_text())["status"] == "ok"
    labels = [run["label"] for run in manifests(recx.folder, "train") if run["status"] == "ok"]
    assert sorted(labels) == ["als", "item_knn", "popular"]
    assert set(done) <= set(labels)


def test_a_run_edited_by_hand_is_named_and_not_evaluated(recx: Recx) -> None:
    run = recx.last_line("train", "model=popular", *SHOP)
    weights = run / "model" / "final.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    done = recx("evaluate", f"runs=[{run.relative_to(recx.folder)}]", code=1)
    assert "final.safetensors was changed" in done.stderr
    assert not (recx.folder / "results" / "evaluate").exists()


def test_a_folder_that_is_no_run_is_one_line(recx: Recx) -> None:
    (recx.folder / "empty").mkdir()
    assert "empty" in recx("evaluate", "runs=[empty]", code=2).stderr
    assert "nowhere" in recx("evaluate", "runs=[nowhere]", code=2).stderr


def test_a_full_disk_fails_in_one_line_and_leaves_earlier_results_intact(recx: Recx) -> None:
    run = recx.last_line("train", "model=popular", *SHOP)
    full = subprocess.run(
        [*MAIN, "train", "model=ease", *SHOP],
        cwd=recx.folder, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )  # fmt: skip
    assert full.returncode == 1, full.stderr
    assert "no space left" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    assert nothing_half_written(recx.folder)
    store.read_manifest(run)
    assert {m["status"] for m in manifests(recx.folder, "train")} == {"ok", "failed"}
    assert recx.last_line("train", "model=ease", *SHOP).is_dir()


def test_two_processes_preparing_and_training_the_same_both_succeed(recx: Recx) -> None:
    words = ("train", "model=popular", *SHOP)
    pair = [recx.start(*words), recx.start(*words)]
    ends = [(process.communicate(timeout=120), process.returncode) for process in pair]
    assert [code for _, code in ends] == [0, 0], ends
    assert len([p for p in (recx.folder / "data" / "prepared").iterdir() if not p.name.startswith(".")]) == 1
    for manifest in manifests(recx.folder, "train"):
        assert manifest["status"] == "ok"

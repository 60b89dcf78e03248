"""Leaks planted in finished runs on disk, each found by its name; honest runs without a finding."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recx import store
from recx.audit import audit
from recx.audit.config import AuditConfig
from recx.audit.finding import Audit
from recx.audit.relearn import settings_of
from recx.config.compose import compose
from recx.data import Dataset, Interactions, TrainingData
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.fuse.carried import BASES
from recx.fuse.known import ItemFacts
from recx.fuse.learning import Learning
from recx.fuse.runs import KNOWN
from recx.manifest import Record
from recx.metrics.config import ProtocolConfig
from recx.metrics.measure import measure
from recx.metrics.protocol import Protocol
from recx.models import create
from recx.models.base import RunOptions, item_shares
from recx.prepare import stored
from recx.session import Session
from recx.sweep.leaderboard import BOARD
from recx.train import train
from recx.train.runs import MODEL, TrainRun, load_model, run_of, write_model
from tests.audit.conftest import SMALL, Runs, forge, leaks, notes

Copied = Callable[[Path], Path]
Looked = Callable[..., Audit]


def opened(run: Path) -> tuple[TrainRun, Dataset]:
    found = run_of(run, store.read_json(run / store.MANIFEST))
    return found, stored.load(found.dataset)


def refit(run: Path, fit: str, rows: Interactions, says: Interactions) -> None:
    """Put a fit on ``rows`` in the place of another, which says that it has learnt ``says``."""
    train, data = opened(run)
    known = TrainingData(rows, data.catalog, data.split.final.known_at)
    model = create(train.model).fit(known, RunOptions(seed=train.seed, threads=1))
    model.popularity = item_shares(says)
    (run / MODEL / f"{fit}.safetensors").unlink()
    write_model(run / MODEL, fit, model)
    forge(run)


def everything(data: Dataset) -> Interactions:
    return data.split.final.fit.merged(data.split.final.target)


@pytest.mark.parametrize("of", ["ease", "als", "fusion", "sweep"])
def test_an_honest_run_has_no_leak(made: Runs, looked: Looked, of: str) -> None:
    found = looked(getattr(made, of))
    assert leaks(found) == {}
    assert set(notes(found)) <= {"ordered-ids"}
    assert not [check for check in found.checks if not check.applies and check.name == "learnt"]


def test_honest_fits_pass_when_all_are_made_again(made: Runs, looked: Looked) -> None:
    found = looked(made.fusion, "all")
    assert leaks(found) == {}
    assert any(check.looked.startswith("what the fuser has learnt") for check in found.checks)


def test_a_final_fit_that_has_learnt_test(made: Runs, looked: Looked, copied: Copied) -> None:
    run = copied(made.ease)
    _, data = opened(run)
    refit(run, "final", everything(data), everything(data))
    found = leaks(looked(run))
    assert list(found) == ["learnt"]
    assert found["learnt"][0].what == "the fit for final has learnt what it is asked for too: test"


@pytest.mark.parametrize("of", ["ease", "als"])
def test_a_final_fit_that_has_learnt_test_and_hides_it(
    made: Runs, looked: Looked, copied: Copied, of: str
) -> None:
    run = copied(getattr(made, of))
    _, data = opened(run)
    refit(run, "final", everything(data), data.split.final.fit)
    found = leaks(looked(run))
    assert list(found) == ["learnt"]
    assert found["learnt"][0].what.startswith("the fit for final knows test: fitted again")
    assert leaks(looked(run, "no")) == {}


def test_a_base_that_knows_the_labels_of_the_stacker(made: Runs, looked: Looked, copied: Copied) -> None:
    run = copied(made.fusion)
    base = run / BASES / "ease"
    _, data = opened(base)
    refit(base, "window-0", data.split.final.fit, data.split.valid.fit)
    forge(run)
    found = leaks(looked(run))
    assert list(found) == ["stacker-labels"]
    assert found["stacker-labels"][0].what.startswith("the fit for window-0 knows the labels of window-0")


def test_a_base_that_says_what_it_has_learnt(made: Runs, looked: Looked, copied: Copied) -> None:
    run = copied(made.fusion)
    base = run / BASES / "popular"
    _, data = opened(base)
    refit(base, "window-0", data.split.final.fit, data.split.final.fit)
    forge(run)
    (one,) = leaks(looked(run))["stacker-labels"]
    assert one.what == "the fit for window-0 has learnt what it is asked for too: the labels of window-0"


def test_a_fuser_that_has_learnt_from_test(
    made: Runs, looked: Looked, copied: Copied, tmp_path: Path
) -> None:
    """Its bases are honest; its labels are those of test, on the scores that answer test."""
    run = copied(made.fusion)
    manifest = store.read_json(run / store.MANIFEST)
    data = stored.load(Path(manifest["dataset"]["folder"]))
    window = replace(data.split.final, name="window-0")
    knowing = replace(data, split=replace(data.split, windows=(window,)))
    bases = {}
    for label in manifest["fusion"]["base_runs"]:
        base = copied(run / BASES / label)
        shutil.copyfile(base / MODEL / "final.safetensors", base / MODEL / "window-0.safetensors")
        bases[label] = replace(opened(base)[0], label=label)
    config = replace(settings_of(manifest["config"]), cache=0)
    record = Record(tmp_path / "again", "fuse", Session(), {}, 0)
    Learning(config, knowing, Protocol.of(config, data), bases, list(bases), record, Session(), 1).make()
    files = list((tmp_path / "again").glob("meta*"))
    for file in files:
        shutil.copyfile(file, run / file.name)
    forge(run)
    assert leaks(looked(run)) == {}
    found = leaks(looked(run, "all"))
    assert list(found) == ["stacker-labels"]
    assert found["stacker-labels"][0].what.startswith("the fuser is not what the labels of its windows teach")
    assert found["stacker-labels"][0].evidence["correlation"] < 0.95


@pytest.mark.parametrize("base", [True, False])
def test_stopping_on_valid_leaks_into_a_stacker_alone(
    made: Runs, looked: Looked, copied: Copied, base: bool
) -> None:
    run = copied(made.fusion if base else made.als)
    forge(run / BASES / "ease" if base else run, stopped_on_valid=True)
    forge(run)
    found = looked(run)
    assert list(leaks(found)) == (["stacker-labels"] if base else [])
    assert "selection" in notes(found)


@pytest.mark.parametrize("fold", ["final", "window-0"])
def test_item_facts_that_are_taken_over_what_is_asked(
    made: Runs, looked: Looked, copied: Copied, fold: str
) -> None:
    run = copied(made.fusion)
    data = stored.load(Path(store.read_json(run / store.MANIFEST)["dataset"]["folder"]))
    asked = next(each for each in data.split.folds if each.name == fold)
    knowing = ItemFacts.of(data, replace(asked, fit=asked.fit.merged(asked.target)))
    knowing.write(run / KNOWN / f"{fold}.safetensors")
    forge(run)
    found = leaks(looked(run))
    assert list(found) == ["statistics"]
    assert "taken over" in found["statistics"][0].what


def test_a_final_fit_with_epochs_that_watch_has_not_chosen(
    made: Runs, looked: Looked, copied: Copied
) -> None:
    run = copied(made.als)
    fits = store.read_json(run / store.MANIFEST)["fits"]
    fits["final"]["epochs"] += 3
    forge(run, fits=fits)
    (one,) = leaks(looked(run, "no"))["selection"]
    assert one.what.startswith("final has ")


@pytest.mark.parametrize("part", ["test", "valid"])
def test_watch_that_was_measured_on_another_part(
    made: Runs, looked: Looked, copied: Copied, part: str
) -> None:
    run = copied(made.als)
    train, data = opened(run)
    fold = {"test": data.split.final, "valid": data.split.valid}[part]
    model = load_model(train, "select")
    value = measure(model, data, fold, Protocol.of(ProtocolConfig(), data)).means()["ndcg@10"]
    forge(run, watch={"ndcg@10": value})
    (one,) = leaks(looked(run))["selection"]
    assert one.what.endswith(f"that is its value on {part}")


def test_a_fusers_settings_that_were_judged_on_test(made: Runs, looked: Looked, copied: Copied) -> None:
    run = copied(made.fusion)
    fusion = store.read_json(run / store.MANIFEST)["fusion"]
    judged = fusion["search"] | {"judged": "users of test"}
    forge(run, fusion=fusion | {"search": judged})
    (one,) = leaks(looked(run, "no"))["selection"]
    assert one.what == "the fuser's settings were judged on users of test, not on users of its windows"


def test_a_fusers_settings_that_were_not_the_best_on_its_window(
    made: Runs, looked: Looked, copied: Copied
) -> None:
    run = copied(made.fusion)
    fusion = store.read_json(run / store.MANIFEST)["fusion"]
    worst = min(range(2), key=lambda at: fusion["search"]["trials"][at]["value"])
    forge(run, fusion=fusion | {"search": fusion["search"] | {"best": worst}})
    (one,) = leaks(looked(run, "no"))["selection"]
    assert one.what.startswith("the fuser has settings that were not best")


def test_a_leaderboard_that_ranks_by_another_number(made: Runs, looked: Looked, copied: Copied) -> None:
    run = copied(made.sweep)
    rows = list(csv.DictReader((run / BOARD).read_text().splitlines()))
    rows[0]["ndcg@10"] = "0.9"
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0])
    table.writeheader()
    table.writerows(rows)
    store.write_text(run / BOARD, text.getvalue())
    forge(run)
    (one,) = leaks(looked(run, "no"))["selection"]
    assert one.what.startswith("1 of 2 trials are ranked by another number than ndcg@10 on watch")


def test_a_report_of_many_settings_of_one_model_is_a_note(made: Runs, looked: Looked, tmp_path: Path) -> None:
    home = made.ease.parents[2]
    shop = [*SMALL, f"data_dir={home}/prepared", f"results={tmp_path}/results", "model=popular"]
    windows = (7, 14, 28, 56, 112)
    runs = [train(compose("train", [*shop, f"model.window={w}"]).settings).folder for w in windows]
    words = [
        f"runs=[{','.join(map(str, runs))}]",
        f"results={tmp_path}/results",
        "metrics=[ndcg]",
        "threads=1",
    ]
    report = Path(evaluate(compose("evaluate", words).settings).folder)
    config = store.read_json(report / store.MANIFEST)["config"]
    for count, told in ((5, ["selection"]), (4, [])):
        forge(report, config=config | {"runs": config["runs"][:count]})
        found = looked(report, "no")
        assert leaks(found) == {}
        assert [name for name in notes(found) if name != "ordered-ids"] == told


def test_a_report_of_several_folds_is_looked_at_fold_by_fold(looked: Looked, tmp_path: Path) -> None:
    shop = [*SMALL, f"data_dir={tmp_path}/prepared", f"results={tmp_path}/results", "model=popular"]
    folds = [[*shop, "split=kfold", "split.folds=3", f"split.fold={fold}"] for fold in (0, 1)]
    runs = [train(compose("train", words).settings).folder for words in folds]
    words = [
        f"runs=[{','.join(map(str, runs))}]",
        f"results={tmp_path}/results",
        "metrics=[ndcg]",
        "threads=1",
    ]
    found = looked(Path(evaluate(compose("evaluate", words).settings).folder), "no")
    assert leaks(found) == {}
    assert len([check for check in found.checks if check.name == "two-uses"]) == 2
    assert len([check for check in found.checks if check.name == "learnt"]) == 2


def test_a_changed_file_and_a_changed_data_set(made: Runs, looked: Looked, copied: Copied) -> None:
    run = copied(made.ease)
    (run / "history.csv").write_text("nothing\n")
    assert list(leaks(looked(run, "no"))) == ["changed-files"]
    manifest = store.read_json(run / store.MANIFEST)
    data = copied(Path(manifest["dataset"]["folder"]))
    store.write_json(data / stored.HEADER, stored.facts(data) | {"files": {}})
    forge(run, dataset=manifest["dataset"] | {"folder": str(data)})
    found = looked(run, "no")
    assert list(leaks(found)) == ["changed-files"]
    (learnt,) = [check for check in found.checks if check.name == "learnt"]
    assert (learnt.applies, learnt.looked) == (False, "its data set is no longer what was written")


def test_what_is_no_run_is_one_line(made: Runs, looked: Looked, copied: Copied, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run in"):
        looked(tmp_path)
    data = Path(store.read_json(made.ease / store.MANIFEST)["dataset"]["folder"])
    with pytest.raises(UsageError, match="is a data set; recx audit data="):
        looked(data)
    with pytest.raises(UsageError, match="is a run; recx audit run="):
        audit(AuditConfig(data=str(made.ease)))
    with pytest.raises(UsageError, match="refit=some: expected one of auto, all, no"):
        looked(made.ease, "some")
    run = copied(made.ease)
    forge(run, dataset={"folder": "gone/nowhere", "fingerprint": "0"})
    with pytest.raises(DataError, match=r"the data set of .* is gone"):
        looked(run)
    forge(run, status="running")
    with pytest.raises(DataError, match="is not a finished run"):
        looked(run)
    forge(run, verb="audit", status="ok")
    with pytest.raises(UsageError, match="is a run of audit; audit takes runs of train, fuse"):
        looked(run)

"""Cross-validation over time: each window is a data set that ends with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.config.compose import compose
from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.prepare import prepare
from recx.prepare.config import each_window
from recx.prepare.plan import plan
from recx.prepare.split.config import TimeSplit, told
from recx.report.markdown import markdown
from recx.report.page import page
from recx.train import train
from tests.evaluate.test_evaluate import by_label


def log(home: Path) -> list[str]:
    """A hundred events, one a second, of ten users; an item each ten seconds, so that late items are new."""
    lines = [f"u{row % 10},i{row // 10 % 10},{row}" for row in range(100)]
    (home / "log.csv").write_text("\n".join(["user,item,time", *lines]) + "\n")
    return ["dataset=csv", f"dataset.path={home}/log.csv", f"data_dir={home}/data", "split.test=.2"]


def windows(words: list[str], number: int) -> list[Dataset]:
    config = compose("prepare", [*words, f"split.windows={number}"]).settings
    return [prepare(each) for each in each_window(config)]


def test_windows_follow_each_other_and_know_nothing_later(tmp_path: Path) -> None:
    found = windows(log(tmp_path), 3)
    assert len({each.fingerprint for each in found}) == 3
    for at, each in enumerate(found):
        fold, start = each.split.final, 40 + 20 * at
        assert fold.known_at == start
        assert fold.target.times is not None
        assert fold.fit.times is not None
        assert sorted(fold.target.times) == list(range(start, start + 20))
        assert sorted(fold.fit.times) == list(range(start))  # everything before it
        assert each.split.valid.known_at == start - 10
        assert each.n_items == (start + 20) // 10  # what is first sold later is no item yet
    rule = next(rule for rule in found[0].facts["cleaning"] if rule["rule"] == "dated after window 0")
    assert rule["lost"] == 40


def test_the_last_window_is_the_split_without_windows(tmp_path: Path) -> None:
    words = log(tmp_path)
    whole, last = prepare(compose("prepare", words).settings), windows(words, 3)[-1]
    assert np.array_equal(whole.split.final.target.times, last.split.final.target.times)  # type: ignore[arg-type]
    assert np.array_equal(whole.split.final.fit.items, last.split.final.fit.items)
    # one window is a split as it ever was, and keeps its name
    assert set(told(TimeSplit())) == {"method", "watch", "valid", "test", "watch_share"}
    config = compose("prepare", words).settings
    assert plan(config).fingerprint == plan(replace(config, split=TimeSplit(test=0.2))).fingerprint


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["split.windows=0"], UsageError, "split.windows=0: expected 1 or more"),
        (
            ["split.windows=3", "split.window=3"],
            UsageError,
            "split.window=3: expected 0 to 2, one of split",
        ),
        (
            ["split.windows=3"],
            UsageError,
            "prepare and recx train take all of them; elsewhere name one",
        ),
        (
            ["split.windows=5", "split.window=0"],
            UsageError,
            "5 x split.test=0.2 and 1 x split.valid=0.1 le",
        ),
    ],
)
def test_windows_that_cannot_be_are_one_line(
    tmp_path: Path, words: list[str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        prepare(compose("prepare", [*log(tmp_path), *words]).settings)


def test_a_window_without_rows_is_one_line(tmp_path: Path) -> None:
    words = log(tmp_path)
    lines = ["user,item,time", *(f"u{row % 5},i{row % 7},{min(row, 30)}" for row in range(100))]
    (tmp_path / "log.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="too many share a second"):
        windows(words, 2)


def test_a_report_has_a_table_per_window_and_their_mean(tmp_path: Path) -> None:
    shop = [
        "dataset=synthetic", "dataset.n_users=80", "dataset.n_items=40", "split.windows=3", "threads=1",
        f"data_dir={tmp_path}/data", f"results={tmp_path}",
    ]  # fmt: skip
    runs = [
        train(each)
        for model in ("popular", "item_knn")
        for each in each_window(compose("train", [f"model={model}", *shop]).settings)
    ]
    report = evaluate(
        EvaluateConfig(runs=[str(run.folder) for run in runs], results=f"{tmp_path}/out", threads=1)
    )
    (task,) = report.tasks
    assert [each.name for each in task.windows] == ["window 0", "window 1", "window 2"]
    assert task.windows[0].first < task.windows[0].last <= task.windows[1].first
    for label in ("popular", "item_knn"):
        values = [by_label(each.result)[label].metrics["ndcg@10"].value for each in task.windows]
        mean = by_label(task)[label]
        assert mean.metrics["ndcg@10"].value == pytest.approx(np.mean(values))
        assert [each.differs for each in mean.repeats] == ["window 0", "window 1", "window 2"]
        assert [each.metrics["ndcg@10"] for each in mean.repeats] == pytest.approx(values)
    against = {each.b for each in task.comparisons}
    assert all({each.b for each in window.result.comparisons} == against for window in task.windows)
    assert any("means over 3 windows in time" in words for words in task.protocol["words"])
    assert read_report(Path(report.folder)) == report
    for text in (markdown(report), page(report)):
        assert "window 1 · 2025-" in text.lower()
    alone = evaluate(EvaluateConfig(run=str(runs[0].folder), results=f"{tmp_path}/out", threads=1)).tasks[0]
    assert alone.windows == []
    first = by_label(task.windows[0].result)["popular"]
    assert first.metrics["ndcg@10"].value == alone.entrants[0].metrics["ndcg@10"].value

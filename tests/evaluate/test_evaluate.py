from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from recx import store
from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.evaluate.result import Entrant, TaskResult
from tests.evaluate.conftest import Shop
from tests.synthetic import dataset

Open = Callable[[Dataset], Shop]
N_USERS, N_ITEMS = 60, 30


def planted(strength: float, seed: int, data: Dataset) -> np.ndarray:
    """Noise, raised where test has an event."""
    table = np.random.default_rng(seed).normal(size=(data.n_users, data.n_items))
    for fold in (data.split.valid, data.split.final):
        table[fold.target.users, fold.target.items] += strength
    return table


def market(repeats: bool = False) -> Dataset:
    random = np.random.default_rng(0)
    rows = [(user, int(item)) for user in range(N_USERS) for item in random.permutation(N_ITEMS)[:9]]
    return dataset(rows[::3], rows[1::3], rows[2::3], N_USERS, N_ITEMS, repeats=repeats)


def run(shop: Shop, runs: list[str], **settings: object) -> EvaluateConfig:
    return EvaluateConfig(runs=runs, results=str(shop.folder / "results"), threads=1, **settings)  # type: ignore[arg-type]


def by_label(task: TaskResult) -> dict[str, Entrant]:
    return {entrant.label: entrant for entrant in task.entrants}


def test_a_hand_counted_report(open_shop: Open) -> None:
    data = dataset([(0, 0), (1, 1), (2, 2)], [], [(0, 2), (0, 3), (1, 0), (2, 3)], 3, 5)
    shop = open_shop(data)
    als = shop.train("als", [[9, 3, 2, 1, 0], [5, 9, 4, 3, 2], [1, 2, 9, 8, 3]])
    report = evaluate(run(shop, [als], k=[1, 2]))
    (task,) = report.tasks
    (entrant,) = task.entrants
    assert task.name == "repeat=new"
    assert (task.n_users, task.n_targets, task.headline) == (3, 4, "ndcg@2")
    assert entrant.metrics["precision@2"].value == 1 / 2
    assert entrant.metrics["recall@2"].value == pytest.approx(5 / 6)
    assert entrant.metrics["coverage@1"].value == 3 / 5
    assert entrant.curve[1].metric == 0.2
    assert entrant.curve_metric == "ndcg@10"
    assert task.comparisons == []
    # two of every user's list, 1 2 | 0 2 | 3 4, over five items that were learnt 1 1 1 0 0 times
    assert entrant.exposure == pytest.approx([1 / 6, 0, 1 / 6, 0, 2 / 6, 0, 1 / 6, 0, 1 / 6, 0])
    assert task.item_exposure == pytest.approx([1 / 4, 0, 0, 0, 1 / 4, 0, 2 / 4, 0, 0, 0])
    assert task.verdict[0].startswith("als: ndcg@2 0.")


def test_a_better_fusion_is_told_with_its_interval(open_shop: Open) -> None:
    shop = open_shop(market())
    good, bad = (
        shop.train(n, planted(s, i, shop.dataset)) for i, (n, s) in enumerate({"good": 1, "bad": 0}.items())
    )
    tables = {"stack": planted(2.5, 2, shop.dataset), "rrf": planted(0.8, 3, shop.dataset)}
    fused = shop.fuse({"good": good, "bad": bad}, tables)
    (task,) = evaluate(run(shop, [fused])).tasks
    found = by_label(task)
    assert [each.kind for each in task.entrants] == ["base", "base", "fusion", "blend"]
    assert {each.b for each in task.comparisons} == {"good"}
    gain = next(each for each in task.comparisons if (each.metric, each.a) == ("ndcg@10", "stack"))
    value = found["stack"].metrics["ndcg@10"].value - found["good"].metrics["ndcg@10"].value
    assert gain.difference.value == pytest.approx(value)
    assert gain.difference.low > 0
    assert gain.relative == pytest.approx(value / found["good"].metrics["ndcg@10"].value)
    assert gain.p_t <= gain.p_holm < 0.01
    assert task.verdict[0].startswith("stack raises ndcg@10 by ")
    assert any(words.startswith("good is the best of 2 bases") for words in task.verdict)
    assert any(
        words.startswith("Blends without learning, ndcg@10 against good: rrf -") for words in task.verdict
    )
    assert task.candidate_recall == 0.9
    assert (found["stack"].fit_seconds, found["rrf"].fit_seconds) == (3.0, 0.0)
    assert found["stack"].milliseconds_per_user > found["good"].milliseconds_per_user
    assert task.contributions[0].label == "good"


def test_a_fusion_that_fell_back_says_so(open_shop: Open) -> None:
    shop = open_shop(market())
    table = planted(1, 0, shop.dataset)
    base = shop.train("good", table)
    fused = shop.fuse({"good": base}, {"stack": table})
    shop.runs[fused].fusion.note = "ndcg@10 on 12 held-out users is lower, so good answers"  # type: ignore[union-attr]
    (task,) = evaluate(run(shop, [fused])).tasks
    assert task.verdict[0].startswith("stack and good, the best base, are equal: ndcg@10 ")
    assert task.verdict[1] == (
        "The learnt fusion is not used: ndcg@10 on 12 held-out users is lower, so good answers."
    )


def test_a_gain_within_the_noise_is_not_claimed(open_shop: Open) -> None:
    shop = open_shop(market())
    base = shop.train("good", planted(1, 0, shop.dataset))
    fused = shop.fuse({"good": base}, {"stack": planted(1, 9, shop.dataset)})
    (task,) = evaluate(run(shop, [fused])).tasks
    first = task.verdict[0]
    assert first.startswith("stack cannot be told from good, the best base: ndcg@10 ")
    assert "allows anything from a loss of " in first
    assert "to a gain of " in first


def test_implicit_mse_is_the_error_of_calibrated_interest(open_shop: Open) -> None:
    shop = open_shop(market())
    runs = [shop.train(f"m{s}", planted(s, s, shop.dataset)) for s in (0, 1, 4)]
    (task,) = evaluate(run(shop, runs)).tasks
    found = [by_label(task)[f"m{s}"].metrics["mse"].value for s in (0, 1, 4)]
    assert found[0] == pytest.approx(0.25, abs=0.01)
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.08
    assert task.protocol["mse"] == "interest"


def test_ratings_are_judged_by_rmse(open_shop: Open) -> None:
    rows = [(user, item, float(1 + (user + item) % 5)) for user in range(20) for item in range(6)]
    data = dataset(rows[::3], rows[1::3], rows[2::3], 20, 6, value_range=(1, 5), relevant_from=4.0)
    shop = open_shop(data)
    truth = np.array([[1 + (user + item) % 5 for item in range(6)] for user in range(20)], float)
    noise = np.random.default_rng(0).normal(size=truth.shape)
    svd, knn = shop.train("svd", np.clip(truth, 2, 4)), shop.train("knn", truth + noise)
    fused = shop.fuse({"svd": svd, "knn": knn}, {"stack": np.clip(truth, 1.2, 4.8)}, relevant_from=4.0)
    (task,) = evaluate(run(shop, [fused], k=[2])).tasks
    stack = by_label(task)["stack"].metrics
    assert task.headline == "rmse"
    ends = [row[2] in (1, 5) for row in rows[2::3]]
    assert stack["mse"].value == pytest.approx(0.2**2 * np.mean(ends), rel=1e-5)
    assert stack["rmse"].n == len(ends)
    assert task.verdict[0].startswith("stack lowers rmse by ")
    assert any("valid would have chosen svd" in words.lower() for words in task.verdict)


def test_two_fusions_make_two_tasks_and_train_runs_join_both(open_shop: Open) -> None:
    shop = open_shop(market(repeats=True))
    base, other = (
        shop.train("good", planted(1, 0, shop.dataset)),
        shop.train("other", planted(0, 1, shop.dataset)),
    )
    fusions = [
        shop.fuse({"good": base}, {"stack": planted(2, 2, shop.dataset)}, repeat)
        for repeat in ("allow", "new")
    ]
    report = evaluate(run(shop, [*fusions, base, other]))
    assert [task.name for task in report.tasks] == ["repeat=allow", "repeat=new"]
    # the run that is a base of the fusion already is not listed twice
    assert [[each.label for each in task.entrants] for task in report.tasks] == [
        ["good", "stack", "other"]
    ] * 2
    assert report.tasks[0].protocol["hash"] != report.tasks[1].protocol["hash"]


def test_runs_of_one_name_are_told_apart(open_shop: Open) -> None:
    shop = open_shop(market())
    runs = [
        shop.train("als", planted(s, s, shop.dataset), name=f"als-20260101T120000Z-{s}f3a") for s in (0, 1)
    ]
    (task,) = evaluate(run(shop, runs)).tasks
    assert [each.label for each in task.entrants] == ["als 0f3a", "als 1f3a"]


def test_a_run_without_refit_is_scored_by_its_window_fit_and_marked(open_shop: Open) -> None:
    shop = open_shop(market())
    (task,) = evaluate(run(shop, [shop.train("als", planted(1, 0, shop.dataset), refit=False)])).tasks
    assert not task.entrants[0].refitted
    assert "Not refitted on train + valid: als; valid was input only." in task.verdict


def test_what_is_written_is_read_back(open_shop: Open) -> None:
    shop = open_shop(market())
    runs = [shop.train(name, planted(1, seed, shop.dataset)) for seed, name in enumerate(("als", "ease"))]
    report = evaluate(run(shop, runs))
    folder = Path(report.folder)
    assert read_report(folder) == report
    plain = json.loads((folder / "report.json").read_text())
    assert plain["tasks"][0]["headline"] == "ndcg@10/v1"
    assert "precision@5/v1" in plain["tasks"][0]["entrants"][0]["metrics"]
    assert store.read_manifest(folder)["files"].keys() == {"report.json", "per_user.parquet", "code.json"}
    users = pq.read_table(folder / "per_user.parquet").to_pandas()
    assert len(users) == 2 * N_USERS
    means = users.groupby("entrant")["ndcg@10"].mean()
    assert means["als"] == pytest.approx(report.tasks[0].entrants[0].metrics["ndcg@10"].value)


def test_the_same_runs_give_the_same_numbers(open_shop: Open) -> None:
    shop = open_shop(market())
    runs = [shop.train(name, planted(1, seed, shop.dataset)) for seed, name in enumerate(("als", "ease"))]
    once, again = (evaluate(run(shop, runs)).tasks[0] for _ in range(2))
    assert [each.metrics for each in once.entrants] == [each.metrics for each in again.entrants]
    assert once.comparisons == again.comparisons


def test_no_number_changes_when_users_are_scored_in_small_blocks(
    open_shop: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recx.models import base

    shop = open_shop(market())
    als = shop.train("als", planted(1, 0, shop.dataset))
    whole = evaluate(run(shop, [als])).tasks[0].entrants[0].metrics
    monkeypatch.setattr(base, "BLOCK_BYTES", 1)
    assert evaluate(run(shop, [als])).tasks[0].entrants[0].metrics == whole


def test_runs_on_different_data_are_an_error(open_shop: Open) -> None:
    shop = open_shop(market())
    als = shop.train("als", planted(1, 0, shop.dataset))
    ease = shop.train("ease", planted(1, 0, shop.dataset), fingerprint="another")
    with pytest.raises(
        DataError, match=r"als-\S+ is on data and \S+ease-\S+ on data: other data or another split"
    ):
        evaluate(run(shop, [als, ease]))


@pytest.mark.parametrize(
    ("made", "asked", "answer"),
    [
        ({"candidates": "train"}, {}, "fused with candidates=train, not candidates=catalogue"),
        ({"repeat": "allow"}, {"repeat": "new"}, "fused with repeat=allow, not repeat=new"),
    ],
)
def test_a_fusion_for_another_protocol_is_an_error(
    open_shop: Open, made: dict[str, str], asked: dict[str, str], answer: str
) -> None:
    shop = open_shop(market())
    base = shop.train("good", planted(1, 0, shop.dataset))
    fused = shop.fuse({"good": base}, {"stack": planted(2, 2, shop.dataset)}, **made)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=answer):
        evaluate(run(shop, [fused], **asked))


def test_a_data_set_that_was_prepared_anew_is_an_error(open_shop: Open) -> None:
    shop = open_shop(market())
    als = shop.train("als", planted(1, 0, shop.dataset))
    shop.dataset = replace(shop.dataset, fingerprint="changed")
    with pytest.raises(DataError, match=r"is not what .* was trained on"):
        evaluate(run(shop, [als]))


def test_a_data_set_that_is_gone_is_an_error(open_shop: Open) -> None:
    shop = open_shop(market())
    als = shop.train("als", planted(1, 0, shop.dataset))
    (shop.folder / "data").rmdir()
    with pytest.raises(DataError, match=r"the data set of .* is gone"):
        evaluate(run(shop, [als], data_dir=str(shop.folder / "elsewhere")))


def test_no_runs_is_an_error() -> None:
    with pytest.raises(UsageError, match="name the runs to evaluate"):
        evaluate(EvaluateConfig())


def test_a_folder_that_is_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no run in .*; recx ls shows what there is"):
        evaluate(EvaluateConfig(runs=[str(tmp_path)]))


def test_an_unfinished_run_is_an_error(tmp_path: Path) -> None:
    store.write_json(tmp_path / store.MANIFEST, {"verb": "train", "status": "running"})
    with pytest.raises(DataError, match=r"is not a finished run \(status: running\)"):
        evaluate(EvaluateConfig(runs=[str(tmp_path)]))


def test_a_failure_leaves_no_report_and_its_reason(open_shop: Open) -> None:
    shop = open_shop(dataset([(0, 0)], [], [(0, 0)], 1, 2))
    als = shop.train("als", [[1.0, 0.0]])
    with pytest.raises(DataError, match="nobody has an item to be found in the test part"):
        evaluate(run(shop, [als]))
    (left,) = (shop.folder / "results" / "evaluate").glob("toy-*")
    assert not (left / "report.json").exists()
    assert store.read_json(left / store.MANIFEST)["status"] == "failed"

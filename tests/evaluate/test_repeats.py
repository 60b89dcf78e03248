"""Runs of one configuration are one entrant; between folds and seeds lies a chance of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from recx.config.compose import compose
from recx.errors import DataError
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.train import train
from tests.evaluate.test_evaluate import Open, by_label, market, planted, run


def test_seeds_are_one_line_whose_interval_holds_their_spread(open_shop: Open) -> None:
    shop = open_shop(market())
    tables = [planted(strength, 1, shop.dataset) for strength in (0.5, 1.0, 1.5)]
    runs = [shop.train("als", table, seed=seed) for seed, table in enumerate(tables)]
    rival = shop.train("ease", planted(0.2, 9, shop.dataset))
    report = evaluate(run(shop, [*runs, rival]))
    (task,) = report.tasks
    als, single = by_label(task)["als"], evaluate(run(shop, runs[1:2])).tasks[0].entrants[0]
    assert [each.label for each in task.entrants] == ["als", "ease"]
    assert [each.differs for each in als.repeats] == ["seed 0", "seed 1", "seed 2"]
    values = [each.metrics["ndcg@10"] for each in als.repeats]
    assert als.metrics["ndcg@10"].value == pytest.approx(np.mean(values))
    assert als.metrics["ndcg@10"].se > 2 * single.metrics["ndcg@10"].se
    assert als.metrics["ndcg@10"].n == single.metrics["ndcg@10"].n
    (pair,) = [each for each in task.comparisons if each.metric == "ndcg@10"]
    assert pair.difference.se >= als.metrics["ndcg@10"].se * 0.9
    assert any(
        words.startswith("als is the mean of 3 runs (seed 0, seed 1, seed 2)") for words in task.verdict
    )
    assert read_report(Path(report.folder)) == report
    users = pq.read_table(Path(report.folder) / "per_user.parquet").to_pandas()
    assert list(dict.fromkeys(users["entrant"])) == ["als seed 0", "als seed 1", "als seed 2", "ease"]
    assert task.slices[0].entrants.keys() <= {"als", "ease"}


def test_the_same_seed_twice_is_no_repetition(open_shop: Open) -> None:
    shop = open_shop(market())
    runs = [shop.train("als", planted(1, place, shop.dataset), seed=3) for place in range(2)]
    (task,) = evaluate(run(shop, runs)).tasks
    assert len(task.entrants) == 2
    assert not any(each.repeats for each in task.entrants)


def test_bases_and_fusion_of_several_fuse_runs_join(open_shop: Open) -> None:
    shop = open_shop(market())
    folders = []
    for seed in range(2):
        base = shop.train("good", planted(1, seed, shop.dataset), seed=seed)
        folder = shop.fuse({"good": base}, {"stack": planted(2, 5 + seed, shop.dataset)}, seed=seed)
        folders.append(folder)
    (task,) = evaluate(run(shop, folders)).tasks
    assert [(each.label, each.kind, len(each.repeats)) for each in task.entrants] == [
        ("good", "base", 2),
        ("stack", "fusion", 2),
    ]


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """Two models on three folds of the same ratings."""
    home = tmp_path_factory.mktemp("folds")
    shop = (
        "dataset=synthetic", "dataset.feedback=explicit", "dataset.n_users=80", "dataset.n_items=40",
        "split=kfold", "split.folds=3", f"data_dir={home}/data", f"results={home}/results", "threads=1",
    )  # fmt: skip
    made = {
        model: [
            str(train(compose("train", [f"model={model}", *shop, f"split.fold={fold}"]).settings).folder)
            for fold in range(3)
        ]
        for model in ("bias", "popular")
    }
    return home, made


def test_folds_are_one_line_over_all_their_users(folds: tuple[Path, dict[str, list[str]]]) -> None:
    home, made = folds
    config = EvaluateConfig(runs=[*made["bias"], *made["popular"]], results=f"{home}/out", threads=1)
    (task,) = evaluate(config).tasks
    bias = by_label(task)["bias"]
    alone = [evaluate(EvaluateConfig(runs=[each], results=f"{home}/out")).tasks[0] for each in made["bias"]]
    parts = [each.entrants[0].metrics["rmse"] for each in alone]
    assert [each.differs for each in bias.repeats] == ["fold 0", "fold 1", "fold 2"]
    assert bias.metrics["rmse"].value == pytest.approx(np.mean([each.value for each in parts]))
    assert bias.metrics["rmse"].n == sum(each.n for each in parts)  # every rating is predicted once
    assert bias.metrics["rmse"].se < min(each.se for each in parts)
    assert max(each.n_users for each in alone) < task.n_users <= 80
    assert task.slices == []
    assert {each.metric for each in task.comparisons} >= {"ndcg@10", "recall@5"}


def test_an_entrant_without_a_fold_is_an_error(folds: tuple[Path, dict[str, list[str]]]) -> None:
    home, made = folds
    config = EvaluateConfig(runs=[*made["bias"], *made["popular"][:2]], results=f"{home}/out", threads=1)
    with pytest.raises(DataError, match="popular has no run on fold 2, which others have"):
        evaluate(config)

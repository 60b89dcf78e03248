"""Whole sweeps, of a model that does as it is told."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from recx.errors import DataError, UsageError
from recx.models.baseline.config import PopularConfig
from recx.sweep import sweep
from recx.sweep.config import SweepConfig
from recx.sweep.leaderboard import print_leaderboard
from recx.sweep.search import trial_config
from recx.train import train
from recx.train.runs import open_run
from tests.sweep.conftest import IN_VALID, IN_WATCH

ENDINGS = ["well", "error", "usage", "memory", "kill", "exit"]


def rows(results: Path) -> list[dict[str, str]]:
    """The leaderboard without what differs from run to run."""
    with open(results / "sweep" / "told" / "leaderboard.csv") as file:
        return [
            {key: row[key] for key in row if key not in ("seconds", "run")} for row in csv.DictReader(file)
        ]


def test_a_trial_that_fails_is_a_row_and_two_workers_give_what_one_gives(
    config: SweepConfig, diary: Path, tmp_path: Path
) -> None:
    config.space = {"model.item": [3, IN_WATCH], "model.ending": ["well", "usage", "kill"]}
    board = sweep(config)
    assert board.metric == "ndcg@2"
    best = board.best
    assert best is not None and best.parameters == {"model.item": IN_WATCH, "model.ending": "well"}
    assert [trial.state for trial in board.trials] == ["ok"] * 2 + ["failed"] * 4
    alone = rows(tmp_path / "results")
    sweep(replace(config, workers=2, results=str(tmp_path / "others")))
    assert rows(tmp_path / "others") == alone


def test_every_kind_of_failure_is_told(config: SweepConfig) -> None:
    config.space = {"model.ending": ENDINGS}
    assert {trial.parameters["model.ending"]: trial.error for trial in sweep(config).trials} == {
        "well": None,
        "error": "RuntimeError: a bug in two lines",
        "usage": "told: item is out of stock",
        "memory": "MemoryError",
        "kill": "its process was ended by SIGKILL; out of memory?",
        "exit": "its process ended with exit code 7",
    }


def test_the_same_sweep_again_repeats_nothing(config: SweepConfig, diary: Path, tmp_path: Path) -> None:
    config.space = {"model.item": [1, IN_WATCH], "model.ending": ["well", "error"]}
    first = sweep(config)
    assert diary.read_text().count("begins") == 4
    assert sweep(replace(config, workers=2, threads=1)) == first
    assert diary.read_text().count("begins") == 4
    with pytest.raises(UsageError, match=r"was swept with model\.item=\[1, 4\], not \[2, 4\]"):
        sweep(replace(config, space={**config.space, "model.item": [2, IN_WATCH]}))


def test_a_random_search_is_extended_by_asking_for_more(config: SweepConfig, diary: Path) -> None:
    config = replace(config, search="random", trials=2, space={"model.item": list(range(6))})
    first = {trial.number: trial for trial in sweep(config).trials}
    more = {trial.number: trial for trial in sweep(replace(config, trials=4)).trials}
    assert len(first) == 2 and len(more) == 4
    assert all(more[number] == first[number] for number in first)
    assert diary.read_text().count("begins") == 4


def test_the_winner_is_chosen_on_watch_though_valid_says_the_opposite(config: SweepConfig) -> None:
    config.space = {"model.item": [IN_VALID, IN_WATCH]}
    best = sweep(config).best
    assert best is not None and best.parameters == {"model.item": IN_WATCH}
    valid = {
        item: train(replace(config, model=replace(config.model, item=item))).valid["ndcg@1"]
        for item in (IN_WATCH, IN_VALID)
    }
    assert valid == {IN_WATCH: 0.0, IN_VALID: 1.0}
    trial = Path(str(best.run))
    assert [file.stem for file in (trial / "model").iterdir()] == ["select"]


def test_errors_are_minimised(config: SweepConfig) -> None:
    dataset = replace(config.dataset, value=None, feedback="explicit", value_range=[1.0, 3.0])
    config = replace(config, dataset=dataset, space={"model.item": [0, 2, 4]})
    board = sweep(config)
    assert (board.metric, board.higher_is_better) == ("rmse", False)
    assert board.best is not None and board.best.parameters == {"model.item": 2}
    values = [trial.value for trial in board.trials]
    assert values == sorted(values)  # type: ignore[type-var]


def test_a_metric_that_is_not_a_number_is_a_failure(config: SweepConfig) -> None:
    dataset = replace(config.dataset, value=None, feedback="explicit", value_range=[1.0, 3.0])
    config = replace(config, dataset=dataset, space={"model.ending": ["nan", "well"]})
    board = sweep(config)
    assert [trial.state for trial in board.trials] == ["ok", "failed"]
    assert (
        board.trials[1].error
        == "told has a rmse of nan in the select fit; its settings or the values are too large"
    )


def test_models_that_are_measured_differently_are_refused_before_any_training(
    config: SweepConfig, diary: Path
) -> None:
    dataset = replace(config.dataset, value=None, feedback="explicit", value_range=[1.0, 3.0])
    models = {"told": config.model, "popular": PopularConfig(name="popular")}
    config = replace(config, dataset=dataset, models=models)
    with pytest.raises(UsageError, match=r"told by rmse, popular by ndcg@2\); set metric="):
        sweep(config)
    board = sweep(replace(config, metric="ndcg@1"))
    assert {trial.parameters["model"] for trial in board.trials} == {"told", "popular"}
    assert diary.read_text().count("begins") == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"space": {}}, "nothing to sweep"),
        ({"workers": 0}, "workers=0: expected 1 or more"),
        ({"metric": "ndcg@7"}, r"k=\[1, 2\] does not measure it"),
        ({"metric": "ndgc@1"}, "did you mean 'ndcg'"),
        ({"sweep_name": "../up"}, "sweep_name=../up"),
        ({"space": {"model.itme": [1, 2]}}, "did you mean 'model.item'"),
    ],
)
def test_a_wrong_setting_is_told_before_any_training(
    config: SweepConfig, diary: Path, change: dict[str, object], told: str
) -> None:
    config.space = {"model.item": [1, 2]}
    with pytest.raises(UsageError, match=told):
        sweep(replace(config, **change))  # type: ignore[arg-type]
    assert diary.read_text() == ""


def test_the_seed_is_no_setting_to_compare_where_the_split_is_drawn_by_it(config: SweepConfig) -> None:
    from recx.prepare.split.config import RandomSplit

    with pytest.raises(UsageError, match="split=random"):
        sweep(replace(config, split=RandomSplit(), space={"seed": [1, 2]}))


def test_a_sweep_without_a_winner_is_an_error(config: SweepConfig, tmp_path: Path) -> None:
    config.space = {"model.ending": ["error", "usage"]}
    with pytest.raises(DataError, match=r"every trial of .* failed; the first: RuntimeError: a bug"):
        sweep(config)
    assert [row["state"] for row in rows(tmp_path / "results")] == ["failed"] * 2
    assert not (tmp_path / "results" / "sweep" / "told" / "best.yaml").exists()


def test_names_of_their_own_keep_sweeps_apart(config: SweepConfig) -> None:
    auto = replace(config, sweep_name="auto")
    first = sweep(replace(auto, space={"model.item": [1, 2]}))
    second = sweep(replace(auto, space={"model.item": [1, 3]}))
    assert first.name.startswith("told-csv-") and second.name.startswith("told-csv-")
    assert first.folder != second.folder


def test_the_leaderboard_is_printed_best_first(
    config: SweepConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    config.space = {"model.item": [3, IN_WATCH], "model.ending": ["well", "usage"]}
    print_leaderboard(sweep(config))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["#", "model.item", "model.ending", "ndcg@2"]
    assert lines[1].split()[:3] == ["1", str(IN_WATCH), "well"]
    assert lines[2].split()[:3] == ["2", "3", "well"]
    assert lines[3].endswith("told: item is out of stock")
    assert lines[-1] == f"recx train from={config.results}/sweep/told/best.yaml"


def test_train_takes_best_yaml_and_gets_what_the_sweep_found(config: SweepConfig) -> None:
    from recx.config.compose import compose

    config.space = {"model.item": [IN_VALID, IN_WATCH]}
    board = sweep(config)
    settings = compose("train", [f"from={board.folder / 'best.yaml'}"]).settings
    assert settings == trial_config(config, {"model.item": IN_WATCH})
    run = train(settings)
    assert run.folder.parent == Path(config.results) / "train"
    assert run.model.item == IN_WATCH  # type: ignore[attr-defined]
    assert train(compose("train", [f"from={run.folder}"]).settings).folder == run.folder


def test_training_the_best_takes_over_the_fit_its_trial_made(config: SweepConfig) -> None:
    from recx.models.factor.config import SVDConfig

    dataset = replace(config.dataset, value=None, feedback="explicit", value_range=[1.0, 3.0])
    model = SVDConfig(factors=2, epochs=4)
    config = replace(config, dataset=dataset, model=model, space={"model.lr": [0.01, 50.0]})
    board = sweep(config)
    assert [trial.state for trial in board.trials] == ["ok", "failed"]
    assert "loss of nan in epoch 1" in str(board.trials[1].error)
    best = board.best
    assert best is not None and best.run is not None
    made = open_run(Path(best.run)).fits["select"]
    assert train(trial_config(config, best.parameters)).fits["select"] == made

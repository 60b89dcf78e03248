"""Help, config, models, datasets, completion: what a stranger types first."""

import json
import re

from tests.cli.conftest import Recx


def test_help_names_every_verb(recx: Recx) -> None:
    shown = recx("--help").stdout
    for verb in (
        "prepare",
        "train",
        "fuse",
        "evaluate",
        "audit",
        "sweep",
        "run",
        "config",
        "models",
        "datasets",
        "ls",
    ):
        assert re.search(rf"\b{verb}\b", shown)


def test_help_of_a_verb_shows_groups_options_defaults_and_documentation(recx: Recx) -> None:
    shown = recx("train", "model=gcn", "--help").stdout
    assert "model.layers" in shown
    assert "item_knn" in shown
    assert "split.watch" in shown
    assert recx("train", "--help").stdout != shown


def test_config_prints_every_value_with_its_origin(recx: Recx) -> None:
    shown = recx("config", "train", "model=gcn", "model.layers=2", "dataset=ml-100k").stdout
    origins = dict(line.split("#") for line in shown.splitlines())
    origins = {key.strip(): value.strip() for key, value in origins.items()}
    assert origins["model.layers=2"] == "command line"
    assert origins["model.name=gcn"] == "conf/model/gcn.yaml"
    assert origins["dataset.source=ml-100k"] == "conf/dataset/ml-100k.yaml"
    assert origins["seed=0"] == "conf/train.yaml"


def test_config_unfolds_bases_and_their_settings(recx: Recx) -> None:
    words = ("bases=[als,popular@recent]", "bases.als.factors=8", "bases.recent.window=30")
    shown = recx("config", "fuse", *words).stdout
    assert re.search(r"bases\.als\.factors=8 +# command line", shown)
    assert re.search(r"bases\.recent\.name=popular +# ", shown)
    assert re.search(r"bases\.recent\.window=30(\.0)? +# command line", shown)


def test_a_folder_of_own_configs_goes_first(recx: Recx) -> None:
    own = recx.folder / "mine" / "model"
    own.mkdir(parents=True)
    recipe = recx("config", "train", "model=als").stdout
    settings = [line.split("#")[0].strip() for line in recipe.splitlines() if line.startswith("model.")]
    values = dict(setting.removeprefix("model.").split("=") for setting in settings) | {"factors": "12"}
    (own / "wide.yaml").write_text("".join(f"{key}: {value}\n" for key, value in values.items()))
    shown = recx("config", "train", "--conf", "mine", "model=wide").stdout
    assert re.search(r"model\.factors=12 +# .*mine/model/wide\.yaml", shown)
    assert "model.name=als" in shown


def test_models_and_datasets_are_listed_with_a_word_each(recx: Recx) -> None:
    models = recx("models").stdout
    assert re.search(r"gcn +graph +\w+", models)
    assert re.search(r"synthetic +\w+", recx("datasets").stdout)


def test_ls_is_kind_to_a_newcomer(recx: Recx) -> None:
    assert recx("ls").stdout == "no runs yet; recx run makes some\n"


def test_completion_offers_the_verbs(recx: Recx) -> None:
    assert "recx" in recx("--show-completion", "bash").stdout


def test_results_are_on_stdout_and_progress_is_on_stderr(recx: Recx) -> None:
    done = recx("train", "model=popular", "dataset=synthetic")
    run = recx.folder / done.stdout.strip().splitlines()[-1]
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["status"] == "ok"
    assert manifest["command"] == ["recx", "train", "model=popular", "dataset=synthetic"]
    assert manifest["origins"]["model.name"] == "conf/model/popular.yaml"
    assert "ndcg" in done.stdout
    assert "ndcg" not in done.stderr
    assert recx("train", "model=popular", "dataset=synthetic", "--quiet").stderr == ""

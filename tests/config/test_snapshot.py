"""from=FILE: settings out of a best.yaml or config.yaml."""

from pathlib import Path

import pytest

from recx.config.compose import COMMAND_LINE, compose, to_yaml
from recx.errors import UsageError

WORDS = ["model=ease", "model.reg=77", "dataset=amazon-beauty", "dataset.clean.min_user=3", "k=[7]", "seed=5"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "best.yaml"
    path.write_text(to_yaml(compose("train", WORDS).settings))
    return path


def test_settings_come_back_as_they_were(file: Path) -> None:
    settings = compose("train", WORDS).settings
    assert compose("train", [f"from={file}"]).settings == settings
    assert compose("train", [f"from={file.parent}"]).settings == settings


def test_what_is_typed_beside_the_file_wins(file: Path) -> None:
    composed = compose("train", ["model.reg=3", f"from={file}", "dataset.clean.min_item=4", "k=[9]"])
    settings = composed.settings
    assert (settings.model.name, settings.model.reg, settings.k, settings.seed) == ("ease", 3.0, [9], 5)
    assert (settings.dataset.clean.min_user, settings.dataset.clean.min_item) == (3, 4)
    assert composed.origins["model.reg"] == COMMAND_LINE
    assert composed.origins["dataset.clean.min_user"] == str(file)


def test_a_group_chosen_beside_the_file_replaces_its_own(file: Path) -> None:
    settings = compose("train", [f"from={file}", "model=als", "model.factors=8"]).settings
    assert (settings.model.name, settings.model.factors, settings.dataset.name) == ("als", 8, "amazon-beauty")
    moved = compose("train", [f"from={file}", "dataset=synthetic"]).settings
    assert (moved.model.reg, moved.dataset.source, moved.split.method) == (77.0, "synthetic", "time")


def test_a_sweep_can_start_from_a_file(file: Path) -> None:
    settings = compose("sweep", [f"from={file}", "model.reg=1,2"]).settings
    assert settings.model.name == "ease"
    assert settings.space == {"model.reg": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        (None, [], "no such file"),
        ("model: [", [], "holds no settings"),
        ("- 1", [], "holds no settings"),
        ("modle: 1", [], "no setting 'modle'; did you mean 'model'"),
        ("model: {name: ease, rge: 1}", [], "no setting 'model.rge'; did you mean 'model.reg'"),
        ("model: {name: eaze}", [], "no model called 'eaze'"),
        ("seed: many", [], "expected a whole number"),
        ("seed: 1", ["seed.more=2"], "no setting 'seed.more'"),
        ("model: {name: ease}", ["model.rge=2"], "no setting 'model.rge'"),
        ("model: 3", [], "model should be a group of settings, not 3"),
        ("model: {name: ease}", ["from=other.yaml"], "one file only"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    tmp_path: Path, content: str | None, words: list[str], told: str
) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError) as caught:
        compose("train", [f"from={path}", *words])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)

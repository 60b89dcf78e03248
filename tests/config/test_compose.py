import re
from pathlib import Path

import pytest

from recx.config.compose import COMMAND_LINE, compose, to_yaml
from recx.errors import UsageError
from recx.models.factor.config import ALSConfig
from recx.train.config import TrainConfig


def test_settings_are_dataclasses_of_the_chosen_options() -> None:
    settings = compose("train", ["model=als", "model.factors=8", "dataset=synthetic"]).settings
    assert isinstance(settings, TrainConfig)
    assert isinstance(settings.model, ALSConfig)
    assert settings.model.factors == 8
    assert settings.dataset.source == "synthetic"


def test_a_data_set_brings_its_split_and_the_command_line_still_wins() -> None:
    assert compose("train", ["dataset=amazon-beauty"]).settings.split.method == "last"
    assert compose("train", ["dataset=amazon-beauty", "split=random"]).settings.split.method == "random"


def test_yes_and_no_are_words_for_booleans() -> None:
    assert compose("train", ["refit=no"]).settings.refit is False
    assert compose("train", ["refit=yes"]).settings.refit is True


def test_an_entry_of_a_mapping_can_be_added() -> None:
    words = ["dataset=csv", "dataset.event_weights={view:1,purchase:5}"]
    assert compose("prepare", words).settings.dataset.event_weights == {"view": 1.0, "purchase": 5.0}


def test_bases_are_a_list_on_the_command_line_and_keep_their_labels() -> None:
    words = ["bases=[als,popular@recent]", "bases.recent.window=30", "bases.als.factors=8"]
    composed = compose("fuse", words)
    assert list(composed.settings.bases) == ["als", "recent"]
    assert composed.settings.bases["recent"].name == "popular"
    assert composed.settings.bases["recent"].window == 30
    assert composed.origins["bases.als.factors"] == COMMAND_LINE
    assert composed.origins["bases.als.reg"] == "conf/model/als.yaml"


def test_a_set_of_bases_can_be_changed_in_one_setting() -> None:
    composed = compose("fuse", ["bases.als.factors=9"])
    assert composed.settings.bases["als"].factors == 9
    assert len(composed.settings.bases) > 3


def test_every_setting_has_an_origin() -> None:
    from recx.config.docs import documented

    for verb in ("prepare", "train", "fuse", "evaluate", "run"):
        composed = compose(verb, [])
        keys = {setting.key for setting in documented(composed.settings)}
        assert {key for key in keys if key not in composed.origins} == set()


def test_settings_survive_yaml() -> None:
    from omegaconf import OmegaConf

    settings = compose("train", ["model=als", "model.reg=.3"]).settings
    assert OmegaConf.create(to_yaml(settings)).model.reg == 0.3


def test_own_configs_may_use_recx_ones(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "wide.yaml").write_text(
        "# recx train model=wide\ndefaults:\n  - als\nfactors: 512\n"
    )
    settings = compose("train", ["model=wide"], tmp_path).settings
    assert settings.model.factors == 512
    assert settings.model.name == "als"


def test_an_own_config_with_a_wrong_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "wide.yaml").write_text("defaults:\n  - als\nfactor: 512\n")
    with pytest.raises(UsageError, match=r"no setting 'model\.factor'; did you mean 'model\.factors'"):
        compose("train", ["model=wide"], tmp_path)


@pytest.mark.parametrize(
    "typed, meant", [("factors=8", "model.factors"), ("clean.min_item=1", "dataset.clean.min_item")]
)
def test_a_setting_typed_without_its_group_is_shown_with_it(typed: str, meant: str) -> None:
    name = typed.partition("=")[0]
    with pytest.raises(UsageError, match=re.escape(f"no setting '{name}'; did you mean '{meant}'?")):
        compose("train", ["model=als", typed])


def test_a_value_for_a_whole_part_of_the_settings_is_one_line() -> None:
    with pytest.raises(
        UsageError, match=r"fuser\.weight=2: type one of its settings, fuser\.weight\.tail_share"
    ):
        compose("fuse", ["fuser.weight=2"])
    assert compose("fuse", ["fuser.weight.margin=2"]).settings.fuser.weight.margin == 2


def test_an_own_config_that_is_no_yaml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "wide.yaml").write_text("factors: [512\n")
    with pytest.raises(UsageError, match="wide"):
        compose("train", ["model=wide"], tmp_path)

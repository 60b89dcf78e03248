"""Settings with several values on the command line of `recx sweep`."""

from pathlib import Path

import pytest

from recx.config import folders
from recx.config.compose import COMMAND_LINE, compose
from recx.errors import UsageError
from recx.sweep.config import Interval


@pytest.mark.parametrize(
    ("word", "axis"),
    [
        ("model.factors=32,64", [32, 64]),
        ("model.factors=range(8,32,8)", [8, 16, 24]),
        ("model.factors=choice(8,16,8)", [8, 16]),
        ("model.factors=interval(8,64)", Interval(8, 64, whole=True)),
        ("model.reg=.01,1", [0.01, 1.0]),
        ("model.reg=range(.1,.4,.1)", [0.1, 0.2, 0.3]),
        ("model.reg=tag(log,interval(.001,.1))", Interval(0.001, 0.1, log=True)),
        ("model.values=binary,'log'", ["binary", "log"]),
        ("seed=1,2", [1, 2]),
    ],
)
def test_values_arrive_in_the_type_of_their_setting(word: str, axis: object) -> None:
    composed = compose("sweep", ["model=als", word])
    (found,) = composed.settings.space.values()
    assert found == axis
    if isinstance(axis, list):
        assert type(found[0]) is type(axis[0])
    assert composed.origins["space"] == COMMAND_LINE


def test_models_can_be_swept_and_keep_what_is_fixed_for_all() -> None:
    settings = compose("sweep", ["model=als,ease", "model.reg=5"]).settings
    assert {label: (m.name, m.reg) for label, m in settings.models.items()} == {
        "als": ("als", 5.0),
        "ease": ("ease", 5.0),
    }
    assert "popular" in compose("sweep", ["model=glob(p*)"]).settings.models


def test_the_last_word_on_a_setting_wins() -> None:
    settings = compose("sweep", ["model=als", "model.reg=1,2", "model.factors=1,2", "model.reg=3"]).settings
    assert settings.space == {"model.factors": [1, 2]}
    assert settings.model.reg == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["model=als", "model.factors=32,many"], "model.factors=many: expected a whole number"),
        (["model=als", "model.factors=interval(.5,3)"], "expected a whole number"),
        (["model=als", "model.factor=32,64"], "no setting 'model.factor'; did you mean 'model.factors'"),
        (["model=als,eaze"], "no model called 'eaze'; did you mean 'ease'"),
        (["model=als,ease", "model.factors=1,2"], "no setting 'model.factors'"),
        (["model=als,ease", "model.factors=1"], "no setting 'model.factors'"),
        (["dataset=csv,synthetic"], "trials are compared on one task"),
        (["split.watch=inner,valid"], "trials are compared on one task"),
        (["model.name=als,ease"], "model=als,ease"),
        (["model.reg=range(1,0)"], "expected 1 to"),
        (["model.reg=tag(lgo,interval(1,2))"], "no tag called 'lgo'"),
        (["model=glob(x*)"], "names no model"),
    ],
)
def test_a_space_that_makes_no_sense_is_one_line(words: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        compose("sweep", words)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_verbs_take_one_value() -> None:
    with pytest.raises(UsageError, match="trying each is what recx sweep does"):
        compose("train", ["model.factors=1,2"])


def test_a_space_may_stand_in_a_file(tmp_path: Path) -> None:
    shipped = folders.find("sweep", folders.search_path(None)).read_text()
    space = "space:\n  model.factors: 32,64\n  model.reg: interval(.1,.2)\n"
    (tmp_path / "sweep.yaml").write_text(shipped.replace("space: {}\n", space))
    settings = compose("sweep", ["model=als", "model.reg=1,2"], tmp_path).settings
    assert settings.space == {"model.factors": [32, 64], "model.reg": [1.0, 2.0]}

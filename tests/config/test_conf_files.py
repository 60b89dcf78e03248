"""Every file in conf/ composes, lists exactly the fields of its dataclass and starts with a command."""

import shlex
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from recx.config.compose import compose, flat
from recx.config.verbs import BASES, GROUPS, SETTINGS, settings_class

CONF = Path(__file__).parents[2] / "conf"
FILES = sorted(path.relative_to(CONF) for path in CONF.rglob("*.yaml"))
OPTIONS = [path for path in FILES if path.parent.name in GROUPS]


def values(path: Path) -> dict[str, object]:
    loaded = OmegaConf.to_container(OmegaConf.load(CONF / path))
    assert isinstance(loaded, dict)
    return {str(key): value for key, value in loaded.items() if key != "defaults"}


def test_there_is_a_file_for_every_verb_and_options_for_every_group() -> None:
    assert {path.stem for path in FILES if path.parent == Path()} == set(SETTINGS)
    assert {path.parent.name for path in FILES if path.parent != Path()} == {*GROUPS, BASES}


@pytest.mark.parametrize("path", OPTIONS, ids=str)
def test_an_option_lists_exactly_the_fields_of_its_dataclass(path: Path) -> None:
    listed = values(path)
    schema = GROUPS[path.parent.name].schema(listed)
    assert sorted(listed) == sorted(field.name for field in fields(schema))


@pytest.mark.parametrize("path", [p for p in OPTIONS if p.parent.name in ("model", "fuser")], ids=str)
def test_a_model_or_fuser_has_the_same_defaults_in_yaml_and_python(path: Path) -> None:
    listed = values(path)
    schema = GROUPS[path.parent.name].schema(listed)
    assert listed == {**asdict(schema()), "name": listed["name"]}


@pytest.mark.parametrize("verb", SETTINGS)
def test_a_verb_lists_exactly_the_fields_that_are_no_group(verb: str) -> None:
    names = {field.name for field in fields(settings_class(verb))} - {*GROUPS, BASES}
    assert sorted(values(Path(f"{verb}.yaml"))) == sorted(names)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_the_first_line_is_a_command_that_chooses_the_file(path: Path) -> None:
    line = (CONF / path).read_text().splitlines()[0]
    assert line.startswith("# recx ")
    verb, *words = shlex.split(line.removeprefix("# recx ").removeprefix("metrics "))
    if path.parent == Path():
        assert verb == path.stem
    else:
        assert f"{path.parent.name}={path.stem}" in words
    if verb != "sweep":  # a sweep's command names several values
        composed = compose(verb, words)
        assert flat(asdict(composed.settings))


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "dataset"], ids=str)
def test_a_data_set_says_what_it_is(path: Path) -> None:
    assert (CONF / path).read_text().splitlines()[1].startswith("# ")

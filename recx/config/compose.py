"""conf/ and the command line -> one checked settings object. The only importer of hydra."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    OverrideType,
    QuotedString,
    RangeSweep,
)
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException
from yaml import YAMLError

from recx.config import expected, folders, space
from recx.config.snapshot import take
from recx.config.verbs import BASES, GROUPS, settings_class
from recx.errors import UsageError, did_you_mean

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Composed:
    """A verb's settings and where each came from."""

    verb: str
    settings: Any
    """An instance of the verb's dataclass."""
    origins: Mapping[str, str]
    """"model.factors" -> "conf/model/als.yaml" or "command line"."""
    choices: Mapping[str, str]
    """Group -> chosen option."""


@dataclass(frozen=True)
class Words:
    """The trailing arguments of a command, sorted by what they do."""

    choices: dict[str, str]  # group -> option
    settings: dict[str, Override]  # key -> override
    bases: list[str] | None  # bases=[als,popular@recent]
    base_settings: dict[str, dict[str, Override]]  # label -> key -> override
    swept: dict[str, space.Typed] = field(default_factory=dict)  # key or "model" -> several values


def compose(verb: str, arguments: Sequence[str], conf: Path | None = None) -> Composed:
    """Settings of ``verb`` with ``arguments`` (key=value, group=option, from=FILE) laid over conf/.

    Raises UsageError, one line, for anything that is not a setting, an option or a value of the right type.
    """
    path = folders.search_path(conf)
    snapshot, arguments = take(arguments)
    with _hydra(path):
        words = _read(verb, arguments, path)
        tree = _hydra_compose(verb, *(f"{group}={option}" for group, option in words.choices.items()))
        values = _container(tree)
        choices = _choices(tree)
        origins = _origins(verb, values, choices, path)
        if snapshot:
            taken = snapshot.beside(words.choices)
            values |= taken
            origins |= dict.fromkeys(flat(taken), str(snapshot.file))
        _set(values, words.settings, origins)
        settings = _checked(verb, values, words, origins, path)
        if verb == "sweep":
            _spread(settings, words, origins, path)
    return Composed(verb, settings, origins, choices)


def restore(verb: str, recorded: Mapping[str, Any]) -> Any:
    """The settings of ``verb`` that a manifest has recorded; what is new since has its default.

    Raises UsageError where a setting is gone.
    """
    path = folders.search_path(None)
    with _hydra(path):
        values = _container(_hydra_compose(verb)) | dict(recorded)
        return _checked(verb, values, Words({}, {}, None, {}), {}, path)


def parse(argument: str) -> Override:
    """One trailing argument, as Hydra's grammar reads it; UsageError where it is none."""
    if "=" not in argument and not argument.startswith("~"):
        raise UsageError(f"'{argument}' is no setting; settings read key=value, such as seed=7")
    try:
        override = OverridesParser.create().parse_override(argument)
    except (OverrideParseException, HydraException):
        raise UsageError(f"'{argument}' cannot be read; put quotes around values: 'key=\"a=b, c\"'") from None
    if override.type is not OverrideType.CHANGE:
        sign = argument[: re.match(r"[+~]*", argument).end()]  # type: ignore[union-attr]
        raise UsageError(f"'{argument}' would slip past the checks; write it without '{sign}'")
    return override


def plain(settings: Any) -> dict[str, Any]:
    """Settings as nested dicts of plain values, for manifests and yaml."""
    return asdict(settings)


def to_yaml(settings: Any) -> str:
    """Settings as yaml."""
    return OmegaConf.to_yaml(OmegaConf.create(plain(settings)))


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted key."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = value
    return leaves


# --- reading the command line ---


def _read(verb: str, arguments: Sequence[str], path: list[Path]) -> Words:
    words = Words({}, {}, None, {})
    groups = {field.name for field in fields(settings_class(verb)) if field.name in {*GROUPS, BASES}}
    for argument in arguments:
        override = parse(argument)
        key = override.key_or_group
        value = override.value()
        if key == BASES and BASES in groups and isinstance(value, list):
            words = replace(words, bases=[str(base) for base in value])
        elif key.startswith(f"{BASES}.") and BASES in groups:
            label, _, setting = key.removeprefix(f"{BASES}.").partition(".")
            words.base_settings.setdefault(label, {})[setting] = override
        elif override.is_sweep_override():
            if verb != "sweep":
                raise UsageError(f"'{argument}' names several values; trying each is what recx sweep does")
            words.swept[key] = _several(override)
            if key == "model":
                words.choices[key] = space.names(words.swept[key], folders.options(key, path))[0]
        elif key in groups:
            option = str(override.value())
            known = folders.options(key, path)
            if option not in known:
                noun = GROUPS[key].noun if key in GROUPS else "set of bases"
                raise UsageError(f"no {noun} called '{option}'{did_you_mean(option, known)}")
            words.choices[key] = option
            words.swept.pop(key, None)
        else:
            words.settings[key] = override
            words.swept.pop(key, None)
    return words


def _several(override: Override) -> space.Typed:
    """The values of a setting, out of Hydra's types."""
    value: object = override.value()  # Hydra forgets Glob in its annotation
    found: list[Any] | space.Steps | space.Between | space.Pattern | None = None
    if isinstance(value, ChoiceSweep):
        found = [_unquoted(element) for element in value.list]
    elif isinstance(value, Glob):
        found = space.Pattern(value.filter)
    elif isinstance(value, RangeSweep) and value.start is not None and value.stop is not None:
        found = space.Steps(value.start, value.stop, value.step)
    elif isinstance(value, IntervalSweep) and value.start is not None and value.end is not None:
        found = space.Between(value.start, value.end, frozenset(value.tags))
    return space.Typed(str(override.input_line), found)


def _unquoted(element: Any) -> Any:
    if isinstance(element, QuotedString):
        return element.text
    if isinstance(element, list):
        return [_unquoted(part) for part in element]
    if isinstance(element, dict):
        return {str(_unquoted(key)): _unquoted(part) for key, part in element.items()}
    return element


# --- checking ---


def _checked(
    verb: str, values: dict[str, Any], words: Words, origins: dict[str, str], path: list[Path]
) -> Any:
    _all_in_their_group(verb, values)
    parts: dict[str, Any] = {}
    for name, group in GROUPS.items():
        if name in values:
            parts[name] = _typed(group.schema(values[name]), values.pop(name), f"{name}.")
    if BASES in values:
        parts[BASES] = _bases(values.pop(BASES), words, origins, path)
    settings = _typed(settings_class(verb), values, "")
    for name, part in parts.items():
        setattr(settings, name, part)
    return settings


def _all_in_their_group(verb: str, values: Mapping[str, Any]) -> None:
    """UsageError for a setting that was typed without its group: ``every`` for ``model.every``."""
    known = {field.name for field in fields(settings_class(verb))} | {*GROUPS, BASES}
    names = flat(values)
    for name in names:
        if name.split(".")[0] not in known:
            inside = [other for other in names if other.endswith(f".{name}")]
            if inside:
                raise UsageError(f"no setting '{name}'; did you mean '{inside[0]}'?")


def _typed(schema: type, values: Mapping[str, Any], prefix: str) -> Any:
    """An instance of ``schema``; UsageError where a key is unknown or a value has another type."""
    known = [field.name for field in fields(schema)]
    for key in values:
        if key not in known:
            names = [f"{prefix}{name}" for name in known]
            raise UsageError(f"no setting '{prefix}{key}'{did_you_mean(f'{prefix}{key}', names)}")
    for name, default in vars(schema()).items():
        if is_dataclass(default) and not isinstance(values.get(name, {}), Mapping):
            inside = next(iter(flat(plain(default))))
            raise UsageError(
                f"{prefix}{name}={values[name]}: type one of its settings, {prefix}{name}.{inside}=…"
            )
    try:
        found: Any = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), dict(values)))
    except (ConfigKeyError, ConfigAttributeError) as error:
        key = f"{prefix}{getattr(error, 'full_key', None) or ''}"
        names = [f"{prefix}{name}" for name in flat(asdict(schema()))]
        raise UsageError(f"no setting '{key}'{did_you_mean(key, names)}") from None
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None) or ""
        value = flat(values).get(key, "")
        raise UsageError(f"{prefix}{key}={value}: {expected.of(error)}") from None
    for key, value in flat(plain(found)).items():
        if not expected.finite(value):
            raise UsageError(f"{prefix}{key}={value}: expected a finite number")
    return found


def _bases(
    chosen: Mapping[str, Any], words: Words, origins: dict[str, str], path: list[Path]
) -> dict[str, Any]:
    """Label -> settings of a base: conf/model/<name>.yaml, the group's values over it, the words' on top."""
    if words.bases is not None:
        chosen = {}
        for word in words.bases:
            option, _, label = word.partition("@")
            if (label or option) in chosen:
                raise UsageError(f"two bases called '{label or option}'; give one a label: {option}@other")
            chosen[label or option] = {"name": option}
    for label in words.base_settings:
        if label not in chosen:
            raise UsageError(f"no base called '{label}'{did_you_mean(label, chosen)}")
    bases = {}
    known = folders.options("model", path)
    for label, given in chosen.items():
        option = str((given or {}).get("name", label))
        if option not in known:
            raise UsageError(f"no model called '{option}'{did_you_mean(option, known)}")
        values = _container(_hydra_compose(f"model/{option}"))["model"]
        prefix = f"{BASES}.{label}."
        source = folders.shown(folders.find(f"model/{option}", path))
        group = COMMAND_LINE if words.bases is not None else origins.get(BASES, "")
        own = {key: value for key, value in (given or {}).items() if key != "name"}
        typed = {key: override.value() for key, override in words.base_settings.get(label, {}).items()}
        bases[label] = _typed(GROUPS["model"].schema(values), values | own | typed, prefix)
        for key in values:
            origins[prefix + key] = COMMAND_LINE if key in typed else group if key in own else source
    origins.pop(BASES, None)
    return bases


def _set(values: dict[str, Any], settings: Mapping[str, Override], origins: dict[str, str]) -> None:
    """Put the values of overrides into nested settings, in place."""
    for key, override in settings.items():
        *parents, last = key.split(".")
        node = values
        for parent in parents:
            inner = node.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise UsageError(f"no setting '{key}'{did_you_mean(key, flat(values))}")
            node = inner
        node[last] = override.value()
        origins[key] = COMMAND_LINE
        if ".".join(parents) in origins:  # a mapping that was empty, such as dataset.event_weights
            origins[".".join(parents)] = COMMAND_LINE


def _spread(settings: Any, words: Words, origins: dict[str, str], path: list[Path]) -> None:
    """Fill the space of a sweep from what has several values; each is checked like a single one."""
    swept = {key: _several(parse(f"{key}={text}")) for key, text in settings.space.items()} | words.swept
    if models := swept.pop("model", None):
        inner = {key: override for key, override in words.settings.items() if key.startswith("model.")}
        for option in space.names(models, folders.options("model", path)):
            values = _container(_hydra_compose(f"model/{option}"))
            typed: dict[str, str] = {}
            _set(values, inner, typed)
            node = values["model"]
            settings.models[option] = _typed(GROUPS["model"].schema(node), node, "model.")
            source = folders.shown(folders.find(f"model/{option}", path))
            origins |= {f"models.{option}.{key}": typed.get(f"model.{key}", source) for key in node}

    def check(key: str, value: Any) -> Any:
        """``value`` in the type of the setting ``key``, for every model."""
        if not key.startswith("model."):
            return getattr(_typed(settings_class("train"), {key: value}, ""), key)
        name = key.removeprefix("model.")
        for model in list(settings.models.values()) or [settings.model]:
            value = getattr(_typed(type(model), asdict(model) | {name: value}, "model."), name)
        return value

    settings.space = {key: space.axis(key, typed, check) for key, typed in swept.items()}
    if words.swept:
        origins["space"] = COMMAND_LINE


# --- origins ---


def _choices(tree: DictConfig) -> dict[str, str]:
    return {
        str(group): str(option)
        for group, option in tree.hydra.runtime.choices.items()
        if "/" not in str(group)
    }


def _origins(
    verb: str, values: Mapping[str, Any], choices: Mapping[str, str], path: list[Path]
) -> dict[str, str]:
    """Dotted key -> file or command line. ``bases`` stands for its whole group until it is unfolded."""
    origins = {}
    for group, option in choices.items():
        if group in values:
            source = folders.shown(folders.find(f"{group}/{option}", path))
            if group == BASES:
                origins[BASES] = source
            else:
                origins |= dict.fromkeys(flat({group: values[group]}), source)
    own = folders.shown(folders.find(verb, path))
    origins |= dict.fromkeys((key for key in flat(values) if key.split(".")[0] not in choices), own)
    return origins


# --- hydra ---


@contextmanager
def _hydra(path: list[Path]) -> Iterator[None]:
    """Hydra's global state, set up for one composition; the user's folder goes first."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(path[-1]), version_base="1.3", job_name="recx"):
        if len(path) > 1:
            loader = GlobalHydra.instance().config_loader()
            loader.get_search_path().prepend("user", f"file://{path[0]}")
            loader.repository = type(loader.repository)(loader.get_search_path())  # type: ignore[attr-defined]
        yield


def _hydra_compose(name: str, *choices: str) -> DictConfig:
    """What Hydra makes of a config and group choices; UsageError where a file is no config."""
    try:
        return hydra_compose(name, list(choices), return_hydra_config=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise UsageError(expected.first_line(error)) from None
    except YAMLError as error:
        raise UsageError(f"no valid yaml: {' '.join(str(error).split())}") from None


def _container(tree: DictConfig) -> dict[str, Any]:
    values = OmegaConf.to_container(
        OmegaConf.masked_copy(tree, [str(key) for key in tree if key != "hydra"]), resolve=True
    )
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}

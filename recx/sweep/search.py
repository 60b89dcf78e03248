"""Which settings a sweep tries: every combination, or seeded draws."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from recx.errors import UsageError, did_you_mean
from recx.sweep.config import MOST, Interval, SweepConfig
from recx.train.config import TrainConfig

Value = str | int | float | bool | list[Any] | None
Parameters = dict[str, Value]
"""Setting -> value, of one trial."""
Axis = Sequence[Value] | Interval

SEARCHES = ("grid", "random")
DIGITS = 4
"""Significant digits of a draw: hyper-parameters need no more, and people read them."""
MISSES = 200
"""Draws in a row that were made before, until a space counts as used up."""


def trials(config: SweepConfig) -> list[Parameters]:
    """The settings of every trial, in order; the first n of a random search do not depend on ``trials``.

    Raises UsageError where there is nothing to try, or no end to it.
    """
    space = axes(config)
    if config.search not in SEARCHES:
        raise UsageError(f"search={config.search}: no such search{did_you_mean(config.search, SEARCHES)}")
    if not space:
        raise UsageError("nothing to sweep: give a setting several values, such as model.reg=.01,.1")
    return _grid(space) if config.search == "grid" else _draws(space, config.trials, config.seed)


def axes(config: SweepConfig) -> dict[str, Axis]:
    """Everything that varies, the model among it."""
    models: dict[str, Axis] = {"model": list(config.models)} if config.models else {}
    for key, axis in config.space.items():
        if isinstance(axis, Interval):
            _check(key, axis)
        elif not axis:
            raise UsageError(f"{key}: no values to try")
    return models | config.space


def trial_config(config: SweepConfig, parameters: Mapping[str, Value]) -> TrainConfig:
    """The training that ``parameters`` stand for; UsageError where a setting does not exist."""
    values = {field.name: getattr(config, field.name) for field in fields(TrainConfig)}
    if config.models:
        values["model"] = config.models[str(parameters["model"])]
    asked = TrainConfig(**values)
    for key, value in parameters.items():
        if key != "model":
            asked = _changed(asked, key, key.split("."), value)
    return asked


def same(parameters: Mapping[str, Value]) -> str:
    """Equal text for equal parameters."""
    return json.dumps(parameters, sort_keys=True)


def _changed(settings: Any, key: str, way: list[str], value: Value) -> Any:
    name, *rest = way
    known = [field.name for field in fields(settings)]
    if name not in known:
        prefix = key[: -len(".".join(way))]
        raise UsageError(f"no setting '{key}'{did_you_mean(key, [prefix + other for other in known])}")
    inner = getattr(settings, name)
    if not rest:
        return replace(settings, **{name: value})
    if not is_dataclass(inner):
        raise UsageError(f"no setting '{key}': {key[: -len('.'.join(rest)) - 1]} has no settings below it")
    return replace(settings, **{name: _changed(inner, key, rest, value)})


def _check(key: str, axis: Interval) -> None:
    if not axis.low < axis.high:
        raise UsageError(f"{key}={axis}: expected the lower end first, such as interval(.001,.1)")
    if axis.log and axis.low <= 0:
        raise UsageError(f"{key}={axis}: a logarithmic scale begins above 0")
    if axis.whole and not (float(axis.low).is_integer() and float(axis.high).is_integer()):
        raise UsageError(f"{key}={axis}: {key} is a whole number, so both ends are")


def _grid(space: Mapping[str, Axis]) -> list[Parameters]:
    values: list[Sequence[Value]] = []
    for key, axis in space.items():
        if isinstance(axis, Interval):
            raise UsageError(f"{key}={axis}: a grid needs values, such as {key}=.01,.1; or add search=random")
        values.append(axis)
    count = math.prod(len(axis) for axis in values)
    if count > MOST:
        raise UsageError(f"the grid has {count} combinations; try some of them: search=random trials=50")
    return [dict(zip(space, point, strict=True)) for point in itertools.product(*values)]


def _draws(space: Mapping[str, Axis], count: int, seed: int) -> list[Parameters]:
    if not 1 <= count <= MOST:
        raise UsageError(f"trials={count}: expected 1 to {MOST}")
    generator = np.random.default_rng(seed)
    drawn: dict[str, Parameters] = {}
    misses = 0
    while len(drawn) < count and misses < MISSES:
        # by name: the order in which settings were typed changes nothing
        point = {key: _draw(space[key], generator) for key in sorted(space)}
        misses = misses + 1 if same(point) in drawn else 0
        drawn.setdefault(same(point), {key: point[key] for key in space})
    return list(drawn.values())


def _draw(axis: Axis, generator: np.random.Generator) -> Value:
    if not isinstance(axis, Interval):
        return axis[int(generator.integers(len(axis)))]
    where = generator.random()
    if axis.log:
        # half a unit on either side gives the ends of a whole-numbered interval their full share
        low, high = (axis.low - 0.5, axis.high + 0.5) if axis.whole else (axis.low, axis.high)
        drawn = math.exp(math.log(low) + where * (math.log(high) - math.log(low)))
        if axis.whole:
            return int(min(max(round(drawn), axis.low), axis.high))
    elif axis.whole:
        return int(axis.low) + int(where * (int(axis.high) - int(axis.low) + 1))
    else:
        drawn = axis.low + where * (axis.high - axis.low)
    return float(min(max(float(f"{drawn:.{DIGITS}g}"), axis.low), axis.high))

"""Settings with several values, as Hydra's grammar writes them, to the space of a sweep."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    QuotedString,
    RangeSweep,
)

from recx.errors import UsageError, did_you_mean
from recx.sweep.config import MOST, Interval

SWEEPABLE = ("seed",)
"""Settings outside the model that may vary: with all others, trials would no longer be comparable."""
SLACK = 1e-9
"""Of a step: below it, the end of a range counts as reached."""

Check = Callable[[str, Any], Any]
"""(setting, value) -> the value in the setting's type; UsageError where it has none."""


def names(override: Override, known: list[str]) -> list[str]:
    """The models that `model=als,ease`, `model=choice(als,ease)` or `model=glob(*)` names."""
    value: object = override.value()  # Hydra forgets Glob in its annotation
    options: list[str] = []
    if isinstance(value, ChoiceSweep):
        options = list(dict.fromkeys(str(_plain(element)) for element in value.list))
    elif isinstance(value, Glob):
        options = value.filter(known)
    for option in options:
        if option not in known:
            raise UsageError(f"no model called '{option}'{did_you_mean(option, known)}")
    if not options:
        raise UsageError(f"'{override.input_line}' names no model; write model=als,ease")
    return options


def axis(key: str, override: Override, check: Check) -> list[Any] | Interval:
    """The values of a setting, each checked, or the interval they are drawn from."""
    if key == "model.name":
        raise UsageError(f"'{override.input_line}': models are tried with model=als,ease")
    if not key.startswith("model.") and key not in SWEEPABLE:
        raise UsageError(
            f"'{override.input_line}': trials are compared on one task, so a sweep varies "
            "model, model.* or seed; run it once for each value"
        )
    value = override.value()
    if isinstance(value, IntervalSweep):
        return _interval(key, value, check)
    if isinstance(value, RangeSweep):
        elements = _range(override, value)
    elif isinstance(value, ChoiceSweep):
        elements = [_plain(element) for element in value.list]
    else:
        raise UsageError(f"'{override.input_line}': write its values like {key}=1,2 or {key}=range(1,5)")
    checked: list[Any] = []
    for element in elements:
        if (one := check(key, element)) not in checked:
            checked.append(one)
    return checked


def _interval(key: str, value: IntervalSweep, check: Check) -> Interval:
    assert value.start is not None and value.end is not None
    log = "log" in value.tags
    if unknown := value.tags - {"log"}:
        raise UsageError(f"{key}: no tag called '{min(unknown)}'; there is log: tag(log,interval(.001,.1))")
    for end in (value.start, value.end):
        try:
            typed = check(key, end)
        except UsageError:
            if not float(end).is_integer():
                raise
            typed = check(key, int(end))
    whole = isinstance(typed, int) and not isinstance(typed, bool)
    return Interval(float(value.start), float(value.end), log, whole)


def _range(override: Override, value: RangeSweep) -> list[Any]:
    """``stop`` is left out, as in Python; Hydra's own range gives .30000000000000004 and then .4."""
    assert value.start is not None and value.stop is not None
    count = math.ceil((value.stop - value.start) / value.step - SLACK) if value.step else 0
    if not 1 <= count <= MOST:
        raise UsageError(f"'{override.input_line}': expected 1 to {MOST} values, such as range(1,5)")
    points = [value.start + number * value.step for number in range(count)]
    return [point if isinstance(point, int) else float(f"{point:.12g}") for point in points]


def _plain(element: Any) -> Any:
    """A parsed element without its quotes."""
    if isinstance(element, QuotedString):
        return element.text
    if isinstance(element, list):
        return [_plain(part) for part in element]
    if isinstance(element, dict):
        return {str(_plain(key)): _plain(part) for key, part in element.items()}
    return element

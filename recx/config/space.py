"""Settings that were typed with several values, to the space of a sweep."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recx.errors import UsageError, did_you_mean
from recx.sweep.config import MOST, Interval

SWEEPABLE = ("seed",)
"""Settings outside the model that may vary: with all others, trials would no longer be comparable."""
SLACK = 1e-9
"""Of a step: below it, the end of a range counts as reached."""

Check = Callable[[str, Any], Any]
"""(setting, value) -> the value in the setting's type; UsageError where it has none."""


@dataclass(frozen=True)
class Steps:
    """`range(start,stop,step)`; ``stop`` is left out, as in Python."""

    start: float
    stop: float
    step: float


@dataclass(frozen=True)
class Between:
    """`interval(start,end)`, with its tags."""

    start: float
    end: float
    tags: frozenset[str]


@dataclass(frozen=True)
class Pattern:
    """`glob(*)`."""

    among: Callable[[list[str]], list[str]]  # names -> those that fit


@dataclass(frozen=True)
class Typed:
    """What was typed for one setting."""

    words: str  # "model.factors=32,64"
    values: list[Any] | Steps | Between | Pattern | None  # None: one value alone


def names(typed: Typed, known: list[str]) -> list[str]:
    """The models that `model=als,ease`, `model=choice(als,ease)` or `model=glob(*)` names."""
    options: list[str] = []
    if isinstance(typed.values, list):
        options = list(dict.fromkeys(map(str, typed.values)))
    elif isinstance(typed.values, Pattern):
        options = typed.values.among(known)
    for option in options:
        if option not in known:
            raise UsageError(f"no model called '{option}'{did_you_mean(option, known)}")
    if not options:
        raise UsageError(f"'{typed.words}' names no model; write model=als,ease")
    return options


def axis(key: str, typed: Typed, check: Check) -> list[Any] | Interval:
    """The values of a setting, each checked, or the interval they are drawn from."""
    if key == "model.name":
        raise UsageError(f"'{typed.words}': models are tried with model=als,ease")
    if not key.startswith("model.") and key not in SWEEPABLE:
        raise UsageError(
            f"'{typed.words}': trials are compared on one task, so a sweep varies "
            "model, model.* or seed; run it once for each value"
        )
    if isinstance(typed.values, Between):
        return _interval(key, typed.values, check)
    if isinstance(typed.values, Steps):
        elements = _points(typed.words, typed.values)
    elif isinstance(typed.values, list):
        elements = typed.values
    else:
        raise UsageError(f"'{typed.words}': write its values like {key}=1,2 or {key}=range(1,5)")
    checked: list[Any] = []
    for element in elements:
        if (one := check(key, element)) not in checked:
            checked.append(one)
    return checked


def _interval(key: str, value: Between, check: Check) -> Interval:
    log = "log" in value.tags
    if unknown := value.tags - {"log"}:
        raise UsageError(f"{key}: no tag called '{min(unknown)}'; there is log: tag(log,interval(.001,.1))")
    for end in (value.start, value.end):
        try:
            checked = check(key, end)
        except UsageError:
            if not float(end).is_integer():
                raise
            checked = check(key, int(end))
    whole = isinstance(checked, int) and not isinstance(checked, bool)
    return Interval(float(value.start), float(value.end), log, whole)


def _points(words: str, value: Steps) -> list[Any]:
    """Hydra's own range gives .30000000000000004 and then .4."""
    if not math.isfinite(value.start + value.stop + value.step):
        raise UsageError(f"'{words}': expected finite numbers")
    count = math.ceil((value.stop - value.start) / value.step - SLACK) if value.step else 0
    if not 1 <= count <= MOST:
        raise UsageError(f"'{words}': expected 1 to {MOST} values, such as range(1,5)")
    points = [value.start + number * value.step for number in range(count)]
    return [point if isinstance(point, int) else float(f"{point:.12g}") for point in points]

"""Rules that look at one row at a time; each is counted."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from recx.arrays import Bool
from recx.errors import DataError, UsageError, did_you_mean
from recx.prepare.config import DatasetConfig
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log

DUPLICATES = ("keep", "drop")
DAY = 86400
YEAR_ONE = -62_135_596_800
"""Unix seconds of the first moment that has a date."""


def clean(log: Log, config: DatasetConfig, ledger: Ledger) -> Log:
    """The log after the rules of ``config.clean``, with the values its event weights give."""

    def drop(rule: str, bad: Bool) -> None:
        nonlocal log
        log = log.take(~bad) if bad.any() else log
        ledger.add(rule, *log.counts)

    rules = config.clean
    if rules.duplicates not in DUPLICATES:
        raise UsageError(
            f"dataset.clean.duplicates={rules.duplicates}{did_you_mean(rules.duplicates, DUPLICATES)}"
        )
    if (unusable := ~np.isfinite(log.values)).any():
        drop("values that are no number", unusable)
    if config.value_range is not None:
        low, high = _scale(config)
        drop(f"values outside {low:g} to {high:g}", (log.values < low) | (log.values > high))
    if rules.min_value is not None:
        drop(f"values below {rules.min_value:g}", log.values < rules.min_value)
    if log.times is not None:
        if rules.before is not None:
            drop(f"dated {rules.before} or later", log.times >= _day(rules.before))
        _plausible(log)
    if config.event_weights:
        log, ignored = _weigh(log, config)
        if log.propensities is not None:
            # shown and not taken: kept for evaluate offline=ips, see ``exposures``
            ignored &= np.isnan(log.propensities)
        drop("events of weight 0", ignored)
    if rules.duplicates == "drop":
        drop("duplicates", _repeated(log))
    return log


def _scale(config: DatasetConfig) -> tuple[float, float]:
    ends = config.value_range
    if ends is None or len(ends) != 2 or not ends[0] < ends[1]:
        raise UsageError(f"dataset.value_range={ends}: expected the two ends of the scale, such as [1,5]")
    if config.feedback != "explicit":
        raise UsageError("dataset.value_range is for ratings; set dataset.feedback=explicit, or leave it out")
    return ends[0], ends[1]


def _day(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"dataset.clean.before={text}: expected a day such as 2026-01-31") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _plausible(log: Log) -> None:
    """DataError where a row is dated after today or before the year 1: its unit or column is another one."""
    assert log.times is not None
    if len(log) and (latest := int(log.times.max())) > time.time() + DAY:
        row = int(np.argmax(log.times))
        what = f"user '{log.user_ids[log.users[row]]}', item '{log.item_ids[log.items[row]]}'"
        raise DataError(
            f"a row of {what} is dated {_shown(latest)}, in the future; check the time column and its "
            f"unit, or drop such rows with dataset.clean.before={datetime.now(UTC):%Y-%m-%d}"
        )
    if len(log) and (earliest := int(log.times.min())) < YEAR_ONE:
        raise DataError(
            f"a row is dated {earliest} seconds after 1970, before the year 1; check the time column"
        )


def _shown(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds after 1970"


def _weigh(log: Log, config: DatasetConfig) -> tuple[Log, Bool]:
    """Values times the weight of each event, and which events weigh nothing. Ratings are only filtered."""
    weights = config.event_weights
    if log.events is None:
        raise DataError(
            f"dataset.event_weights names events and {config.name} has none; "
            "map their column with dataset.event=..."
        )
    unnamed = [name for name in log.event_names if name not in weights]
    if unnamed:
        known = ",".join(f"{name}:{weight:g}" for name, weight in weights.items())
        raise DataError(
            f"{config.name} has events '{unnamed[0]}' without a weight; "
            f"set dataset.event_weights={{{known},{unnamed[0]}:1}} (0 drops them)"
        )
    for name, weight in weights.items():
        if weight < 0:
            raise UsageError(f"dataset.event_weights.{name}={weight:g}: expected 0 or more")
    table = np.array([weights[name] for name in log.event_names], dtype=np.float32)
    weighed = table[log.events]
    values = log.values if config.feedback == "explicit" else log.values * weighed
    return replace(log, values=values), np.asarray(weighed == 0)


def _repeated(log: Log) -> Bool:
    """Rows whose user, item, time and event another row had before."""
    columns = (log.users, log.items, log.times, log.events, log.parts)
    keys = [column for column in columns if column is not None]
    order = np.lexsort(keys)  # stable: of equal rows the first stays first
    same = np.ones(max(0, len(log) - 1), dtype=np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    repeated = np.zeros(len(log), dtype=np.bool_)
    repeated[order[1:][same]] = True
    return repeated

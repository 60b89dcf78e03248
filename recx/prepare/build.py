"""From a source and a split method to everything a data set is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recx.arrays import Bool
from recx.data import Exposures
from recx.data.split import FIT, TARGET
from recx.errors import DataError
from recx.prepare.clean import clean
from recx.prepare.exposures import Shown, without_refused
from recx.prepare.features import fill, with_prices
from recx.prepare.filters import filter_rows
from recx.prepare.fingerprint import content
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log
from recx.prepare.sources.base import Source
from recx.prepare.split.base import FoldRoles, SplitMethod
from recx.prepare.split.config import told


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set before it is written."""

    log: Log
    folds: list[FoldRoles]
    facts: dict[str, Any]  # what dataset.json says
    exposures: Exposures | None = None


def build(source: Source[Any], method: SplitMethod[Any], files: list[Path], fingerprint: str) -> Prepared:
    """Read, clean, divide, filter and describe; DataError where nothing usable is left."""
    config, ledger = source.config, Ledger()
    log = source.read(ledger)
    log = clean(log, config, ledger).sorted()
    _enough(log, ledger, config.name)
    log = method.until(log, ledger)
    _enough(log, ledger, config.name)
    test = method.test_rows(log)
    shown = Shown.of(log, test)
    if shown and not shown.test.any():
        raise DataError(
            f"{config.name}: no row of the test period has a propensity, nothing can be valued by it; name "
            "another column, or leave dataset.propensity out"
        )
    if shown and config.feedback == "implicit":
        log, test = without_refused(log, test, ledger)
        _enough(log, ledger, config.name)
    log, test = filter_rows(log, test, config.clean, ledger)
    _enough(log, ledger, config.name)
    log, paid = with_prices(log.compact(), test)
    folds = method.folds(log, test)
    for fold in folds:
        _usable(fold, config.name, method.config.method)
    items, item_holes = fill(log.item_features, config.clean.fill_missing)
    users, user_holes = fill(log.user_features, config.clean.fill_missing)
    log = replace(log, item_features=items, user_features=users)
    facts = {
        "name": config.name,
        "fingerprint": fingerprint,
        "split": method.config.method,
        "feedback": config.feedback,
        "value_range": config.value_range,
        "relevant_from": config.relevant_from if config.feedback == "explicit" else None,
        "repeats": config.repeats,
        "event_names": list(log.event_names),
        "order": log.order,
        "notes": list(config.notes),
        "users": len(log.user_ids),
        "items": len(log.item_ids),
        "interactions": len(log),
        "first": _date(None if log.times is None else int(log.times.min())),
        "last": _date(None if log.times is None else int(log.times.max())),
        "folds": [_describe(fold, log) for fold in folds],
        "cleaning": ledger.plain(),
        "filled": {"items": item_holes, "users": user_holes},
        "paid": paid,
        "source": [
            {"file": file.name, "bytes": file.stat().st_size, "sha256": content(file)} for file in files
        ],
        "settings": {
            "dataset": _settings(source),
            "split": told(method.config),
            "windows": asdict(method.windows),
        },
    }
    exposures = shown.among(log) if shown else None
    if exposures is not None:
        facts["exposures"] = len(exposures)
        facts["exposures_in_test"] = int(np.count_nonzero(exposures.test))
    return Prepared(log, folds, facts, exposures)


def _settings(source: Source[Any]) -> dict[str, Any]:
    settings = asdict(source.config)
    del settings["path"]
    return settings


def _enough(log: Log, ledger: Ledger, name: str) -> None:
    """DataError unless there are two users and two items; it names the rule that took most."""
    rows, users, items = log.counts
    if rows and users > 1 and items > 1:
        return
    worst = max(ledger.rules[1:], key=lambda rule: rule.lost, default=None)
    blame = f"; the rule '{worst.rule}' dropped {worst.lost:,} rows" if worst and worst.lost else ""
    if not rows:
        raise DataError(f"{name}: nothing is left of {ledger.rules[0].rows:,} rows{blame}")
    what = "user" if users < 2 else "item"
    raise DataError(f"{name}: only one {what} is left, a recommender needs two or more{blame}")


def _usable(fold: FoldRoles, name: str, method: str) -> None:
    """DataError where nothing could be learnt or asked."""
    for bit, what in ((FIT, "learn from"), (TARGET, "find")):
        if not np.any(fold.roles & bit):
            raise DataError(
                f"{name}: split={method} leaves nothing to {what} in its fold '{fold.name}'; "
                "raise the shares of the split, loosen dataset.clean, or choose another split"
            )


def _describe(fold: FoldRoles, log: Log) -> dict[str, Any]:
    target: Bool = (fold.roles & TARGET) > 0
    return {
        "name": fold.name,
        "known_at": fold.known_at,
        "cut": _date(fold.known_at),
        "fit": int(np.count_nonzero(fold.roles & FIT)),
        "target": int(np.count_nonzero(target)),
        "target_users": len(np.unique(log.users[target])),
    }


def _date(seconds: int | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"

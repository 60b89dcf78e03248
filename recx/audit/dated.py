"""Features that carry a date after the event they are used for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from recx.arrays import Float64
from recx.audit.finding import Check, Finding, Rows
from recx.audit.folder import FINAL, Column, Folder
from recx.prepare.stored import INTERACTIONS, ITEMS, USERS

NAME = "late-features"
DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}")
LOOK = 1000
"""Words of a column that are read to see whether they are dates."""
SHARE = 0.9
"""Share of a column that must be dates."""
YEARS = 30 * 365 * 86_400
"""Unix seconds this far from the log are no dates of things in it."""
MILLISECONDS = 1e11
"""Larger numbers are milliseconds."""
SLACK = 128
"""Seconds by which float32 is wrong about a date."""
RARE = 0.01
"""Share of the events that may be dated before a feature of theirs: release days are not exact."""


@dataclass
class Late:
    """Events of one part that a dated feature is later than."""

    events: int = 0  # with a date
    rows: Rows = field(default_factory=Rows)


def check_dated(data: Folder) -> Check:
    """The check late-features of a data set."""
    if not data.dated:
        return Check(NAME, data.name, "events have no times", applies=False)
    columns = dict(_dates(data))
    if not columns:
        return Check(NAME, data.name, "no feature of users, items or rows is a date", applies=False)
    found = {key: {fold: Late() for fold in data.folds} for key in columns}
    known = _known_before(data)
    own = [name for role, name in columns if role == "row"]
    for block in data.blocks("time", *own):
        for (role, name), dates in columns.items():
            groups = block.users if role == "user" else block.items
            when = seconds(block.columns[name]) if dates is None else dates[groups]
            dated = np.isfinite(when)
            for fold, late in found[(role, name)].items():
                asked = block.asked(fold) & dated
                if role != "row":  # a thing that is new in test is described when it comes
                    asked &= known[role][fold][groups]
                late.events += int(asked.sum())
                late.rows.add(block.numbers[asked & (when > block.times + SLACK)])
    names = ", ".join(f"{name} of {role}s" for role, name in columns)
    findings = [finding for key, folds in found.items() for finding in _findings(key, folds)]
    return Check(NAME, data.name, f"{names} against the times of what is asked", tuple(findings))


def seconds(column: Column) -> Float64:
    """Unix seconds of dates as numbers or as words, NaN where there is none: (n,)."""
    if column.dtype.kind == "M":
        whole = column.astype("datetime64[s]")
        return np.where(np.isnat(whole), np.nan, whole.astype(np.int64).astype(np.float64))
    if column.dtype.kind in "fiu":
        numbers = column.astype(np.float64)
        return np.where(np.abs(numbers) > MILLISECONDS, numbers / 1000, numbers)
    found = np.full(len(column), np.nan)
    for at, word in enumerate(column):  # dates of people and things, not of rows
        if word and DATE.match(str(word)):
            try:
                found[at] = np.datetime64(str(word).strip()[:19].replace(" ", "T"), "s").astype(np.int64)
            except ValueError:
                continue
    return found


def _dates(data: Folder) -> Iterator[tuple[tuple[str, str], Float64 | None]]:
    """Role and name of each column of dates, and its moments; None for those of rows, read by the block."""
    ends = [(int(block.times.min()), int(block.times.max())) for block in data.blocks("time")]
    low, high = min(end[0] for end in ends) - YEARS, max(end[1] for end in ends) + YEARS
    for role, table in (("user", data.users), ("item", data.items)):
        for name, column in table.items():
            if name != "id" and _is_date(column, low, high):
                when = seconds(column)
                yield (role, name), np.where(when > low, when, np.nan)
    for name in data.extras:
        sample = next(iter(data.blocks(name))).columns[name]
        if _is_date(sample, low, high):
            yield ("row", name), None


def _is_date(column: Column, low: int, high: int) -> bool:
    if column.dtype.kind == "M":
        return True
    if column.dtype.kind in "fiu":
        when = seconds(column[np.isfinite(column.astype(np.float64))])
        # small numbers are counts and prices
        return len(when) > 0 and bool(np.mean((when > max(low, YEARS // 30)) & (when < high)) >= SHARE)
    words = [word for word in column if word][:LOOK]
    return bool(words) and sum(bool(DATE.match(str(word))) for word in words) >= SHARE * len(words)


def _known_before(data: Folder) -> dict[str, dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """Users and items that have rows in what a fold learns or is given: role -> fold -> (n,)."""
    sizes = {"user": data.n_users, "item": data.n_items}
    known = {role: {fold: np.zeros(n, dtype=np.bool_) for fold in data.folds} for role, n in sizes.items()}
    for block in data.blocks():
        for fold in data.folds:
            learnt = block.learnt(fold)
            known["user"][fold][block.users[learnt]] = True
            known["item"][fold][block.items[learnt]] = True
    return known


def _findings(key: tuple[str, str], folds: dict[str, Late]) -> Iterator[Finding]:
    role, name = key
    file = {"user": USERS, "item": ITEMS, "row": INTERACTIONS}[role]
    for fold, late in folds.items():
        if not late.rows.count:
            continue
        rare = late.rows.count <= RARE * late.events
        asked = "test" if fold == FINAL else fold
        yield Finding(
            "note" if rare else "leak",
            f"{name} is dated after {late.rows.count:,} of the {late.events:,} rows of {asked} it describes",
            f"{file}, column {name}",
            "leave the column out (dataset.features=[…]), or give the state as it was before the cut-off",
            {"rows": late.rows.count, "events": late.events},
            late.rows.first,
        )

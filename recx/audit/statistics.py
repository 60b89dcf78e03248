"""Statistics that test has a part in: prices, counts and means of the log, cores, centred values.

Each is computed again, once from the rows before test and once from all rows; what lies on disk is held
against both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from recx.arrays import Bool, Float64, Int32, Int64
from recx.audit.finding import Check, Finding, Severity
from recx.audit.folder import FINAL, Block, Column, Folder
from recx.data.catalog import medians, without_holes
from recx.prepare.stored import AVAILABLE, INTERACTIONS, ITEMS, USERS

NAME = "statistics"
LEAK: Severity = "leak"
NOTE: Severity = "note"
ALIKE = 0.995
"""Correlation from which a feature is taken for a statistic of the log."""
NEARER = 4.0
"""So many times nearer must it be to the statistic over all rows than to the one before test."""
FEWEST = 5
"""Rows before test of so many items must differ from all their rows, or nothing can be said."""
CLOSE = 1e-4
"""Relative difference of equal float32 numbers."""
SHARE = 0.9
"""Share of the users, or items, whose values are centred."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums per user or per item of some rows."""

    rows: Int64  # (n,)
    others: Int64  # (n,) distinct items of a user, users of an item
    totals: Mapping[str, Float64]  # column -> (n,) sum

    @staticmethod
    def none(n: int, columns: list[str]) -> Sums:
        """Of no rows."""
        return Sums(np.zeros(n, np.int64), np.zeros(n, np.int64), {name: np.zeros(n) for name in columns})

    def add(self, groups: Int32, first: Bool, columns: Mapping[str, Column], rows: Bool) -> None:
        """Add ``rows`` of a block; ``first`` marks one row of each pair."""
        n = len(self.rows)
        self.rows[:] += np.bincount(groups[rows], minlength=n)
        self.others[:] += np.bincount(groups[rows & first], minlength=n)
        for name, total in self.totals.items():
            total += np.bincount(groups[rows], np.nan_to_num(columns[name][rows]), minlength=n)

    def statistics(self) -> dict[str, Float64]:
        """What people make features of: name -> (n,)."""
        found = {
            "number of rows": self.rows.astype(np.float64),
            "distinct partners": self.others.astype(np.float64),
        }
        for name, total in self.totals.items():
            found[f"sum of {name}"] = total
            found[f"mean of {name}"] = np.divide(
                total, self.rows, out=np.full(len(total), np.nan), where=self.rows > 0
            )
        return found


def check_statistics(data: Folder) -> Check:
    """The check statistics of a data set."""
    columns = ["value", *data.extras]
    earlier, before, every = (_none(data, columns) for _ in range(3))
    for block in data.blocks(*columns):
        past = ~block.asked(FINAL)
        train = past & ~block.asked(data.windows[-1])
        for rows, sums in ((train, earlier), (past, before), (np.ones_like(past), every)):
            first = _first_of_pairs(block, data.n_items, rows)
            for role, groups in (("user", block.users), ("item", block.items)):
                sums[role].add(groups, first, block.columns, rows)
    findings = [
        *_prices(data),
        *_features(data, earlier, before, every),
        *_core(data, before, every),
        *_centred(data, before, every),
    ]
    compared = [*data.paid, "counts, sums and means of every feature"]
    if data.header["feedback"] == "explicit":
        compared.append("centred values")
    core = _asked_core(data)
    compared.append(f"the {core['user']}-{core['item']}-core" if core else _as_a_whole(before, every))
    looked = f"{', '.join(compared)}: from the rows before test and from all rows"
    return Check(NAME, data.name, looked, tuple(findings))


def _none(data: Folder, columns: list[str]) -> dict[str, Sums]:
    return {"user": Sums.none(data.n_users, columns), "item": Sums.none(data.n_items, columns)}


def _first_of_pairs(block: Block, n_items: int, rows: Bool) -> Bool:
    """One row of each pair among ``rows``."""  # (n,)
    at = np.flatnonzero(rows)
    pairs = block.users[at].astype(np.int64) * n_items + block.items[at]
    first = np.zeros(len(block), dtype=np.bool_)
    first[at[np.unique(pairs, return_index=True)[1]]] = True
    return first


# --- prices ---


def _prices(data: Folder) -> Iterator[Finding]:
    """Features that prepare makes of the rows: medians of what was paid before test."""
    for name in data.paid:
        if name not in data.items or name not in data.extras:
            continue
        stored = data.items[name].astype(np.float32)
        parts = [(block.items, block.columns[name], block.asked(FINAL)) for block in data.blocks(name)]
        items, paid, asked = (np.concatenate([part[at] for part in parts]) for at in range(3))
        honest = medians(items[~asked], paid[~asked], data.n_items)
        if data.settings["dataset"]["clean"]["fill_missing"]:
            honest = without_holes(honest)
        wrong = ~_close(stored, honest)
        if not wrong.any():
            continue
        with_test = medians(items, paid, data.n_items)
        explained = int((wrong & _close(stored, with_test)).sum())
        count = int(wrong.sum())
        yield Finding(
            "leak",
            f"{name} of {count:,} items is not the median paid before test; of {explained:,} it is that of "
            "all rows",
            f"{ITEMS}, column {name}",
            "prepare the data set again",
            {"items": count, "as_over_all_rows": explained},
            tuple(int(row) for row in np.flatnonzero(wrong)[:5]),
        )


def _close(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Bool:
    return np.asarray(np.isclose(a, b, rtol=CLOSE, atol=1e-6, equal_nan=True))


# --- features ---


def _features(
    data: Folder, earlier: dict[str, Sums], before: dict[str, Sums], every: dict[str, Sums]
) -> Iterator[Finding]:
    """Columns of the catalogue that are a statistic of the log, with test or with the labels of a window."""
    for role, table, file in (("user", data.users, USERS), ("item", data.items, ITEMS)):
        statistics = [sums[role].statistics() for sums in (earlier, before, every)]
        rows = [sums[role].rows for sums in (earlier, before)]
        for name, column in table.items():
            if column.dtype.kind not in "fiu" or name == AVAILABLE or name in data.paid:
                continue
            values = column.astype(np.float64)
            for at, part, severity in ((1, "test", LEAK), (0, data.windows[-1], NOTE)):
                honest, knowing = statistics[at], statistics[at + 1]
                near, far, moved, key = max(
                    (*_nearer(values, honest[key], knowing[key], rows[at]), key) for key in honest
                )
                if not near:
                    continue
                what = key.replace("partners", "items" if role == "user" else "users")
                labels = "test" if severity == LEAK else f"the labels of {part}, which a fuser learns from,"
                yield Finding(
                    severity,
                    f"{name} of {role}s follows the {what} with {labels} included: correlation {near:.4f}, "
                    f"{far:.4f} without",
                    f"{file}, column {name}",
                    f"compute the feature from rows before {part}, or leave it out (dataset.features=[…])",
                    {"correlation_with": near, "correlation_without": far, "changed": moved},
                )
                break


def _nearer(values: Float64, honest: Float64, knowing: Float64, rows: Int64) -> tuple[float, float, int]:
    """Correlations with the statistic of all rows and of those before test, and how many differ.

    Zeros where the feature is not nearer to the one that knows test.
    """
    known = (rows > 0) & np.isfinite(values) & np.isfinite(honest) & np.isfinite(knowing)
    moved = int((~_close(honest, knowing) & known).sum())
    if moved < FEWEST or np.ptp(values[known]) == 0:
        return 0.0, 0.0, 0
    near, far = _alike(values[known], knowing[known]), _alike(values[known], honest[known])
    if near < ALIKE or 1 - far <= NEARER * (1 - near) + 1e-6:
        return 0.0, 0.0, 0
    return near, far, moved


def _alike(a: Float64, b: Float64) -> float:
    """Correlation of the numbers, of one with the logarithm of the other, or of their ranks."""
    with_logs = [np.log1p(b)] if b.min() >= 0 else []
    pairs = [(a, b), *((a, log) for log in with_logs), (rankdata(a), rankdata(b))]
    found = 0.0
    for x, y in pairs:
        if np.ptp(x) > 0 and np.ptp(y) > 0:
            found = max(found, abs(float(np.corrcoef(x, y)[0, 1])))
    return found


# --- cores ---


def _asked_core(data: Folder) -> dict[str, int]:
    """The least users and items must have, by the settings; empty where they need nothing."""
    clean = data.settings["dataset"]["clean"]
    least = {"user": int(clean["min_user"]), "item": int(clean["min_item"])}
    return least if max(least.values()) > 1 else {}


def _core(data: Folder, before: dict[str, Sums], every: dict[str, Sums]) -> Iterator[Finding]:
    """Users and items that stay because test was counted."""
    for role, least in _asked_core(data).items():
        sums, known = before[role], every[role]
        short = (known.rows > 0) & (sums.others < least)
        if least < 2 or not short.any():
            continue
        other = "items" if role == "user" else "users"
        counted = int((short & (known.others >= least)).sum())
        yield Finding(
            "leak",
            f"{int(short.sum()):,} {role}s have fewer than {least} {other} before test; {counted:,} of them "
            "have as many with test: the core was taken over test",
            f"{INTERACTIONS}, column {role}",
            "prepare the data set again: the core is cut by rows before test",
            {f"{role}s": int(short.sum()), "as_many_with_test": counted},
        )


def _as_a_whole(before: dict[str, Sums], every: dict[str, Sums]) -> str:
    """What the log as a whole says of the filter it has gone through before it came here."""
    some = {role: sums.rows > 0 for role, sums in every.items()}
    least = {role: int(sums.others[some[role]].min()) for role, sums in every.items()}
    fewer = {role: int(sums.others[some[role]].min()) for role, sums in before.items()}
    if all(least[role] < 3 or fewer[role] >= least[role] for role in least):
        return "no core asked for"
    return (
        f"no core asked for, but the log came as one: users have {least['user']} items or more and items "
        f"{least['item']} users, test counted"
    )


# --- values ---


def _centred(data: Folder, before: dict[str, Sums], every: dict[str, Sums]) -> Iterator[Finding]:
    """Values from which a mean has been taken that test had a part in."""
    for column in ("value", *data.extras):
        for role in ("user", "item"):
            honest, knowing = before[role], every[role]
            both = (honest.rows > 1) & (knowing.rows > honest.rows)
            if both.sum() < FEWEST:
                continue
            means = [np.abs(sums.totals[column][both] / sums.rows[both]) for sums in (honest, knowing)]
            zero = [float((mean < CLOSE).mean()) for mean in means]
            if zero[1] >= SHARE > zero[0]:
                yield _centred_finding(column, f"each {role}'s mean", zero[1], zero[0])
        total = [float(sums.totals[column].sum()) for sums in (before["item"], every["item"])]
        rows = [int(sums.rows.sum()) for sums in (before["item"], every["item"])]
        overall = [abs(one / max(1, n)) for one, n in zip(total, rows, strict=True)]
        if overall[1] < CLOSE / 10 < 100 * CLOSE / 10 < overall[0]:
            yield _centred_finding(column, "the mean", 1.0, 0.0)


def _centred_finding(column: str, what: str, with_test: float, without: float) -> Finding:
    return Finding(
        "leak",
        f"{column} has been centred by {what} over all rows: it is 0 with test and not without",
        f"{INTERACTIONS}, column {column}",
        "centre by means of the rows before test, or leave it to the models",
        {"share_centred_with_test": with_test, "share_centred_before_test": without},
    )

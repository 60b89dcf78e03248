"""Names become numbers: a DuckDB table, or lists of words, becomes a Log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recx.arrays import Int32
from recx.errors import DataError
from recx.prepare.duck import Connection, named, quoted
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log

PROPENSITY = "propensity"
"""Column of a table; an extra may go by that name too, then the table has no propensities."""
MOST_EVENTS = 127
"""Event types that fit into one byte."""


def numbered_log(
    connection: Connection,
    table: str,
    rules: Sequence[tuple[str, str]],
    ledger: Ledger,
    *,
    extras: Sequence[str] = (),
    ordered: bool = False,
) -> Log:
    """The rows of ``table`` that break none of ``rules``, each a name and the SQL condition of a bad row.

    Of the table's columns user, item, value, time, event, propensity, part and ``extras``, those that it has
    are read; ``user`` and ``item`` are text. ``ordered`` says that rows without a date stand oldest first.
    """
    broken = " ".join(f"WHEN {condition} THEN {number}" for number, (_, condition) in enumerate(rules, 1))
    case = f"CASE {broken} ELSE 0 END" if rules else "0"
    connection.execute(f"CREATE TEMP TABLE judged AS SELECT *, ({case})::UTINYINT AS bad FROM {table}")
    _count(connection, [name for name, _ in rules], ledger)
    present = {str(row[0]) for row in connection.execute("DESCRIBE judged").fetchall()}
    known = dict.fromkeys(("value", "part", PROPENSITY, *extras))
    columns = [column for column in known if column in present]
    kinds = {"part": "UTINYINT"}
    picked = [
        f"judged.{named(column)}::{kinds.get(column, 'FLOAT')} AS {named(column)}" for column in columns
    ]
    if "time" in present:
        picked.append("judged.time::BIGINT AS time")
    events: list[str] = []
    if "event" in present:
        found = connection.execute("SELECT DISTINCT event FROM judged WHERE bad = 0 ORDER BY 1").fetchall()
        events = [str(row[0]) for row in found]
        if len(events) > MOST_EVENTS:
            raise DataError(
                f"{len(events)} different events such as '{events[0]}', expected {MOST_EVENTS} at most; "
                "map another column with dataset.event=..."
            )
        names = ", ".join(quoted(name) for name in events)
        picked.append(f"(list_position([{names}]::VARCHAR[], judged.event) - 1)::TINYINT AS event")
    ids = {kind: _ids(connection, kind) for kind in ("user", "item")}
    rows: dict[str, Any] = connection.execute(
        "SELECT user_ids.number AS user_number, item_ids.number AS item_number"
        + "".join(f", {column}" for column in picked)
        + " FROM judged JOIN user_ids ON judged.user = user_ids.name"
        + " JOIN item_ids ON judged.item = item_ids.name WHERE bad = 0 ORDER BY judged.rowid"
    ).fetchnumpy()
    n = len(rows["user_number"])
    return Log(
        ids["user"],
        ids["item"],
        np.asarray(rows["user_number"], np.int32),
        np.asarray(rows["item_number"], np.int32),
        np.ma.filled(rows["value"], np.nan).astype(np.float32) if "value" in rows else np.ones(n, np.float32),
        np.asarray(rows["time"], np.int64) if "time" in rows else None,
        np.asarray(rows["event"], np.int8) if "event" in rows else None,
        tuple(events),
        "time" if "time" in rows else "sequence" if ordered else "none",
        {name: np.ma.filled(rows[name], np.nan).astype(np.float32) for name in extras},
        np.ma.filled(rows[PROPENSITY], np.nan).astype(np.float32)
        if PROPENSITY in rows and PROPENSITY not in extras
        else None,
        np.asarray(rows["part"], np.uint8) if "part" in rows else None,
    )


def _count(connection: Connection, rules: Sequence[str], ledger: Ledger) -> None:
    """One ledger line for what was read and one per rule."""
    count = "count(*), count(DISTINCT user), count(DISTINCT item)"
    lost = dict(connection.execute("SELECT bad, count(*) FROM judged GROUP BY bad").fetchall())
    left = _three(connection.execute(f"SELECT {count} FROM judged").fetchone())
    ledger.add("read", *left)
    for number, rule in enumerate(rules, 1):
        if lost.get(number):
            remaining = f"SELECT {count} FROM judged WHERE bad = 0 OR bad > {number}"
            left = _three(connection.execute(remaining).fetchone())
        ledger.add(rule, *left)


def _three(row: Any) -> tuple[int, int, int]:
    return int(row[0]), int(row[1]), int(row[2])


def _ids(connection: Connection, kind: str) -> list[str]:
    """Fill the table <kind>_ids: whole numbers in their order first, then the other names in theirs."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {kind}_ids AS SELECT name, "
        "(row_number() OVER (ORDER BY try_cast(name AS HUGEINT), name) - 1)::INTEGER AS number "
        f"FROM (SELECT DISTINCT {kind} AS name FROM judged WHERE bad = 0)"
    )
    names = connection.execute(f"SELECT name FROM {kind}_ids ORDER BY number").fetchnumpy()["name"]
    return [str(name) for name in names]


def number_words(words: Sequence[str]) -> tuple[list[str], Int32]:
    """Distinct words (whole numbers in their order, else alphabetical) and the number of each word: (n,)."""
    try:
        whole = np.array(list(map(int, words)), dtype=np.int64)
        # 007 and 7 are two names
        plain = all(word == str(number) for word, number in zip(words, whole.tolist(), strict=True))
    except (ValueError, OverflowError):
        plain = False
    values: npt.NDArray[Any] = whole if plain else np.asarray(words, dtype=np.str_)
    names, numbers = np.unique(values, return_inverse=True)
    return [str(name) for name in names], numbers.astype(np.int32)

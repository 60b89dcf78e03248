"""Events that came after a data set was prepared: a table like its log, checked row by row and sorted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from recx.arrays import Int32
from recx.data import Histories
from recx.errors import DataError
from recx.prepare import stored
from recx.prepare.clean import DAY, YEAR_ONE
from recx.prepare.duck import Connection, database, quoted
from recx.prepare.rawfile import RawFile, ids, numbers, open_raw, seconds
from recx.prepare.served import KeyedRows, ServedSet, gather
from recx.prepare.sources.tables import USUAL, find_column

MEMORY = 256 << 20
"""Bytes that sorting may take before it spills to disk."""
KNOWN, STRANGERS, NAMES = "known.parquet", "strangers.parquet", "names.parquet"


@dataclass(frozen=True, eq=False)
class Arrivals:
    """New events: those of users of the data set by number, those of others by id."""

    folder: Path
    newest: int | None  # unix seconds of the last of them; None without dates
    notes: tuple[str, ...]
    """What was left out, with the row where it stands first, and what the file does not say."""

    @cached_property
    def known(self) -> KeyedRows:
        """Events of users of the data set."""
        return KeyedRows(self.folder / KNOWN, "user")

    @cached_property
    def strangers(self) -> KeyedRows:
        """Events of users that it does not have."""
        return KeyedRows(self.folder / STRANGERS, "name")

    def new_users(self, size: int) -> Iterator[list[str]]:
        """The ids of users that the data set does not have, in blocks of ``size``, in their order."""
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(self.folder / NAMES).iter_batches(size, columns=["name"]):
            yield batch.column(0).to_pylist()

    def histories(self, names: Sequence[str], users: Int32) -> tuple[Histories, Histories]:
        """New events of ``names`` (n,), as those of users (n,) by number, and as those of strangers."""
        unknown = sorted({name for name, number in zip(names, users, strict=True) if number < 0})
        place = {name: at for at, name in enumerate(unknown)}
        found = self.strangers.histories(unknown)
        # a last, empty row for users of the data set
        indptr = [*found.indptr.tolist(), int(found.indptr[-1])]
        padded = Histories(_int64(indptr), found.items, found.values, found.times, found.events)
        rows = [
            place[name] if number < 0 else len(unknown) for name, number in zip(names, users, strict=True)
        ]
        return gather(self.known, users), padded.take(_int64(rows))


def _int64(values: Sequence[int]) -> Any:
    import numpy as np

    return np.array(values, dtype=np.int64)


def arrivals(path: Path, served: ServedSet, scratch: Path) -> Arrivals:
    """Read the table at ``path`` into files below ``scratch``; values are weighed as the data set's were.

    DataError for the first row that cannot be used, with file, row and value. Events of items that the data
    set does not have are left out and noted.
    """
    settings = served.header["settings"]["dataset"]
    with database(scratch, MEMORY) as connection:
        file = open_raw(
            connection,
            path,
            settings.get("names", ()),
            settings.get("separator", "auto"),
            settings.get("encoding", "utf-8"),
        )
        file.load(connection, "given")
        roles = _read(connection, file, served)
        _check(connection, file, served, roles)
        _write(connection, served, roles, scratch)
        newest = connection.execute("SELECT max(time) FROM events").fetchone() if "time" in roles else None
        notes = [_left_out(connection, file)]
        if served.dated and "time" not in roles:
            notes.append(
                f"{path} has no dates among {', '.join(file.columns)}: its events have happened by now"
            )
        return Arrivals(scratch, None if newest is None else newest[0], tuple(filter(None, notes)))


def _read(connection: Connection, file: RawFile, served: ServedSet) -> set[str]:
    """Make the table ``events``: row, user, item, and which of value, time and event there are."""
    settings = served.header["settings"]["dataset"]
    given = {role: settings.get(role) for role in USUAL}
    columns = {
        role: find_column(file, role, name if name == "none" or name in file.columns else None)
        for role, name in given.items()
    }
    for role, why in (
        ("user", ""),
        ("item", ""),
        ("event", f"; {served.header['name']} tells {_several(served.event_names)} apart"),
        ("value", f"; {served.header['name']} holds ratings"),
    ):
        needed = {"event": bool(served.event_names), "value": served.header["feedback"] == "explicit"}
        if needed.get(role, True) and columns[role] is None:
            raise DataError(f"{file.path} has no {role} column among {', '.join(file.columns)}{why}")
    picked = [f"{ids(file, columns[role] or '')} AS {role}" for role in ("user", "item")]
    roles = set()
    if columns["value"]:
        picked.append(f"{numbers(connection, file, 'given', columns['value'])} AS value")
        roles.add("value")
    if columns["time"] and served.dated:
        unit = settings.get("time_unit", "auto")
        picked.append(f"{seconds(connection, file, 'given', columns['time'], unit)} AS time")
        roles.add("time")
    if columns["event"] and served.event_names:
        picked.append(f"{ids(file, columns['event'])} AS event")
        roles.add("event")
    connection.execute(f"CREATE TEMP TABLE events AS SELECT rowid AS row, {', '.join(picked)} FROM given")
    return roles


def _check(connection: Connection, file: RawFile, served: ServedSet, roles: set[str]) -> None:
    """DataError for the first row that says nothing, or what cannot be."""
    rules = [(f"{role} IS NULL", role, "is blank") for role in ("user", "item", *sorted(roles))]
    if "value" in roles:
        rules.append(("NOT isfinite(value)", "value", "is no finite number"))
        if served.header["value_range"]:
            low, high = served.header["value_range"]
            rules.append(
                (f"value NOT BETWEEN {low} AND {high}", "value", f"lies outside {low:g} to {high:g}")
            )
    if "time" in roles:
        rules.append((f"time > {int(time.time() + DAY)}", "time", "seconds after 1970 lies in the future"))
        rules.append((f"time < {YEAR_ONE}", "time", "seconds after 1970 lies before the year 1"))
    if "event" in roles:
        weights = served.header["settings"]["dataset"]["event_weights"]
        names = dict.fromkeys([*served.event_names, *weights])
        known = ", ".join(map(quoted, names))
        rules.append((f"event NOT IN ({known})", "event", f"is none of {', '.join(names)}"))
    case = " ".join(f"WHEN {condition} THEN {number}" for number, (condition, _, _) in enumerate(rules))
    bad = connection.execute(
        f"SELECT row, CASE {case} END AS rule, * FROM events WHERE rule IS NOT NULL ORDER BY row LIMIT 1"
    )
    found = bad.fetchone()
    if found is None:
        return
    row = dict(zip([column[0] for column in bad.description], found, strict=True))
    _, role, words = rules[row["rule"]]
    value = "" if row[role] is None else f" '{str(row[role])[:40]}'"
    raise DataError(f"{file.path}: {file.place(row['row'])}: {role}{value} {words}")


def _write(connection: Connection, served: ServedSet, roles: set[str], scratch: Path) -> None:
    """Sort the events into their two files, and the ids of strangers into a third."""
    import pyarrow as pa

    names = pa.array(served.items.ids, pa.string())
    connection.register(
        "item_ids", pa.table({"name": names, "number": pa.array(range(len(names)), pa.int32())})
    )
    users = f"read_parquet({quoted(served.folder / stored.USERS)}, file_row_number=true)"
    connection.execute(
        "CREATE TEMP TABLE user_ids AS "
        f"SELECT id::VARCHAR AS name, file_row_number::INTEGER AS number FROM {users}"
    )
    weights = served.header["settings"]["dataset"]["event_weights"] if "event" in roles else {}
    weight = " ".join(f"WHEN {quoted(name)} THEN {value}" for name, value in weights.items())
    value = "value" if "value" in roles else "1"
    kept = "TRUE"
    if weights:
        weight = f"CASE event {weight} END"
        kept = f"{weight} > 0"
        # ratings are only filtered, as when the data set was prepared
        value = value if served.header["feedback"] == "explicit" else f"{value} * {weight}"
    picked = ["item_ids.number AS item", f"({value})::FLOAT AS value"]
    if served.dated:
        # what has no date has happened by now
        picked.append("time" if "time" in roles else f"{served.newest}::BIGINT AS time")
    if served.event_names:
        kinds = ", ".join(map(quoted, served.event_names))
        picked.append(f"(list_position([{kinds}]::VARCHAR[], event) - 1)::TINYINT AS event")
        kept += f" AND event IN ({kinds})"
    rows = f"SELECT {{key}}, {', '.join(picked)} FROM events JOIN item_ids ON events.item = item_ids.name"
    order = "ORDER BY 1, time, row" if served.dated else "ORDER BY 1, row"
    inside = rows.format(key='user_ids.number AS "user"') + " JOIN user_ids ON events.user = user_ids.name"
    outside = rows.format(key="events.user AS name")
    stranger = "events.user NOT IN (SELECT name FROM user_ids)"
    for file, query in (
        (KNOWN, f"{inside} WHERE {kept} {order}"),
        (STRANGERS, f"{outside} WHERE {kept} AND {stranger} {order}"),
        (NAMES, f"SELECT DISTINCT events.user AS name FROM events WHERE {stranger} ORDER BY 1"),
    ):
        connection.execute(f"COPY ({query}) TO {quoted(scratch / file)} (FORMAT parquet)")


def _left_out(connection: Connection, file: RawFile) -> str | None:
    found = connection.execute(
        "SELECT count(*), min(row), arg_min(item, row) FROM events "
        "WHERE item NOT IN (SELECT name FROM item_ids)"
    ).fetchone()
    if not found or not found[0]:
        return None
    return (
        f"{file.path}: events of items that the data set does not have are left out: {found[0]:,}, "
        f"the first is {file.place(found[1])}: item '{found[2]}'"
    )


def _several(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)

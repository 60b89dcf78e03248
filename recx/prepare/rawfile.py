"""Tables as people have them: CSV, TSV, Parquet, JSON lines; what is wrong is told with its place."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recx.errors import DataError, UsageError, did_you_mean
from recx.prepare import duck
from recx.prepare.duck import Connection, named, quoted

ENCODINGS = ("utf-8", "latin-1", "utf-16")
SEPARATORS = "\t,;|"
SMALLEST = 1e-30
"""Smallest chance that a propensity may be."""
NUMERIC = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "HUGEINT")


@dataclass(frozen=True)
class RawFile:
    """A table file whose head has been looked at."""

    path: Path
    columns: dict[str, str]  # name -> DuckDB type; text files: all VARCHAR
    scan: str  # the SQL that reads it
    first_line: int  # of the first row, in an editor; 0 where lines mean nothing
    encoding: str = "utf-8"

    def place(self, row: int) -> str:
        """Where row ``row`` (from 0) stands."""
        return f"line {row + self.first_line}" if self.first_line else f"row {row + 1}"

    def load(self, connection: Connection, table: str) -> None:
        """Read everything into ``table``, whose rowid is the row; DataError where the file is bad."""
        try:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {self.scan}")
        except duck.Error as error:
            if "JSON" in str(error):
                _check_json(self.path)
            raise duck.reading_error(error, self.path, self.encoding) from error
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        if not found or not found[0]:
            raise DataError(f"{self.path} has no rows")

    def is_text(self, column: str) -> bool:
        """Whether the column's type says nothing about what is in it."""
        return self.columns[column] == "VARCHAR"


def open_raw(
    connection: Connection,
    path: Path,
    names: Sequence[str] = (),
    separator: str = "auto",
    encoding: str = "utf-8",
) -> RawFile:
    """Look at a file's head; DataError where it is missing, empty, binary or has no usable header."""
    check_file(path)
    kind = [suffix for suffix in path.suffixes if suffix.lower() != ".gz"][-1:]
    if kind and kind[0].lower() in (".parquet", ".pq"):
        return _described(connection, path, f"read_parquet({quoted(path)})", 0)
    if kind and kind[0].lower() in (".jsonl", ".ndjson", ".json"):
        read_head(path, "utf-8")
        columns = _described(
            connection, path, f"read_json({quoted(path)}, format='newline_delimited')", 1
        ).columns
        if list(columns) == ["json"]:
            _check_json(path)  # lines that are no objects become one column
        texts = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in columns)
        scan = f"read_json({quoted(path)}, format='newline_delimited', columns={{{texts}}})"
        return RawFile(path, dict.fromkeys(columns, "VARCHAR"), scan, 1)
    return _delimited(path, names, separator, encoding)


def check_file(path: Path) -> None:
    """DataError unless ``path`` is a file with something in it, whole where it is gzipped."""
    if not path.exists():
        raise DataError(f"{path} is missing")
    if not path.is_file():
        raise DataError(f"{path} is no file")
    try:
        if not path.stat().st_size:
            raise DataError(f"{path} is empty")
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as file:
                while file.read(1 << 20):
                    pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip stream is damaged or cut short") from error
    except PermissionError as error:
        raise DataError(f"{path} cannot be read: no permission") from error


def read_head(path: Path, encoding: str) -> str:
    """The first line with something in it; DataError if the file is binary, blank or in another encoding."""
    with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
        start = file.read(1 << 16)
    if b"\0" in start and encoding != "utf-16":
        raise DataError(f"{path} is binary, not text; is it another format than its name says?")
    # a character may have been cut in two where the block ends
    text = start.decode(encoding, "ignore") if len(start) == 1 << 16 else _decode(start, path, encoding)
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path} is empty")
    return lines[0]


def _decode(raw: bytes, path: Path, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        other = "latin-1" if encoding == "utf-8" else "utf-8"
        raise DataError(f"{path}: line {line} is not {encoding}; set dataset.encoding={other}") from error


def _delimited(path: Path, names: Sequence[str], separator: str, encoding: str) -> RawFile:
    if encoding not in ENCODINGS:
        raise UsageError(f"dataset.encoding={encoding}{did_you_mean(encoding, ENCODINGS)}")
    head = read_head(path, encoding)
    separator = separator.replace("\\t", "\t")
    if separator == "auto":
        separator = max(SEPARATORS, key=head.count)
    elif len(separator) != 1:
        raise UsageError(f"dataset.separator={separator}: expected auto or one character")
    columns = list(names) or [name.strip() for name in next(csv.reader([head], delimiter=separator))]
    if len(set(columns)) != len(columns) or not all(columns):
        raise DataError(
            f"{path}: its first line does not name the columns ({head[:60]}); set dataset.names=[user,...]"
        )
    types = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in columns)
    scan = (
        f"read_csv({quoted(path)}, columns={{{types}}}, auto_detect=false, "
        f"header={'false' if names else 'true'}, delim={quoted(separator)}, quote='\"', escape='\"', "
        f"encoding={quoted(encoding)})"
    )
    return RawFile(path, dict.fromkeys(columns, "VARCHAR"), scan, 1 if names else 2, encoding)


def _described(connection: Connection, path: Path, scan: str, first_line: int) -> RawFile:
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    except duck.Error as error:
        if "JSON" in str(error):
            _check_json(path)
        raise duck.reading_error(error, path) from error
    return RawFile(path, {str(row[0]): str(row[1]) for row in rows}, scan, first_line)


def _check_json(path: Path) -> None:
    """DataError for the first line that is no JSON object; DuckDB miscounts some by one."""
    with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                found = json.loads(line) if line.strip() else {}
            except ValueError:
                found = None
            if not isinstance(found, dict):
                text = line.decode("utf-8", "replace").strip()
                raise DataError(f"{path}: line {number} '{text[:40]}' is no JSON object")


# --- columns as values --------------------------------------------------------------------------------------


def ids(file: RawFile, column: str) -> str:
    """SQL: the column as text, NULL where it is blank; 17850.0 is 17850."""
    text = f"nullif(trim({named(column)}::VARCHAR), '')"
    return text if file.is_text(column) else f"regexp_replace({text}, '\\.0$', '')"


def numbers(connection: Connection, file: RawFile, table: str, column: str) -> str:
    """SQL: the column as DOUBLE, NULL where it is blank; DataError for the first value that is no number."""
    if not file.is_text(column):
        if not file.columns[column].startswith(("U", *NUMERIC)):
            raise DataError(f"{file.path}: column '{column}' holds {file.columns[column]}, expected numbers")
        return f"{named(column)}::DOUBLE"
    text = f"nullif(trim({named(column)}), '')"
    _no_stranger(connection, file, table, column, f"try_cast({text} AS DOUBLE)", "no number")
    return f"try_cast({text} AS DOUBLE)"


def propensities(connection: Connection, file: RawFile, table: str, column: str) -> str:
    """SQL: the column as a chance, NULL where it is blank; DataError for the first outside (0, 1]."""
    if column not in file.columns:
        raise DataError(f"{file.path} has no column '{column}'{did_you_mean(column, file.columns)}")
    number = numbers(connection, file, table, column)
    bad = connection.execute(
        f"SELECT rowid, {named(column)}::VARCHAR FROM {table} "
        # float32, in which it is kept, takes less for 0, and an event of chance 0 would weigh without end
        f"WHERE NOT ({number} >= {SMALLEST} AND {number} <= 1) ORDER BY rowid LIMIT 1"
    ).fetchone()
    if bad:
        raise DataError(
            f"{file.path}: {file.place(bad[0])}: {column} '{str(bad[1]).strip()[:40]}' is no chance to be "
            "shown; expected a number above 0 up to 1, or a blank where nobody drew lots"
        )
    return number


UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def seconds(connection: Connection, file: RawFile, table: str, column: str, unit: str = "auto") -> str:
    """SQL: the column as unix seconds, NULL where blank; DataError for the first value that is no date."""
    if unit not in ("auto", "iso", *UNITS):
        raise UsageError(f"dataset.time_unit={unit}{did_you_mean(unit, ['auto', 'iso', *UNITS])}")
    kind = file.columns[column]
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"floor(epoch({named(column)}::TIMESTAMP))::BIGINT"
    text = f"nullif(trim({named(column)}::VARCHAR), '')"
    number = f"try_cast({text} AS DOUBLE)"
    if unit == "auto":
        first = connection.execute(
            f"SELECT {number} FROM {table} WHERE {text} IS NOT NULL LIMIT 1"
        ).fetchone()
        if first is None or first[0] is None:
            unit = "iso"
    if unit == "iso":
        moment = f"try_cast({text} AS TIMESTAMPTZ)"  # without an offset: UTC, as the session says
        _no_stranger(
            connection, file, table, column, moment, "no date like 2026-01-31 or 2026-01-31T08:15:00"
        )
        return f"floor(epoch({moment}))::BIGINT"
    _no_stranger(connection, file, table, column, number, "no time in numbers like the rows before")
    if unit == "auto":
        middle = connection.execute(f"SELECT median(abs({number})) FROM {table}").fetchone()
        size = float(middle[0]) if middle and middle[0] is not None else 0.0
        # seconds stay below 1e11 until the year 5138, milliseconds are above it since 1973, and so on
        unit = next(
            (name for name, limit in zip(UNITS, (1e11, 1e14, 1e17), strict=False) if size < limit), "ns"
        )
    return f"try_cast(floor({number} / {UNITS[unit]}) AS BIGINT)"


def _no_stranger(
    connection: Connection, file: RawFile, table: str, column: str, cast: str, what: str
) -> None:
    """DataError for the first row whose text is there and does not cast."""
    text = f"nullif(trim({named(column)}::VARCHAR), '')"
    bad = connection.execute(
        f"SELECT rowid, {text} FROM {table} WHERE {text} IS NOT NULL AND {cast} IS NULL "
        "ORDER BY rowid LIMIT 1"
    ).fetchone()
    if bad:
        raise DataError(f"{file.path}: {file.place(bad[0])}: {column} '{str(bad[1])[:40]}' is {what}")

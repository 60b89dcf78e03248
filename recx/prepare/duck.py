"""DuckDB with a memory cap, and its failures as one line."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from recx import store
from recx.errors import DataError

MOST_MEMORY = 4 << 30
"""Bytes DuckDB may take before it spills to disk; half of the machine's memory where that is less."""

Connection = duckdb.DuckDBPyConnection
Error = duckdb.Error


@contextmanager
def database(data_dir: Path, most: int = MOST_MEMORY) -> Iterator[Connection]:
    """An in-memory database that takes ``most`` bytes, then spills into ``data_dir``, and leaves nothing
    there.
    """
    spill = data_dir / f"{store.TEMPORARY}{os.getpid()}-{secrets.token_hex(3)}-duckdb"
    memory = min(most, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2) >> 20
    connection = duckdb.connect()
    try:
        connection.execute(f"SET memory_limit = '{memory}MiB'")
        connection.execute(f"SET threads = {len(os.sched_getaffinity(0))}")
        connection.execute(f"SET temp_directory = {quoted(spill)}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    except (RuntimeError, duckdb.InterruptException) as error:
        # how DuckDB passes Ctrl-C on
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise DataError(
            f"the data does not fit into {memory} MiB and {data_dir} could not take the rest "
            f"({_first_line(error)}); free some disk and run the same command again"
        ) from error
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def quoted(text: object) -> str:
    """A string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def named(column: str) -> str:
    """A column's name as an identifier."""
    return '"' + column.replace('"', '""') + '"'


READING = (
    (
        r"Line: (\d+).*?Expected Number of Columns: (\d+) Found: (\d+)",
        "line {0} has {2} columns instead of {1}",
    ),
    (
        r"Line: (\d+).*?(?:[Ii]nvalid unicode|not utf-8)",
        "line {0} is not {encoding}; set dataset.encoding=latin-1",
    ),
    (r"Line: (\d+).*?unterminated quote", "line {0} opens a quotation mark and never closes it"),
    (r"(?:[Ii]nvalid unicode|not utf-8)", "it is not {encoding}; set dataset.encoding=latin-1"),
    (r"GZIP|gzip", "the gzip stream is damaged or cut short"),
    (r"No magic bytes", "it is no Parquet file, or was cut short"),
    (r"Snappy|[Dd]ecompress|Parquet|parquet|thrift|TProtocol", "the Parquet file is damaged"),
)
"""What DuckDB says of a bad file, and what recx says."""


def reading_error(error: Exception, path: Path, encoding: str = "utf-8") -> DataError:
    """One line for a file that DuckDB could not read, or for a disk it could not spill to."""
    if isinstance(error, duckdb.InterruptException):
        raise error
    text = str(error)
    if isinstance(error, duckdb.IOException) and re.search(
        r"No space left|[Cc]ould not write|File too large", text
    ):
        return store.disk_error(OSError(text), path)
    for pattern, words in READING:
        if found := re.search(pattern, text, re.DOTALL):
            return DataError(f"{path}: {words.format(*found.groups(), encoding=encoding)}")
    return DataError(f"{path} cannot be read: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    first = str(error).strip().splitlines()[0]
    return first[:1].lower() + first[1:].rstrip(".")

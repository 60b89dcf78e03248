"""The rows of a list and the files they are written to, block by block."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Protocol

from recx import store
from recx.errors import UsageError, did_you_mean

COLUMNS = ("user", "rank", "item", "score", "answered_by")


@dataclass(frozen=True)
class Why:
    """One reason, in words of the data set."""

    kind: str  # base, feature group, item, user, term, forecast ...
    what: str
    value: float  # what it adds to the score of the one who gives the reason
    by: str  # the model that gives it


@dataclass(frozen=True)
class Line:
    """One recommendation."""

    user: str
    rank: int  # from 1
    item: str
    score: float
    answered_by: str  # the run's model, or popularity for users it does not know
    why: tuple[Why, ...] = ()


class Writer(Protocol):
    """Takes lines until it is closed."""

    def write(self, lines: list[Line]) -> None:
        """Add ``lines``."""

    def close(self) -> None:
        """Nothing comes any more."""


class Csv:
    """One row a line; the reasons in one column, as kind what value."""

    def __init__(self, file: IO[bytes], explain: bool) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self.explain = explain
        self.rows = csv.writer(self.text, lineterminator="\n")
        self.rows.writerow([*COLUMNS, "why"] if explain else COLUMNS)

    def write(self, lines: list[Line]) -> None:
        for line in lines:
            row = [line.user, line.rank, line.item, f"{line.score:.6g}", line.answered_by]
            why = "; ".join(f"{w.by}: {w.kind} {w.what} {w.value:+.3g}" for w in line.why)
            self.rows.writerow([*row, why] if self.explain else row)

    def close(self) -> None:
        self.text.flush()


class JsonLines:
    """One object a user, with its items."""

    def __init__(self, file: IO[bytes], explain: bool) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8")
        self.explain = explain

    def write(self, lines: list[Line]) -> None:
        by_user: dict[str, list[Line]] = {}
        for line in lines:
            by_user.setdefault(line.user, []).append(line)
        for user, own in by_user.items():
            items = []
            for line in own:
                item: dict[str, object] = {"item": line.item, "score": round(line.score, 6)}
                if self.explain:
                    item["why"] = [asdict(why) for why in line.why]
                items.append(item)
            told = {"user": user, "answered_by": own[0].answered_by, "items": items}
            self.text.write(json.dumps(told, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self.text.flush()


class Parquet:
    """One row a line; the reasons as a list of records."""

    def __init__(self, file: IO[bytes], explain: bool) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text, number = pa.string(), pa.float32()
        columns = [(name, text) for name in COLUMNS]
        columns[1], columns[3] = ("rank", pa.int32()), ("score", number)
        why = pa.struct([("kind", text), ("what", text), ("value", number), ("by", text)])
        self.schema = pa.schema([*columns, ("why", pa.list_(why))] if explain else columns)
        self.rows = pq.ParquetWriter(file, self.schema, compression="zstd")

    def write(self, lines: list[Line]) -> None:
        import pyarrow as pa

        rows = [asdict(line) for line in lines]
        names = self.schema.names
        self.rows.write_table(
            pa.Table.from_pylist([{name: row[name] for name in names} for row in rows], self.schema)
        )

    def close(self) -> None:
        self.rows.close()


WRITERS: dict[str, type[Csv] | type[JsonLines] | type[Parquet]] = {
    ".csv": Csv,
    ".jsonl": JsonLines,
    ".parquet": Parquet,
}
"""Ending -> how such a file is written."""


def check_ending(path: Path) -> None:
    """UsageError where nothing is known to write such a file."""
    if path.suffix not in WRITERS:
        raise UsageError(f"out={path}: nothing writes '{path.suffix}'{did_you_mean(path.suffix, WRITERS)}")


@contextmanager
def writer(path: Path, explain: bool) -> Iterator[Writer]:
    """A writer of ``path``, which appears whole or not at all."""
    with store.atomic_write(path) as temporary, open(temporary, "wb") as file:
        opened = WRITERS[path.suffix](file, explain)
        try:
            yield opened
        finally:
            opened.close()

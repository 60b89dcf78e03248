"""Lists of a block of users and the files they are written to, block by block."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from recx import store
from recx.data import Rankings
from recx.errors import UsageError, did_you_mean

COLUMNS = ("user", "rank", "item", "score", "answered_by", "link")
ROW_GROUP = 1 << 17
"""Lines of a parquet row group."""


@dataclass(frozen=True)
class Why:
    """One reason, in words of the data set."""

    kind: str  # base, features, rest, item, user, term, forecast ...
    what: str
    value: float  # what it adds to the score of the one who gives the reason
    by: str  # who gives it: the run, or one of its bases


Reasons = Sequence[Sequence[Sequence[Why]]]
"""Per user and rank."""


@dataclass(frozen=True, eq=False)
class Lists:
    """What some users are recommended, and who says so."""

    users: Sequence[str]  # (n,)
    rankings: Rankings  # (n, k)
    answered_by: Sequence[str]  # (n,) the run, one of its bases, or popularity
    links: Sequence[str]  # (n,) which link of the chain that was: see recx.recommend.asked
    why: Reasons | None
    missed: Mapping[str, int] = field(default_factory=dict)  # what a floor is about -> lists below it


class Writer(Protocol):
    """Takes lists until it is closed."""

    def write(self, lists: Lists) -> int:
        """Add ``lists``; returns how many lines they are."""

    def close(self) -> None:
        """Nothing comes any more."""


class Csv:
    """One row a line; the reasons in one column, as by: kind what value."""

    def __init__(self, file: IO[bytes], items: Sequence[str], explain: bool) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self.items = items
        self.rows = csv.writer(self.text, lineterminator="\n")
        self.rows.writerow([*COLUMNS, "why"] if explain else COLUMNS)

    def write(self, lists: Lists) -> int:
        """Add ``lists``."""
        found = []
        for row, rank, item, score in _lines(lists.rankings):
            line = [lists.users[row], rank + 1, self.items[item], f"{score:.6g}"]
            line += [lists.answered_by[row], lists.links[row]]
            if lists.why is not None:
                reasons = lists.why[row][rank]
                line.append("; ".join(f"{w.by}: {w.kind} {w.what} {w.value:+.3g}" for w in reasons))
            found.append(line)
        self.rows.writerows(found)
        return len(found)

    def close(self) -> None:
        """Hand over what is left."""
        self.text.flush()


class JsonLines:
    """One object a user, with its items."""

    def __init__(self, file: IO[bytes], items: Sequence[str], explain: bool) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8")
        self.items = items

    def write(self, lists: Lists) -> int:
        """Add ``lists``."""
        told: list[dict[str, Any]] = [
            {"user": user, "answered_by": by, "link": link, "items": []}
            for user, by, link in zip(lists.users, lists.answered_by, lists.links, strict=True)
        ]
        lines = 0
        for row, rank, item, score in _lines(lists.rankings):
            one: dict[str, object] = {"item": self.items[item], "score": float(f"{score:.6g}")}
            if lists.why is not None:
                reasons = lists.why[row][rank]
                one["why"] = [asdict(why) | {"value": float(f"{why.value:.6g}")} for why in reasons]
            told[row]["items"].append(one)
            lines += 1
        self.text.writelines(json.dumps(user, ensure_ascii=False) + "\n" for user in told)
        return lines

    def close(self) -> None:
        """Hand over what is left."""
        self.text.flush()


class Parquet:
    """One row a line; the reasons as a list of records."""

    def __init__(self, file: IO[bytes], items: Sequence[str], explain: bool) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text = pa.string()
        kinds = {"rank": pa.int32(), "score": pa.float32()}
        columns = [(name, kinds.get(name, text)) for name in COLUMNS]
        why = pa.struct([("kind", text), ("what", text), ("value", pa.float32()), ("by", text)])
        self.schema = pa.schema([*columns, ("why", pa.list_(why))] if explain else columns)
        self.rows = pq.ParquetWriter(file, self.schema, compression="zstd")
        self.items = pa.array(items, text)
        self.waiting: list[Any] = []

    def write(self, lists: Lists) -> int:
        """Add ``lists``."""
        import pyarrow as pa

        listed = lists.rankings.items >= 0
        rows, ranks = np.nonzero(listed)
        at = pa.array(rows)
        columns = [
            pa.array(lists.users, pa.string()).take(at),
            pa.array((ranks + 1).astype(np.int32)),
            self.items.take(pa.array(lists.rankings.items[listed])),
            pa.array(lists.rankings.scores[listed]),
            pa.array(lists.answered_by, pa.string()).take(at),
            pa.array(lists.links, pa.string()).take(at),
        ]
        if lists.why is not None:
            reasons = [
                [asdict(why) for why in lists.why[row][rank]]
                for row, rank in zip(rows.tolist(), ranks.tolist(), strict=True)
            ]
            columns.append(pa.array(reasons, self.schema.field("why").type))
        self.waiting.append(pa.table(columns, self.schema))
        if sum(map(len, self.waiting)) >= ROW_GROUP:
            self._flush()
        return len(rows)

    def close(self) -> None:
        """Write what waits, and the footer."""
        self._flush()
        self.rows.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self.waiting:
            table = pa.concat_tables(self.waiting)
            self.rows.write_table(table, row_group_size=len(table) or 1)
        self.waiting = []


WRITERS: dict[str, type[Csv] | type[JsonLines] | type[Parquet]] = {
    ".csv": Csv,
    ".jsonl": JsonLines,
    ".parquet": Parquet,
}
"""Ending -> how such a file is written."""


def check_out(path: Path) -> None:
    """UsageError where nothing is known to write such a file, or it is a folder."""
    if path.suffix not in WRITERS:
        raise UsageError(f"out={path}: nothing writes '{path.suffix}'{did_you_mean(path.suffix, WRITERS)}")
    if path.is_dir():
        raise UsageError(f"out={path} is a folder; name a file")


@contextmanager
def writer(path: Path, items: Sequence[str], explain: bool) -> Iterator[Writer]:
    """A writer of ``path``, which appears whole or not at all; ``items`` are the items' ids."""
    with store.atomic_write(path) as temporary, open(temporary, "wb") as file:
        opened = WRITERS[path.suffix](file, items, explain)
        try:
            yield opened
        finally:
            opened.close()


def _lines(rankings: Rankings) -> Iterator[tuple[int, int, int, float]]:
    """Row, rank from 0, item and score of what is listed."""
    listed = rankings.items >= 0
    rows, ranks = np.nonzero(listed)
    items, scores = rankings.items[listed], rankings.scores[listed]
    return zip(rows.tolist(), ranks.tolist(), items.tolist(), scores.tolist(), strict=True)

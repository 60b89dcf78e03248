"""A prepared data set as serving reads it: the items at once, users and their histories block by block."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from recx.arrays import Bool, Int32, Int64
from recx.data import FIT, HISTORY, TARGET, Histories, IdMap
from recx.prepare import stored

READ_AT_ONCE = 65_536
"""Ids that are read together."""
ROW = ("item", "value", "time", "event")


class KeyedRows:
    """A parquet file whose rows ascend by a column: the rows of some keys are read without the others."""

    def __init__(self, path: Path, key: str, role: str | None = None) -> None:
        self.path, self.key, self.role = path, key, role
        file = self._open()
        names = file.schema_arrow.names
        at = names.index(key)
        self.columns = [key, *(name for name in ROW if name in names), *([role] if role else [])]
        groups = [
            file.metadata.row_group(number).column(at).statistics for number in range(file.num_row_groups)
        ]
        # without statistics a group may hold anything
        self.ends = [(s.min, s.max) if s is not None and s.has_min_max else None for s in groups]
        self.n_rows: int = file.metadata.num_rows

    def histories(self, keys: Sequence[Any], bits: int = 0) -> Histories:
        """One history per key, which ascend; ``bits`` given, of the rows whose role has one of them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        file = self._open()
        wanted = pa.array(keys, file.schema_arrow.field(self.key).type)
        found = []
        for number, ends in enumerate(self.ends):
            if ends and bisect_left(keys, ends[0]) >= bisect_right(keys, ends[1]):
                continue
            table = file.read_row_group(number, self.columns)
            row = pc.index_in(table[self.key], value_set=wanted)
            keep = pc.is_valid(row)
            if bits and self.role:
                keep = pc.and_(
                    keep, pc.greater(pc.bit_wise_and(table[self.role], pa.scalar(bits, pa.uint8())), 0)
                )
            found.append(table.select(self.columns[1:]).append_column("row", row).filter(keep))
        if not found:
            found = [
                file.schema_arrow.empty_table()
                .select(self.columns[1:])
                .append_column("row", pa.array([], pa.int32()))
            ]
        table = pa.concat_tables(found)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        indptr = np.zeros(len(keys) + 1, dtype=np.int64)
        np.cumsum(np.bincount(columns["row"], minlength=len(keys)), out=indptr[1:])
        return Histories(
            indptr,
            columns["item"].astype(np.int32),
            columns["value"].astype(np.float32),
            columns["time"].astype(np.int64) if "time" in columns else None,
            columns["event"].astype(np.int8) if "event" in columns else None,
        )

    def batches(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Some columns of all rows, block by block, as arrays."""
        for batch in self._open().iter_batches(READ_AT_ONCE, columns=list(columns)):
            yield {name: batch.column(name).to_numpy(zero_copy_only=False) for name in columns}

    def _open(self) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path)


@dataclass(frozen=True, eq=False)
class ServedSet:
    """What serving needs of a prepared data set. Nothing held grows with its users or its rows."""

    folder: Path
    header: Mapping[str, Any]
    items: IdMap
    available_from: Int64 | None  # (n_items,) unix seconds

    @staticmethod
    def open(folder: Path) -> ServedSet:
        """The data set in ``folder``; DataError where a file is missing or not what was written."""
        header = stored.facts(folder)
        stored.check(folder, header)
        items = stored.read(folder / stored.ITEMS, ("id", stored.AVAILABLE))
        return ServedSet(
            folder, header, IdMap([str(name) for name in items["id"]]), items.get(stored.AVAILABLE)
        )

    @property
    def fingerprint(self) -> str:
        """Of the data set."""
        return str(self.header["fingerprint"])

    @property
    def n_users(self) -> int:
        """Users of the id space."""
        return int(self.header["users"])

    @property
    def n_items(self) -> int:
        """Items of the id space."""
        return len(self.items)

    @property
    def event_names(self) -> tuple[str, ...]:
        """What the numbers of event kinds mean."""
        return tuple(self.header["event_names"])

    @cached_property
    def log(self) -> KeyedRows:
        """The rows, by user, with their role in the final fold."""
        return KeyedRows(self.folder / stored.INTERACTIONS, "user", stored.FOLD + "final")

    @property
    def dated(self) -> bool:
        """Whether the log has dates."""
        return "time" in self.log.columns

    @property
    def known_at(self) -> int | None:
        """Unix seconds of the cut before test."""
        cut: int | None = self.header["folds"][-1]["known_at"]
        return cut

    @cached_property
    def newest(self) -> int:
        """Unix seconds of the last event of a dated log."""
        return max(int(batch["time"].max()) for batch in self.log.batches(["time"]))

    @property
    def ends_at(self) -> int | None:
        """Unix seconds after everything in the log; None where it has no dates, or no cut in time."""
        if self.known_at is None or not self.dated:
            return None
        return max(self.known_at, self.newest + 1)

    def sold(self) -> Bool:
        """Which items stand in what the final fit has learnt: (n_items,)."""
        found = np.zeros(self.n_items, dtype=np.bool_)
        role = self.log.role or ""
        for batch in self.log.batches(["item", role]):
            found[batch["item"][(batch[role] & FIT) > 0]] = True
        return found

    def histories(self, users: Int32, whole: bool) -> Histories:
        """What ``users`` (n,) have done, in their order, -1 nothing; ``whole``: test's rows too."""
        bits = HISTORY | TARGET if whole else HISTORY
        return gather(self.log, users, bits)

    def all_users(self, size: int) -> Iterator[list[str]]:
        """The ids of every user in blocks of ``size``, in the order of their numbers."""
        for batch in self._ids(size):
            yield batch.to_pylist()

    def numbers(self, names: Sequence[str]) -> Int32:
        """The numbers of some users; -1 where an id is unknown: (n,)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(names, pa.string())
        found = np.full(len(names), -1, dtype=np.int32)
        start = 0
        for batch in self._ids(READ_AT_ONCE):
            at = pc.fill_null(pc.index_in(wanted, value_set=batch), -1).to_numpy(zero_copy_only=False)
            found[at >= 0] = at[at >= 0] + start
            start += len(batch)
        return found

    @cached_property
    def user_names(self) -> Any:
        """Every user's id, as an Arrow array; only reasons that name other users need it."""
        import pyarrow.parquet as pq

        return pq.read_table(self.folder / stored.USERS, columns=["id"])["id"]

    def _ids(self, size: int) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(self.folder / stored.USERS).iter_batches(size, columns=["id"]):
            yield batch.column(0).cast(pa.string())


def gather(rows: KeyedRows, users: Int32, bits: int = 0) -> Histories:
    """The histories of ``users`` (n,), in their order, out of rows keyed by number; -1 has none."""
    known, place = np.unique(users, return_inverse=True)
    strangers = int((known < 0).sum())  # they sort first
    found = rows.histories(known[strangers:].tolist(), bits)
    if not strangers:
        return found.take(place)
    # an empty row for all of them
    indptr = np.append(found.indptr, found.indptr[-1])
    padded = Histories(indptr, found.items, found.values, found.times, found.events)
    return padded.take(np.where(users < 0, len(known) - strangers, place - strangers))

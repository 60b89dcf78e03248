"""A prepared data set as it lies on disk, in blocks of whole users, without trust in its checksums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recx import store
from recx.arrays import Bool, Int8, Int32, Int64
from recx.data.split import FIT, HISTORY, TARGET, Roles
from recx.errors import DataError, UsageError
from recx.prepare import stored

LEARNT = FIT | HISTORY
BLOCK = 1 << 20
"""Rows that are held at a time, but for users with more."""
FINAL, SELECT = "final", "select"

Column = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of whole users, as they follow each other in interactions.parquet."""

    numbers: Int64  # (n,) which rows of the file they are
    columns: Mapping[str, Column]  # as the file names them, (n,) each

    def __len__(self) -> int:
        return len(self.users)

    @property
    def users(self) -> Int32:
        """Numbers of the users, ascending."""  # (n,)
        return self.columns["user"]

    @property
    def items(self) -> Int32:
        """Numbers of the items."""  # (n,)
        return self.columns["item"]

    @property
    def times(self) -> Int64:
        """Unix seconds."""  # (n,)
        return self.columns["time"]

    @property
    def events(self) -> Int8 | None:
        """Kinds of events."""  # (n,)
        return self.columns.get("event")

    def roles(self, fold: str) -> Roles:
        """What each row may be used for."""  # (n,)
        return self.columns[stored.FOLD + fold]

    def learnt(self, fold: str) -> Bool:
        """Rows that are learnt or given as input, and not asked for."""  # (n,)
        roles = self.roles(fold)
        return np.asarray(((roles & LEARNT) > 0) & ((roles & TARGET) == 0))

    def asked(self, fold: str) -> Bool:
        """Rows that are to be found."""  # (n,)
        return (self.roles(fold) & TARGET) > 0

    @cached_property
    def bounds(self) -> Int64:
        """Where each user's rows begin."""  # (users,)
        return (
            np.flatnonzero(np.append(True, np.diff(self.users) != 0)) if len(self) else np.zeros(0, np.int64)
        )

    @cached_property
    def row_user(self) -> Int64:
        """The place of each row's user in ``bounds``."""  # (n,)
        return np.repeat(np.arange(len(self.bounds)), np.diff(np.append(self.bounds, len(self))))


class Folder:
    """The files of a prepared data set."""

    signed = stored.HEADER

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(f"data={folder}: no such folder; recx datasets lists what is prepared")
        if (folder / store.MANIFEST).is_file() and not (folder / stored.HEADER).is_file():
            raise UsageError(f"data={folder} is a run; recx audit run={folder}")
        self.folder = folder
        self.header = stored.facts(folder)
        try:
            self.name = str(self.header["name"])
            self.n_users, self.n_items = int(self.header["users"]), int(self.header["items"])
            self.method = str(self.header["split"])
            self.repeats = bool(self.header["repeats"])
            self.order = str(self.header["order"])
            self.known_at: dict[str, int | None] = {
                fold["name"]: fold["known_at"] for fold in self.header["folds"]
            }
            self.settings: dict[str, Any] = self.header["settings"]
            self.paid = list(self.header["paid"])
        except (KeyError, TypeError) as error:
            raise DataError(
                f"{folder / stored.HEADER} says nothing of {error}: another recx has written it; "
                "prepare it again"
            ) from error
        self.present = self._columns()

    @property
    def folds(self) -> list[str]:
        """Names of the folds: select, the windows, final."""
        return list(self.known_at)

    @property
    def windows(self) -> list[str]:
        """Names of the windows."""
        return [name for name in self.folds if name not in (SELECT, FINAL)]

    @property
    def dated(self) -> bool:
        """Whether rows have times."""
        return "time" in self.present

    @property
    def extras(self) -> list[str]:
        """Further numbers of every row."""
        return [name for name in self.present if name not in stored.ROW and not name.startswith(stored.FOLD)]

    def blocks(self, *columns: str) -> Iterator[Block]:
        """Rows with user, item, the roles in every fold, and ``columns`` as far as they are there."""
        wanted = ["user", "item", *columns, *(stored.FOLD + fold for fold in self.folds)]
        wanted = [name for name in dict.fromkeys(wanted) if name in self.present]
        if not self.grouped:
            yield self._sorted(wanted)
            return
        start, left = 0, dict[str, Column]()
        for read in self._batches(wanted):
            held = {name: np.concatenate([left[name], read[name]]) for name in wanted} if left else read
            # the last user may go on in the next batch
            end = int(np.searchsorted(held["user"], held["user"][-1]))
            left = {name: column[end:] for name, column in held.items()}
            if end:
                yield Block(
                    np.arange(start, start + end), {name: column[:end] for name, column in held.items()}
                )
            start += end
        if left:
            yield Block(np.arange(start, start + len(left["user"])), left)

    @cached_property
    def grouped(self) -> bool:
        """Whether each user's rows lie together; where somebody has added rows they may not."""
        last = -1
        for read in self._batches(["user"]):
            users = read["user"]
            if users[0] < last or np.any(users[1:] < users[:-1]):
                return False
            last = int(users[-1])
        return True

    def _batches(self, wanted: list[str]) -> Iterator[dict[str, Column]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / stored.INTERACTIONS
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(BLOCK, columns=wanted):
                    if len(batch):
                        yield {name: batch[name].to_numpy(zero_copy_only=False) for name in wanted}
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} is damaged ({error}); prepare the data set again") from error

    def _sorted(self, wanted: list[str]) -> Block:
        """All rows, users together, each user's oldest first."""
        with_time = [*wanted, "time"] if self.dated and "time" not in wanted else wanted
        parts = list(self._batches(with_time))
        rows = {name: np.concatenate([part[name] for part in parts]) for name in with_time}
        keys = (rows["time"], rows["user"]) if self.dated else (rows["user"],)
        order = np.lexsort(keys)
        return Block(order, {name: rows[name][order] for name in wanted})

    @cached_property
    def items(self) -> dict[str, Column]:
        """Columns of items.parquet: id, features, available_from."""
        return stored.read(self.folder / stored.ITEMS)

    @cached_property
    def users(self) -> dict[str, Column]:
        """Columns of users.parquet: id and features."""
        return stored.read(self.folder / stored.USERS)

    def changed(self) -> list[str]:
        """Files that are not what was written."""
        written = self.header.get("files", {})
        return [
            name
            for name in stored.files_of(self.header)
            if store.sha256(self.folder / name) != written.get(name)
        ]

    def _columns(self) -> list[str]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for name in stored.files_of(self.header):
            if not (self.folder / name).is_file():
                raise DataError(f"{self.folder / name} is missing; prepare the data set again")
        path = self.folder / stored.INTERACTIONS
        try:
            present = list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} is damaged ({error}); prepare the data set again") from error
        wanted = ["user", "item", "value", *(stored.FOLD + fold for fold in self.folds)]
        if missing := [name for name in wanted if name not in present]:
            raise DataError(f"{path} has no column '{missing[0]}'; prepare the data set again")
        return present

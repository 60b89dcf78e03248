"""Whom a run is asked about, block by block: who they are, what they have done, and when now is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recx.data import UserBatch
from recx.errors import DataError
from recx.prepare.arrivals import Arrivals
from recx.prepare.served import ServedSet

EVENTS_AT_ONCE = 1_000_000
"""Rows of histories that are held, about."""
USERS_AT_ONCE = 16_384
"""Users that are held, at most."""


@dataclass(frozen=True, eq=False)
class Asking:
    """The users asked about."""

    served: ServedSet
    new: Arrivals | None
    asked: Sequence[str]  # ids, or one file that names them; empty: everyone
    whole: bool  # test's part of the log is known, too

    @cached_property
    def at(self) -> int | None:
        """The moment of the question, unix seconds: after everything known. None where the data has none."""
        moment = self.served.ends_at if self.whole else self.served.known_at
        if moment is None or self.new is None or self.new.newest is None:
            return moment
        return max(moment, self.new.newest + 1)

    def blocks(self) -> Iterator[tuple[list[str], UserBatch]]:
        """Users with their histories; those outside the data set have number -1 and what is new of them."""
        for names in self._names():
            numbers = self.served.numbers(names)
            histories = self.served.histories(numbers, self.whole)
            if self.new:
                for later in self.new.histories(names, numbers):
                    histories = histories.followed_by(later)
            at = None if self.at is None else np.full(len(names), self.at, dtype=np.int64)
            yield names, UserBatch(numbers, histories, at)

    @property
    def _size(self) -> int:
        per_user = self.served.log.n_rows / max(1, self.served.n_users)
        return int(np.clip(EVENTS_AT_ONCE / max(per_user, 1.0), 512, USERS_AT_ONCE))

    def _names(self) -> Iterator[list[str]]:
        if not self.asked:
            yield from self.served.all_users(self._size)
            if self.new:
                yield from self.new.new_users(self._size)
            return
        names: Iterable[str] = self.asked
        if len(self.asked) == 1 and Path(self.asked[0]).is_file():
            names = _lines(Path(self.asked[0]))
        each = iter(names)
        seen = Seen()
        while block := list(islice(each, self._size)):
            if fresh := seen.first(block):
                yield fresh


class Seen:
    """Which names have come up before; eight bytes a name."""

    def __init__(self) -> None:
        self.hashes: npt.NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)

    def first(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that come for the first time, each once."""
        names = list(dict.fromkeys(names))
        digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
        hashes = np.frombuffer(digests, dtype=np.uint64)
        known = np.isin(hashes, self.hashes)
        self.hashes = np.union1d(self.hashes, hashes)
        return [name for name, old in zip(names, known, strict=True) if not old]


def _lines(path: Path) -> Iterator[str]:
    """The ids of a file, a line each; DataError where it names none or is no text."""
    found = False
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                name = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                text = line.strip().decode("utf-8", "backslashreplace")[:40]
                raise DataError(f"{path}: line {number} '{text}' is not UTF-8 text") from error
            if "\0" in name:
                raise DataError(f"{path}: line {number} is binary, not text; expected a user id a line")
            if name:
                found = True
                yield name
    if not found:
        raise DataError(f"{path} names no user")

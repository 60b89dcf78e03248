"""The names users and items have outside, and their numbers inside."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from recx.arrays import Int32


class IdMap:
    """External ids (text) by position; position is the number used in every array of a data set."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids: tuple[str, ...] = tuple(ids)
        if len(self._numbers) != len(self.ids):
            raise ValueError("ids are not unique")

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, number: int) -> str:
        return self.ids[number]

    def numbers(self, ids: Iterable[str]) -> Int32:
        """The numbers of ``ids``; -1 where an id is unknown."""
        return np.fromiter((self._numbers.get(name, -1) for name in ids), dtype=np.int32)

"""The contract of every fuser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from recx import store
from recx.arrays import Float32, Float64
from recx.errors import DataError
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.judge import Judge
from recx.fuse.surroundings import Feature
from recx.fuse.table import Rows, Table

C = TypeVar("C", bound=FuserConfig)


@dataclass(frozen=True, eq=False)
class Lesson:
    """How to learn: what counts as good, and the run's seed and machine."""

    judge: Judge
    seed: int
    threads: int
    dated: bool = False
    """All labels lie behind one moment: they are of the same weeks, and what sold in them is soon learnt."""
    crossed: bool = False
    """A fuser is judged on items it has not learnt: see recx.fuse.crossed."""
    depth: int = 0
    """How often the items have been dealt into parts already."""


@dataclass(frozen=True)
class Helper:
    """A training that a fuser needs besides its bases. It is fused, but is no entrant of its own."""

    label: str
    base: str  # label of the base whose settings it has
    after: str = ""  # label of the base or helper whose ratings it is added to
    after_lr: float = 1.0
    bootstrap: int = 0  # number of the sample of rows that it learns


@dataclass(frozen=True, eq=False)
class Parts:
    """What adds up to the scores of some rows."""

    columns: tuple[Feature, ...]  # whose part it is: a feature with its group, which may be a base
    values: Float64  # (rows, columns)
    bias: Float64  # (rows,) what belongs to no column

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns' groups, each once."""
        return tuple(dict.fromkeys(column.group for column in self.columns))

    @property
    def total(self) -> Float32:
        """The scores: (rows,)."""
        return np.asarray(self.values.sum(axis=1) + self.bias, dtype=np.float32)

    def by_group(self) -> Float64:
        """The parts added up: (rows, groups)."""
        of = np.array([self.groups.index(column.group) for column in self.columns])
        sums = [self.values[:, of == at].sum(axis=1) for at in range(len(self.groups))]
        return np.stack(sums, axis=1)

    def beside(self, other: Parts) -> Parts:
        """These and the other's: they add up to the sum of both scores."""
        values = np.column_stack([self.values, other.values])
        return Parts((*self.columns, *other.columns), values, self.bias + other.bias)

    @staticmethod
    def of_bases(labels: tuple[str, ...], values: npt.NDArray[np.floating[Any]]) -> Parts:
        """One part a base: (rows, bases)."""
        columns = tuple(Feature(f"{label}.score", label) for label in labels)
        return Parts(columns, values.astype(np.float64), np.zeros(len(values)))


class Fuser(Generic[C]):
    """Learns from candidates whose outcome is known, then scores candidates of anyone.

    A subclass implements ``score``; ``fit``, ``arrays`` and ``restore`` where it learns; ``parts`` where its
    scores are sums.
    """

    learns: ClassVar[bool] = False
    """Must prove itself on users it has not seen."""
    ranks: ClassVar[bool] = True
    rates: ClassVar[bool] = False
    """Also fuses ratings."""
    pointwise: ClassVar[bool] = False
    """The score of a row and its parts need no other row of the user."""
    divisible: ClassVar[bool] = True
    """Can do without any of its bases, so that it can be asked what each is worth."""

    def __init__(self, config: C) -> None:
        self.config = config

    @classmethod
    def check_bases(cls, config: C, bases: Sequence[str]) -> None:
        """UsageError where these bases, by label, cannot be fused so; called before any is trained."""

    @classmethod
    def helpers(cls, config: C, bases: Sequence[str]) -> list[Helper]:
        """What must be trained besides these bases, in this order."""
        return []

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Learn from ``table``; ``held_out`` may say when to stop. Same input, same bytes."""
        return self

    def score(self, rows: Rows) -> Float32:
        """One number per row, higher is better; where the bases rate, a rating: (rows,)."""
        raise TypeError(f"{type(self).__name__} does not say how it scores")

    def parts(self, rows: Rows) -> Parts | None:
        """What adds up to ``score``; None where nothing does."""
        return None

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything ``restore`` needs, by name."""
        raise TypeError(f"{type(self).__name__} does not say what it learnt")

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        """Become the fuser whose ``arrays`` these are."""
        raise TypeError(f"{type(self).__name__} does not say how it is restored")

    def write(self, folder: Path, name: str) -> None:
        """Write what was learnt to files of ``folder`` that begin with ``name``; without learning, none."""
        if self.learns:
            store.write_arrays(folder / f"{name}.safetensors", self.arrays())

    def read(self, folder: Path, name: str, threads: int = 0) -> Self:
        """Become what was written; DataError where it is missing or damaged."""
        if self.learns:
            path = folder / f"{name}.safetensors"
            arrays = store.read_arrays(path)
            try:
                self.restore(arrays)
            except (KeyError, ValueError) as error:
                raise DataError(
                    f"{path} is no {self.config.name} of this recx ({error}); fuse again"
                ) from error
        return self

"""Who did what, when: the log as parallel arrays, and the same log seen as one history per user."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32, Int8, Int32, Int64

Order = Literal["time", "sequence", "none"]
Duplicates = Literal["sum", "last", "binary"]


@dataclass(frozen=True, eq=False)
class Histories:
    """One ragged row per user, oldest event first where the order is known."""

    indptr: Int64  # (n + 1,)
    items: Int32  # (events,)
    values: Float32  # (events,)
    times: Int64 | None = None  # (events,) unix seconds
    events: Int8 | None = None  # (events,) index into Dataset.event_names

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def lengths(self) -> Int64:
        """Events per row."""  # (n,)
        return np.diff(self.indptr)

    @cached_property
    def rows(self) -> Int32:
        """The row each event belongs to."""  # (events,)
        return np.repeat(np.arange(len(self), dtype=np.int32), self.lengths)

    @cached_property
    def ages(self) -> Int64:
        """Position of each event counted from its row's newest, which has age 0."""  # (events,)
        return self.indptr[1:][self.rows] - 1 - np.arange(len(self.items), dtype=np.int64)

    def take(self, rows: npt.NDArray[np.integer]) -> "Histories":
        """The histories of ``rows``, in that order."""
        lengths = self.lengths[rows]
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(lengths, out=indptr[1:])
        index = np.arange(indptr[-1]) + np.repeat(self.indptr[:-1][rows] - indptr[:-1], lengths)
        return Histories(
            indptr,
            self.items[index],
            self.values[index],
            None if self.times is None else self.times[index],
            None if self.events is None else self.events[index],
        )

    def followed_by(self, later: "Histories") -> "Histories":
        """Row by row these events and ``later`` ones: by date where both have dates, else ``later`` last.

        Raises ValueError for another number of rows, and where one side lacks dates or kinds of events that
        the other has.
        """
        if len(later) != len(self):
            raise ValueError(f"{len(self)} histories followed by {len(later)}")
        if not len(later.items):
            return self
        if not len(self.items):
            return later
        rows = np.concatenate([self.rows, later.rows])
        times = _joined(self.times, later.times, "dates")
        events = _joined(self.events, later.events, "kinds of events")
        # stable: of equal moments those of self come first
        order = np.argsort(rows, kind="stable") if times is None else np.lexsort((times, rows))
        return Histories(
            self.indptr + later.indptr,
            np.concatenate([self.items, later.items])[order],
            np.concatenate([self.values, later.values])[order],
            None if times is None else times[order],
            None if events is None else events[order],
        )

    def sets(self, n_items: int) -> tuple[Int64, Int32]:
        """The distinct items of every row, ascending: indptr (n + 1,), items."""
        from recx.kernels.incidence import by_column

        # listed by item, then by row again: both steps keep the order they find
        indptr, items = by_column(*by_column(self.indptr, self.items, n_items), len(self))
        return indptr, items

    def matrix(
        self, n_items: int, weights: Float32 | None = None, duplicates: Duplicates = "sum"
    ) -> csr_array:
        """Rows x items; an item met twice in a row is merged by ``duplicates``. ``weights`` replaces the
        values.
        """
        from recx.kernels.incidence import values_by_column

        shape = (len(self), n_items)
        if duplicates == "binary":
            indptr, items = self.sets(n_items)
            return _canonical(np.ones(len(items), dtype=np.float32), items, indptr, shape)
        values = self.values if weights is None else weights
        # as in ``sets``
        by_item = values_by_column(self.indptr, self.items, values, n_items, duplicates == "last")
        indptr, items, merged = values_by_column(*by_item, len(self), False)
        return _canonical(merged, items, indptr, shape)


@dataclass(frozen=True, eq=False)
class Interactions:
    """The log. Rows are grouped by user; within a user they run from oldest to newest where ``order`` says
    so.

    Nothing sequential may be read out of the row order when ``order`` is "none".
    """

    users: Int32  # (n,)
    items: Int32  # (n,)
    values: Float32  # (n,) rating, or weight of the event
    n_users: int
    n_items: int
    times: Int64 | None = None  # (n,) unix seconds
    events: Int8 | None = None  # (n,) index into Dataset.event_names
    order: Order = "none"
    columns: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    """Further columns by name, such as quantity or price: (n,) each."""

    def __post_init__(self) -> None:
        n = len(self.users)
        extras = [self.items, self.values, *self.columns.values()]
        extras += [column for column in (self.times, self.events) if column is not None]
        if any(len(column) != n for column in extras):
            raise ValueError("columns of unequal length")
        if n and (self.users[0] < 0 or self.users[-1] >= self.n_users or np.any(np.diff(self.users) < 0)):
            raise ValueError("users must be grouped in ascending order and lie in [0, n_users)")
        if n and (self.items.min() < 0 or self.items.max() >= self.n_items):
            raise ValueError("items must lie in [0, n_items)")
        if not np.all(np.isfinite(self.values)):
            raise ValueError("values must be finite")

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Bool | npt.NDArray[np.integer]) -> "Interactions":
        """The rows of a mask, or of ascending indices."""
        return Interactions(
            self.users[rows],
            self.items[rows],
            self.values[rows],
            self.n_users,
            self.n_items,
            None if self.times is None else self.times[rows],
            None if self.events is None else self.events[rows],
            self.order,
            {name: column[rows] for name, column in self.columns.items()},
        )

    def merged(self, later: "Interactions") -> "Interactions":
        """These rows and ``later`` ones of the same id space, each user's from oldest to newest.

        Further columns are left behind.
        """
        users = np.concatenate([self.users, later.users])
        dated = self.times is not None and later.times is not None
        times = np.concatenate([self.times, later.times]) if dated else None
        # a stable sort keeps what is not dated in the order given
        order = np.argsort(users, kind="stable") if times is None else np.lexsort((times, users))
        both = self.events is not None and later.events is not None
        events = np.concatenate([self.events, later.events]) if both else None
        return Interactions(
            users[order],
            np.concatenate([self.items, later.items])[order],
            np.concatenate([self.values, later.values])[order],
            self.n_users,
            self.n_items,
            None if times is None else times[order],
            None if events is None else events[order],
            self.order,
        )

    def matrix(self, duplicates: Duplicates = "sum") -> csr_array:
        """Users x items. ``sum`` adds the values of repeats, ``last`` keeps the newest, ``binary`` holds
        ones.
        """
        return self.histories().matrix(self.n_items, duplicates=duplicates)

    def histories(self) -> Histories:
        """One history per user of the id space, empty for users without a row."""
        return self._histories

    @cached_property
    def _histories(self) -> Histories:
        indptr = np.zeros(self.n_users + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.users, minlength=self.n_users), out=indptr[1:])
        return Histories(indptr, self.items, self.values, self.times, self.events)

    @cached_property
    def active_users(self) -> Int32:
        """Users with at least one row, ascending."""
        return np.unique(self.users)

    @cached_property
    def item_counts(self) -> Int64:
        """Rows per item."""  # (n_items,)
        return np.bincount(self.items, minlength=self.n_items)


T = TypeVar("T", bound=np.generic)


def _joined(first: npt.NDArray[T] | None, later: npt.NDArray[T] | None, what: str) -> npt.NDArray[T] | None:
    if (first is None) != (later is None):
        raise ValueError(f"only one of two histories has {what}")
    return None if first is None or later is None else np.concatenate([first, later])


def _canonical(values: Float32, items: Int32, indptr: Int64, shape: tuple[int, int]) -> csr_array:
    """A csr_array of rows that are known to ascend without repeats."""
    matrix = csr_array((values, items, indptr), shape=shape)
    matrix.has_canonical_format = True
    return matrix

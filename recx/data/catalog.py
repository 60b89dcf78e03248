"""What is known about items and users besides the log."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Int32, Int64
from recx.data.interactions import Interactions

Column = npt.NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Catalog:
    """Columns by name, all optional: float32 for numbers, str objects for categories and texts ("" where
    missing).
    """

    items: Mapping[str, Column] = field(default_factory=dict)  # name -> (n_items,)
    users: Mapping[str, Column] = field(default_factory=dict)  # name -> (n_users,)
    available_from: Int64 | None = None  # (n_items,) unix seconds from which an item can be recommended
    item_ids: Sequence[str] = ()  # (n_items,) names outside, for files that speak of items by name
    paid: Sequence[str] = ()
    """Columns of ``items`` that are medians over the log's rows: here over all that is known before test."""
    complete: bool = True
    """Numbers have no holes: the median of all items stands where nothing is known."""

    def known_from(self, log: Interactions) -> Self:
        """What was known when there was no more than ``log``."""
        if not self.paid:
            return self
        columns = {name: medians(log.items, log.columns[name], log.n_items) for name in self.paid}
        if self.complete:
            columns = {name: without_holes(column) for name, column in columns.items()}
        return replace(self, items={**self.items, **columns})

    @cached_property
    def fingerprint(self) -> str:
        """Of what is known about items and users: 16 hex digits."""
        digest = hashlib.sha256()
        for name, column in (*self.items.items(), *self.users.items()):
            words = column.dtype.kind not in "fiub"
            content = (
                json.dumps(column.tolist()).encode() if words else np.ascontiguousarray(column).tobytes()
            )
            digest.update(f"{name} {len(content)} ".encode() + content)
        return digest.hexdigest()[:16]


def medians(groups: Int32, values: npt.NDArray[np.generic], n: int) -> Float32:
    """Median of ``values`` per group, NaN for groups without a row: (n,)."""
    order = np.lexsort((values, groups))
    counts = np.bincount(groups, minlength=n)
    starts = np.cumsum(counts) - counts
    found = np.full(n, np.nan, dtype=np.float32)
    some = counts > 0
    low, high = (starts + (counts - 1) // 2)[some], (starts + counts // 2)[some]
    ordered = values[order].astype(np.float32)
    found[some] = (ordered[low] + ordered[high]) / 2
    return found


def without_holes(values: Float32) -> Float32:
    """The median of the known values in place of NaN; 0 where none is known: (n,)."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    middle = 0 if missing.all() else np.median(values[~missing])
    return np.where(missing, middle, values).astype(np.float32)

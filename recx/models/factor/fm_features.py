"""Features of users and items for the factorisation machine: one-hot columns in named groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array, hstack

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Histories, Interactions
from recx.data.catalog import Column

DAY = 86_400
BINS = 10
"""Numbers are cut into so many parts of equal size."""
SEPARATOR = "|"
"""Stands between the values of a column that holds several."""


@dataclass(frozen=True, eq=False)
class Block:
    """Features of one side of a rating: its rows are users, items or days."""

    matrix: csr_array  # (rows, features)
    groups: tuple[int, ...]  # features per group, in order; a group shares a prior

    @staticmethod
    def of(*parts: csr_array) -> Block:
        """The parts side by side, each a group."""
        filled = [part for part in parts if part.shape[1]]
        return Block(csr_array(hstack(filled, format="csr")), tuple(part.shape[1] for part in filled))

    def used(self, rows: Int32) -> Bool:
        """Which features the ``rows`` have: (features,)."""
        return np.asarray(
            np.bincount(self.matrix[np.unique(rows)].indices, minlength=self.matrix.shape[1]) > 0
        )


def identity(n: int) -> csr_array:
    """One feature per row."""
    return csr_array(eye_array(n, format="csr"))


def described(columns: Mapping[str, Column], n: int) -> list[csr_array]:
    """Every column one-hot, those left out that tell nothing: (n, values) each.

    Numbers are cut at their quantiles. A value counts where two rows or more have it; a column most of whose
    values are of one row only (a title, an id) is left out. Rows with several values share 1 / sqrt(k).
    """
    parts = []
    for column in columns.values():
        rows, values = _cut(column) if column.dtype.kind in "fiub" else _words(column)
        _, value, counts = np.unique(values, return_inverse=True, return_counts=True)
        shared = counts > 1
        if len(values) and 2 * np.count_nonzero(shared[value]) >= len(values):
            number = np.cumsum(shared) - 1
            kept = shared[value]
            parts.append(_normalised(rows[kept], number[value[kept]], (n, int(shared.sum()))))
    return parts


def _cut(column: Column) -> tuple[Int64, Int64]:
    rows = np.flatnonzero(~np.isnan(column.astype(np.float64)))
    known = column[rows].astype(np.float64)
    if len(np.unique(known)) <= BINS:
        return rows, np.unique(known, return_inverse=True)[1]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS))
    return rows, np.searchsorted(edges, known, side="right")


def _words(column: Column) -> tuple[Int64, Column]:
    split = [[word for word in str(text).split(SEPARATOR) if word] for text in column]
    rows = np.repeat(np.arange(len(split)), [len(words) for words in split])
    return rows, np.array([word for words in split for word in words], dtype=object)


def met(histories: Histories, n_items: int) -> csr_array:
    """What every row has met, 1 / sqrt(k) for each of its k items (Koren 2008, SVD++): (rows, n_items)."""
    return _scaled(histories.matrix(n_items, duplicates="binary"))


def raters(log: Interactions) -> csr_array:
    """Who has met every item, 1 / sqrt(k) for each of its k users: (n_items, n_users)."""
    return _scaled(csr_array(log.matrix("binary").T.tocsr()))


def days(times: Int64, known: Int64) -> Int32:
    """Where every moment's day (UTC) stands among the ``known``, behind them all if it does not: (n,)."""
    day = times // DAY
    place = np.searchsorted(known, day)
    found = known[np.minimum(place, len(known) - 1)] == day if len(known) else np.zeros(len(day), bool)
    return np.where(found, place, len(known)).astype(np.int32)


def _normalised(rows: Int64, columns: Int64, shape: tuple[int, int]) -> csr_array:
    matrix = csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return _scaled(matrix)


def _scaled(matrix: csr_array) -> csr_array:
    counts = np.diff(matrix.indptr)
    scale: Float32 = (1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
    return csr_array(diags_array(scale) @ matrix)

"""Features as numbers that may be added up: for fusers that weigh them instead of cutting at thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Float64, Int32
from recx.errors import DataError
from recx.fuse.table import Rows
from recx.fuse.vectors import VECTORS

VALUE, MISSING = -2, -1
"""Kinds of a column; from 0 on it tells whether a categorical feature has that code."""
SPREAD = 1e-6


@dataclass(frozen=True, eq=False)
class Design:
    """How features become columns of mean 0 and standard deviation 1.

    What is no score of a base, rating or vector is taken by sign(x) log(1 + |x|): counts, days and ranks have
    long tails. A feature that was ever missing has a second column that says so, and 0 where it is. A
    category has a column a code.
    """

    source: Int32  # (columns,) feature of each column
    kind: Int32  # (columns,) VALUE, MISSING or a code
    tailed: Bool  # (features,) whether the logarithm is taken
    mean: Float64  # (columns,)
    scale: Float64  # (columns,)

    @staticmethod
    def of(rows: Rows) -> Design:
        """What suits the features of a table."""
        source: list[int] = []
        kind: list[int] = []
        for at, feature in enumerate(rows.features):
            column = rows.values[:, at]
            if feature.categorical:
                codes = np.unique(column[~np.isnan(column)]).astype(int).tolist()
                source += [at] * len(codes)
                kind += codes
                continue
            missing = [MISSING] if np.isnan(column).any() else []
            source += [at] * (1 + len(missing))
            kind += [VALUE, *missing]
        said = {*rows.votes.labels, "agreement", VECTORS}
        tailed = np.array([f.group not in said or f.name.endswith(".rank") for f in rows.features], np.bool_)
        n = len(source)
        raw = Design(np.array(source, np.int32), np.array(kind, np.int32), tailed, np.zeros(n), np.ones(n))
        columns = raw._columns(rows)
        known = ~np.isnan(columns)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, columns, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (columns - mean) ** 2, 0.0).sum(axis=0) / count)
        return Design(raw.source, raw.kind, tailed, mean, np.where(spread > SPREAD, spread, 1.0))

    def matrix(self, rows: Rows) -> Float32:
        """The columns of some rows: (rows, columns)."""
        if len(self.tailed) != len(rows.features):
            raise DataError(f"{len(rows.features)} features, {len(self.tailed)} were learnt; fuse again")
        columns = (self._columns(rows) - self.mean) / self.scale
        return np.nan_to_num(columns, copy=False, nan=0.0).astype(np.float32)

    def by_feature(self, columns: Float64) -> Float64:
        """Columns (rows, columns) added up by the feature they come from: (rows, features)."""
        found = np.zeros((len(columns), len(self.tailed)))
        np.add.at(found.T, self.source, columns.T)
        return found

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything ``restored`` needs."""
        return {f"design.{name}": array for name, array in vars(self).items()}

    @staticmethod
    def restored(arrays: dict[str, npt.NDArray[np.generic]]) -> Design:
        """The design whose ``arrays`` these are."""
        names = Design.__dataclass_fields__
        return Design(**{name: arrays[f"design.{name}"] for name in names})  # type: ignore[arg-type]

    def _columns(self, rows: Rows) -> Float64:
        """Before they are scaled; what is missing stays NaN."""
        values = rows.values.astype(np.float64)
        values[:, self.tailed] = np.sign(values[:, self.tailed]) * np.log1p(np.abs(values[:, self.tailed]))
        found = values[:, self.source]
        for at in np.flatnonzero(self.kind != VALUE):
            raw, kind = rows.values[:, self.source[at]], self.kind[at]
            found[:, at] = np.isnan(raw) if kind == MISSING else raw == kind
        return found

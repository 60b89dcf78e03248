"""Features of users and items: lined up with their ids, completed, and those that the log itself tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from recx.arrays import Bool
from recx.data.catalog import Column, medians, without_holes
from recx.prepare.log import Log

PRICE = "price"


def align(ids: Sequence[str], known: Sequence[str], columns: Mapping[str, Column]) -> dict[str, Column]:
    """``columns`` of ``known`` ids (the first of equals) as columns of ``ids``; NaN or "" for others."""
    rows = {name: row for row, name in reversed(list(enumerate(known)))}
    at = np.fromiter((rows.get(name, -1) for name in ids), dtype=np.int64, count=len(ids))
    aligned: dict[str, Column] = {}
    for name, column in columns.items():
        numeric = column.dtype.kind in "fiub"
        found = np.full(len(ids), np.nan, np.float32) if numeric else np.full(len(ids), "", object)
        found[at >= 0] = column[at[at >= 0]]
        aligned[name] = found
    return aligned


def with_prices(log: Log, test: Bool) -> tuple[Log, list[str]]:
    """The item feature "price", a unit's median price before test, where rows have prices and items none.

    And the features that were made so: at an earlier cut-off they were others.
    """
    if PRICE not in log.columns or PRICE in log.item_features:
        return log, []
    prices = medians(log.items[~test], log.columns[PRICE][~test], len(log.item_ids))
    return replace(log, item_features={**log.item_features, PRICE: prices}), [PRICE]


def fill(features: Mapping[str, Column], numbers: bool) -> tuple[dict[str, Column], dict[str, int]]:
    """Features without holes, and how many each had: "" for words, medians for ``numbers`` if asked for."""
    filled: dict[str, Column] = {}
    holes: dict[str, int] = {}
    for name, column in features.items():
        if column.dtype.kind in "fiub":
            values = column.astype(np.float32)
            missing = np.isnan(values)
            column = without_holes(values) if numbers else values
        else:
            missing = np.array([value is None or value == "" for value in column], dtype=np.bool_)
            column = np.where(missing, "", column).astype(object)
        filled[name] = column
        if missing.any():
            holes[name] = int(missing.sum())
    return filled, holes

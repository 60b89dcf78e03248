"""What was known of the items when a fold's question was put: from what may be learnt, not from targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx import store
from recx.arrays import Float32, Float64, Int32
from recx.data import Catalog, Dataset, Fold, Interactions

DAY = 86_400.0
PRICE = "price"
MOST_CATEGORIES = 2000
"""A column of words with more different ones than this names items, it does not group them."""
SEVERAL = "|"
"""Stands between the words of a column that holds several per item."""
RECENT = 0.1
"""Share of the time before the cut-off, its newest, that counts as recent."""


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """Numbers, categories and labels per item, at one cut-off."""

    numbers: Mapping[str, Float32]  # name -> (n_items,) NaN where unknown
    categories: Mapping[str, Int32]  # name -> (n_items,) codes from 0; -1 where unknown
    labels: Mapping[str, csr_array] = field(default_factory=dict)
    """name -> (n_items, labels) of columns that hold several words per item, "1|17|3": weighted by how much a
    word says (idf), rows of length 1."""

    @staticmethod
    def of(dataset: Dataset, fold: Fold) -> ItemFacts:
        """What the fold's ``fit`` and the catalogue say of every item."""
        log, catalog = fold.fit, dataset.training_data(fold).catalog
        counts = log.item_counts.astype(np.float64)
        buyers = _buyers(log)
        numbers: dict[str, Float64] = {
            "popularity": np.log1p(counts),
            "buyers": np.log1p(buyers),
            "events_per_buyer": _ratio(counts, buyers),
        }
        if log.times is not None and len(log):
            now = fold.known_at if fold.known_at is not None else int(log.times.max()) + 1
            numbers |= _dated(log, now, counts)
        if dataset.feedback == "explicit":
            numbers["rating"] = _shrunk_mean(log)
        price = _price(log, catalog)
        if price is not None:
            numbers["price"] = price
        return ItemFacts(
            {name: column.astype(np.float32) for name, column in numbers.items()},
            _categories(catalog),
            _labels(catalog),
        )

    def __post_init__(self) -> None:
        # columns follow this order, and files do not keep any other
        for name in ("numbers", "categories", "labels"):
            object.__setattr__(self, name, dict(sorted(getattr(self, name).items())))

    @property
    def n_items(self) -> int:
        """Items of the id space."""
        return len(self.numbers["popularity"])

    @property
    def price(self) -> Float32 | None:
        """Usual price of one unit: (n_items,)."""
        return self.numbers.get("price")

    @property
    def rated(self) -> bool:
        """Whether events carry ratings."""
        return "rating" in self.numbers

    def write(self, path: Path) -> None:
        """Write them beside the fusion that uses them."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        arrays |= {f"number.{name}": column for name, column in self.numbers.items()}
        arrays |= {f"category.{name}": codes for name, codes in self.categories.items()}
        for name, matrix in self.labels.items():
            arrays |= {f"data.{name}": matrix.data, f"indices.{name}": matrix.indices}
            arrays |= {f"indptr.{name}": matrix.indptr, f"shape.{name}": np.array(matrix.shape)}
        store.write_arrays(path, arrays)

    @staticmethod
    def read(path: Path) -> ItemFacts:
        """What ``write`` wrote."""
        parts: dict[str, dict[str, npt.NDArray[Any]]] = {}
        for key, array in store.read_arrays(path).items():
            kind, _, name = key.partition(".")
            parts.setdefault(kind, {})[name] = array
        labels = {
            name: csr_array(
                (parts["data"][name], parts["indices"][name], parts["indptr"][name]), shape=tuple(shape)
            )
            for name, shape in parts.get("shape", {}).items()
        }
        return ItemFacts(parts["number"], parts.get("category", {}), labels)


def _dated(log: Interactions, now: int, counts: Float64) -> dict[str, Float64]:
    """Trend, age and silence of every item, from dates."""
    times = log.times
    assert times is not None
    start = int(times.min())
    recent = times >= now - RECENT * (now - start)
    lately = np.bincount(log.items[recent], minlength=log.n_items)
    # 1 in both keeps items with few events near "no trend"
    share = max(float(recent.mean()), 1e-9)
    first = np.full(log.n_items, np.inf)
    last = np.full(log.n_items, -np.inf)
    np.minimum.at(first, log.items, times)
    np.maximum.at(last, log.items, times)
    sold = counts > 0
    return {
        "recent": np.log1p(lately),
        "trend": np.log((lately + 1) / (counts * share + 1)),
        "age": np.where(sold, (now - first) / DAY, np.nan),
        "silence": np.where(sold, (now - last) / DAY, np.nan),
    }


def _buyers(log: Interactions) -> Float64:
    pairs = np.unique(log.users.astype(np.int64) * log.n_items + log.items)
    return np.bincount(pairs % log.n_items, minlength=log.n_items).astype(np.float64)


def _price(log: Interactions, catalog: Catalog) -> Float64 | None:
    """Mean price paid before the cut-off; the catalogue's where the log has no prices."""
    paid = log.columns.get(PRICE)
    if paid is None:
        listed = catalog.items.get(PRICE)
        return None if listed is None or listed.dtype.kind not in "fiu" else listed.astype(np.float64)
    known = np.isfinite(paid.astype(np.float64))
    items = log.items[known]
    total = np.bincount(items, paid[known].astype(np.float64), minlength=log.n_items)
    return _ratio(total.astype(np.float64), np.bincount(items, minlength=log.n_items).astype(np.float64))


def _shrunk_mean(log: Interactions) -> Float64:
    """Mean rating of an item, drawn to the mean of all where there are few."""
    mean = float(log.values.mean(dtype=np.float64)) if len(log) else 0.0
    total = np.bincount(log.items, log.values - mean, minlength=log.n_items)
    return np.asarray(mean + total / (log.item_counts + 5.0))


def _categories(catalog: Catalog) -> dict[str, Int32]:
    """Columns of words that group items, as codes."""
    found: dict[str, Int32] = {}
    for name, column in sorted(catalog.items.items()):
        if column.dtype.kind not in "OUS":
            continue
        words, codes = np.unique(column.astype(str), return_inverse=True)
        known = len(words) - ("" in words)
        if np.char.find(words, SEVERAL).max(initial=-1) >= 0:
            continue
        if 2 <= known <= min(MOST_CATEGORIES, len(column) // 2):
            # "" sorts first
            found[name] = (codes - 1 if words[0] == "" else codes).astype(np.int32)
    return found


def _labels(catalog: Catalog) -> dict[str, csr_array]:
    """Columns that hold several words per item."""
    found = {}
    for name, column in catalog.items.items():
        if column.dtype.kind not in "OUS" or not any(SEVERAL in str(words) for words in column):
            continue
        sets = [str(words).split(SEVERAL) if words else [] for words in column]
        names, codes = np.unique([word for words in sets for word in words], return_inverse=True)
        indptr = np.append(0, np.cumsum([len(words) for words in sets]))
        matrix = csr_array((np.ones(len(codes)), codes, indptr), shape=(len(column), len(names)))
        matrix.sum_duplicates()
        matrix.data[:] = np.log(len(column) / np.bincount(matrix.indices, minlength=len(names)))[
            matrix.indices
        ]
        lengths = np.sqrt(np.asarray((matrix * matrix).sum(axis=1)))
        matrix.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(matrix.indptr))
        found[name] = matrix.astype(np.float32)
    return found


def _ratio(above: Float64, below: Float64) -> Float64:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))

"""What items bring to a list besides relevance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx import store
from recx.arrays import Bool, Float32, Float64, Int32
from recx.data import Dataset, Fold
from recx.errors import UsageError
from recx.fuse.known import ItemFacts
from recx.metrics.needs import out_of_reach
from recx.metrics.shelf import Shelf
from recx.models.base import Allowed

MARGIN = "margin"


@dataclass(frozen=True, eq=False)
class Goods:
    """Every item at one cut-off."""

    tail: Bool  # (n_items,) outside those that make 80 % of the interactions
    rare: Float32  # (n_items,) 1: in none of the window's fused lists; 0: in the most
    margin: Float32  # (n_items,) in the data's money, 0 where unknown
    terms: csr_array  # (n_items, terms) what each item is like
    jaccard: bool  # terms are categories

    @staticmethod
    def of(dataset: Dataset, fold: Fold, allowed: Allowed, rare: Float32) -> Goods:
        """As the metrics of the same names see them."""
        shelf = Shelf(dataset, fold, allowed)
        margin = margins(dataset, fold)
        known = np.zeros(dataset.n_items, np.float32) if margin is None else np.nan_to_num(margin)
        about = shelf.description
        return Goods(shelf.tail > 0, rare, known.astype(np.float32), about.terms, about.categories)

    @cached_property
    def worth(self) -> Float64:
        """Place in the order of the margins, from 0 of those without one to 1: (n_items,)."""
        values, place = np.unique(np.maximum(self.margin, 0), return_inverse=True)
        return np.asarray(place / max(1, len(values) - 1))

    def write(self, path: Path) -> None:
        """Write them beside the fusion that uses them."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "tail": self.tail,
            "rare": self.rare,
            "margin": self.margin,
            "data": self.terms.data.astype(np.float32),
            "indices": self.terms.indices.astype(np.int32),
            "indptr": self.terms.indptr.astype(np.int64),
            "shape": np.array([*self.terms.shape, int(self.jaccard)]),
        }
        store.write_arrays(path, arrays)

    @staticmethod
    def read(path: Path) -> Goods:
        """What ``write`` wrote."""
        found: dict[str, npt.NDArray[Any]] = store.read_arrays(path)
        rows, columns, jaccard = map(int, found["shape"])
        terms = csr_array((found["data"], found["indices"], found["indptr"]), shape=(rows, columns))
        terms.indptr, terms.indices = found["indptr"], found["indices"]
        return Goods(found["tail"], found["rare"], found["margin"], terms, bool(jaccard))


def rarity(listed: Int32, n_items: int) -> Float32:
    """1 for items in none of the lists (n, k), falling with the logarithm of how many hold them."""
    times = np.log1p(np.bincount(listed[listed >= 0], minlength=n_items))
    return np.asarray(1 - times / max(float(times.max(initial=0)), 1e-9), dtype=np.float32)


def margins(dataset: Dataset, fold: Fold) -> Float32 | None:
    """The catalogue's margins, else the prices that are known at the fold; NaN where unknown: (n_items,)."""
    column = dataset.training_data(fold).catalog.items.get(MARGIN)
    if column is not None and column.dtype.kind in "fiu":
        return column.astype(np.float32)
    return ItemFacts.of(dataset, fold).price


def check_goods(dataset: Dataset, objectives: list[str]) -> None:
    """UsageError where the data cannot tell what an objective is about."""
    why = out_of_reach(dataset).get("diversity")
    if "diversity" in objectives and why:
        raise UsageError(f"fuser.weight.diversity, fuser.floor.diversity: {why}; leave them out")
    if "margin" in objectives and margins(dataset, dataset.split.valid) is None:
        raise UsageError(
            f"fuser.weight.margin, fuser.floor.margin: {dataset.name} has neither an item column '{MARGIN}' "
            "nor prices; leave them out"
        )

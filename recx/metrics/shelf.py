"""What was known of the items before the target: how popular each is, and what it is like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from recx.arrays import Float64, Int32, Int64
from recx.data import Catalog, Dataset, Fold
from recx.models.base import Allowed
from recx.models.content.config import ContentConfig
from recx.models.content.terms import CATEGORY, terms_of

HEAD = 0.8
"""The most popular items that together make this share of the interactions are no tail."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """Items as the shop knew them when the lists were made; what no metric asks for is never computed."""

    dataset: Dataset
    fold: Fold
    allowed: Allowed

    @property
    def counts(self) -> Int64:
        """Interactions that may be learnt: (n_items,)."""
        return self.fold.fit.item_counts

    @cached_property
    def rank(self) -> Int32:
        """Place in the popularity ranking of the candidates, from 0; what is none comes last: (n_items,)."""
        popular = np.lexsort((self.allowed.order, -self.counts, ~self.allowed.items))
        rank = np.empty(len(popular), dtype=np.int32)
        rank[popular] = np.arange(len(popular), dtype=np.int32)
        return rank

    @cached_property
    def had(self) -> tuple[Int64, Int32]:
        """The ranks of what each user is not shown again, each once: a CSR over users."""
        if self.allowed.repeat:
            return np.zeros(self.dataset.n_users + 1, np.int64), np.zeros(0, np.int32)
        seen = self.fold.history.matrix("binary")
        return seen.indptr.astype(np.int64), self.rank[seen.indices]

    @cached_property
    def surprise(self) -> Float64:
        """-log2 of each item's share of the interactions, smoothed by one for every item: (n_items,)."""
        return np.asarray(-np.log2((self.counts + 1) / (self.counts.sum() + len(self.counts))))

    @cached_property
    def tail(self) -> Float64:
        """1 for items outside the HEAD: (n_items,)."""
        popular = np.lexsort((self.allowed.order, -self.counts))
        before = np.cumsum(self.counts[popular]) - self.counts[popular]
        tail = np.empty(len(popular))
        tail[popular] = before >= HEAD * self.counts.sum()
        return tail

    @cached_property
    def description(self) -> Description:
        """What each item is like."""
        return Description.of(self.dataset.catalog, self.dataset.n_items)


@dataclass(frozen=True, eq=False)
class Description:
    """Items as sets of categories, or as words."""

    terms: csr_array  # (n_items, n_terms) ascending within an item: TF-IDF, of length 1; categories: ones
    categories: bool

    @staticmethod
    def of(catalog: Catalog, n_items: int) -> Description:
        """The words of all columns where one of them holds texts, else the values of all as categories.

        Numbers, such as the price, say nothing about what an item is like.
        """
        names = columns_of_words(catalog)
        if any(_is_text(catalog, name) for name in names):
            return Description(terms_of(catalog, n_items, ContentConfig(columns=names))[0], False)
        items, terms, n_terms = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        for name in names:
            values, number = np.unique(catalog.items[name].astype(str), return_inverse=True)
            filled = np.flatnonzero(values[number] != "")
            items.append(filled)
            terms.append(number[filled] + n_terms)
            n_terms += len(values)
        at = np.concatenate(items), np.concatenate(terms)
        found = csr_array((np.ones(len(at[0]), np.float32), at), shape=(n_items, n_terms))
        found.sort_indices()
        found.indptr, found.indices = found.indptr.astype(np.int64), found.indices.astype(np.int32)
        return Description(found, True)


def columns_of_words(catalog: Catalog) -> list[str]:
    """Item columns of categories or texts that are not empty."""
    return [
        name
        for name, column in catalog.items.items()
        if column.dtype.kind not in "fiub" and any(value != "" for value in column)
    ]


def columns_of_categories(catalog: Catalog) -> list[str]:
    """Item columns of words that many items share."""
    return [name for name in columns_of_words(catalog) if not _is_text(catalog, name)]


def _is_text(catalog: Catalog, name: str) -> bool:
    filled = [value for value in catalog.items[name] if value != ""]
    return len(set(filled)) > CATEGORY * len(filled)

"""The catalogue as terms: words, categories and bands of numbers, weighted by TF-IDF."""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Float32
from recx.data import Catalog
from recx.data.catalog import Column
from recx.errors import DataError, UsageError, did_you_mean
from recx.models.content.config import DescriptionConfig

WORD = re.compile(r"\w+")
CATEGORY = 0.5
"""A column with fewer different values than this share of its items holds categories."""


def terms_of(catalog: Catalog, n_items: int, config: DescriptionConfig) -> tuple[csr_array, list[str]]:
    """Unit rows of TF-IDF, (n_items, n_terms) float32, and the names of the terms.

    A value of a category is a term (brand=Acme); so is each of its words, and each word of a text, whatever
    the column; so is the band a number falls into (price 2.5 to 4). Weight = (1 + log tf) (1 + log((1 + n) /
    (1 + df))), over items with any term (Salton & Buckley 1988, smoothed as in scikit-learn). Rows of items
    without a term are empty.
    """
    described: list[list[str]] = [[] for _ in range(n_items)]
    for name in _usable(catalog, config):
        column = catalog.items[name][:n_items]
        found = _bands(name, column, config.bands) if column.dtype.kind in "fiub" else _words(name, column)
        for terms, more in zip(described, found, strict=True):
            terms.extend(more)
    return _weighted(described, config)


def _usable(catalog: Catalog, config: DescriptionConfig) -> Sequence[str]:
    """The columns to read; UsageError for one that is not there, or a setting outside its range."""
    model = config.name
    if config.min_items < 1 or not 0 < config.max_share <= 1 or config.bands < 2:
        raise UsageError(
            f"{model}: min_items={config.min_items}, max_share={config.max_share:g}, bands={config.bands}: "
            "expected 1 or more, a share above 0 up to 1, and 2 or more"
        )
    if not catalog.items and not config.vectors:
        raise DataError(
            f"{model}: the data set describes no item; prepare it with item columns (dataset.item_file=...), "
            "or give model.vectors=FILE"
        )
    for name in config.columns:
        if name not in catalog.items:
            known = did_you_mean(name, catalog.items) or f"; it has {', '.join(catalog.items) or 'none'}"
            raise UsageError(f"{model}: the data set has no item column '{name}'{known}")
    return config.columns or list(catalog.items)


def _words(name: str, column: Column) -> list[list[str]]:
    values = [" ".join(str(value).split()) for value in column]
    filled = [value for value in values if value]
    shared = len(set(filled)) <= CATEGORY * len(filled)
    found = []
    for value in values:
        # a number is a word of its column only: 250 in a list of ids is not 250 in a title
        words = [f"{name} {word}" if word.isdecimal() else word for word in WORD.findall(value.lower())]
        words = [word for word in words if len(word) > 1]
        if shared and value:
            words = [f"{name}={value}", *(words if len(words) > 1 else ())]
        found.append(words)
    return found


def _bands(name: str, column: Column, bands: int) -> list[list[str]]:
    """Every value is a term where there are few, else the part between two quantiles it lies in."""
    numbers = column.astype(np.float64)
    known = np.isfinite(numbers)
    distinct = np.unique(numbers[known])
    if len(distinct) <= bands:
        return [[f"{name}={value:g}"] if there else [] for value, there in zip(numbers, known, strict=True)]
    edges = np.unique(np.quantile(numbers[known], np.arange(1, bands) / bands))
    names = [f"{name} {low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    names = [f"{name} below {edges[0]:.4g}", *names, f"{name} from {edges[-1]:.4g}"]
    place = np.searchsorted(edges, np.where(known, numbers, 0), side="right")
    return [[names[at]] if there else [] for at, there in zip(place, known, strict=True)]


def _weighted(described: list[list[str]], config: DescriptionConfig) -> tuple[csr_array, list[str]]:
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    filled = np.array([row for row, terms in enumerate(described) if terms], dtype=np.int64)
    if not len(filled):
        return csr_array((len(described), 0), dtype=np.float32), []
    counter = CountVectorizer(analyzer=list, dtype=np.float32)
    counts = csr_array(counter.fit_transform([described[row] for row in filled]))
    items = np.bincount(counts.indices, minlength=counts.shape[1])
    # of very few items each describes a large share of all
    kept = (items >= config.min_items) & (items <= max(1.0, config.max_share * len(filled)))
    names = [str(name) for name in counter.get_feature_names_out()[kept]]
    if not names:
        return csr_array((len(described), 0), dtype=np.float32), []
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, np.flatnonzero(kept)])
    return _spread(csr_array(weighted), filled, len(described)), names


def _spread(rows: csr_array, at: npt.NDArray[np.int64], n: int) -> csr_array:
    """The rows laid out over ``n``, the others empty, in canonical form."""
    lengths = np.zeros(n, dtype=np.int64)
    lengths[at] = np.diff(rows.indptr)
    indptr = np.append(0, np.cumsum(lengths))
    data: Float32 = rows.data.astype(np.float32)
    spread = csr_array((data, rows.indices.astype(np.int32), indptr), shape=(n, rows.shape[1]))
    spread.sort_indices()
    return spread

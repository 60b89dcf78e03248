"""What a metric needs, and which metrics a data set does not allow."""

from __future__ import annotations

import numpy as np

from recx.arrays import Float64
from recx.data import Catalog, Dataset
from recx.metrics import GATHERED, INTEREST, RANKING, RATING, SCORED, SHELF
from recx.metrics.shelf import columns_of_words
from recx.prepare.features import PRICE

LISTS = "lists and what users took"
NEEDS: dict[str, str] = {
    **dict.fromkeys(RANKING, LISTS),
    **dict.fromkeys(SHELF, "lists and the interactions before test"),
    **dict.fromkeys(GATHERED, "lists and the candidates"),
    **dict.fromkeys(SCORED, "the scores of all candidates and what users took"),
    **dict.fromkeys(RATING, "explicit feedback and a model that rates"),
    **dict.fromkeys(INTEREST, "implicit feedback and a valid part"),
    "mse": "explicit feedback and a model that rates; on implicit feedback a valid part",
    "mse_norm": "explicit feedback whose scale is known, and a model that rates",
    "serendipity": "lists, what users took, and the interactions before test",
    "diversity": "lists, and an item column of categories or texts",
    "revenue_ndcg": f"{LISTS}, and an item column '{PRICE}'",
}
"""Metric -> what it is computed from."""


def out_of_reach(dataset: Dataset) -> dict[str, str]:
    """Metric -> why ``dataset`` does not allow it; metrics that it allows are not in here."""
    name, found = dataset.name, dict[str, str]()
    if not columns_of_words(dataset.catalog):
        found["diversity"] = f"the catalogue of {name} has no categories or texts"
    if prices(dataset.catalog) is None:
        found["revenue_ndcg"] = f"the catalogue of {name} has no prices"
    if dataset.feedback == "implicit":
        found |= dict.fromkeys(set(RATING) - set(INTEREST), f"{name} holds no ratings")
        return found
    if dataset.value_range is None:
        found["mse_norm"] = f"the scale of the ratings of {name} is not known (dataset.value_range)"
    found |= dict.fromkeys(set(INTEREST) - set(RATING), f"{name} holds ratings, not implicit feedback")
    return found


def prices(catalog: Catalog) -> Float64 | None:
    """What a unit of each item costs, 0 where that is unknown: (n_items,); None where it always is."""
    column = catalog.items.get(PRICE)
    if column is None or column.dtype.kind not in "fiub":
        return None
    found = np.nan_to_num(column.astype(np.float64), nan=0.0, posinf=0.0)
    return np.maximum(found, 0.0) if (found > 0).any() else None

"""The protocol: which items may be recommended, which count as found, and what the numbers are called."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from recx.arrays import Bool, Float32, Int64
from recx.data import Dataset, Fold, Interactions
from recx.errors import UsageError, did_you_mean
from recx.metrics import VERSION, Metric
from recx.metrics.config import ProtocolConfig
from recx.metrics.lists import Targets
from recx.metrics.needs import prices
from recx.models.base import Allowed

REPEAT = ("allow", "new")
CANDIDATES = ("catalogue", "train")
QUANTITY = "quantity"
"""Column of the log: how many were bought at once."""


@dataclass(frozen=True)
class Protocol:
    """One candidate policy, one notion of relevance and one set of cut-offs for all models of a report."""

    k: tuple[int, ...]  # ascending
    repeat: str  # allow: anything may be recommended again; new: items in the input are masked and no targets
    candidates: str  # catalogue: every item available by the cut-off; train: items someone interacted with
    relevant_from: float | None  # explicit feedback: from which value a target is relevant; None: every one
    seed: int = 0  # order of ties, negatives of interest mse
    version: str = VERSION

    @staticmethod
    def check(config: ProtocolConfig) -> None:
        """UsageError for a setting outside its range, before any data is touched."""
        if not config.k or min(config.k) < 1:
            raise UsageError(f"k={config.k}: expected cut-offs of 1 or more, such as k=[5,10,20]")
        if config.repeat not in ("auto", *REPEAT):
            raise UsageError(f"repeat={config.repeat}{did_you_mean(config.repeat, ('auto', *REPEAT))}")
        if config.candidates not in CANDIDATES:
            raise UsageError(f"candidates={config.candidates}{did_you_mean(config.candidates, CANDIDATES)}")

    @staticmethod
    def of(config: ProtocolConfig, dataset: Dataset, seed: int = 0) -> Protocol:
        """What settings and data set make together; UsageError for a setting outside its range."""
        Protocol.check(config)
        repeat = config.repeat
        if repeat == "auto":
            repeat = "allow" if dataset.repeats else "new"
        relevant_from = None
        if dataset.feedback == "explicit":
            relevant_from = dataset.relevant_from if config.relevant_from is None else config.relevant_from
        elif config.relevant_from is not None:
            raise UsageError(
                f"relevant_from={config.relevant_from}: {dataset.name} holds no ratings; leave it out"
            )
        return Protocol(tuple(sorted(set(config.k))), repeat, config.candidates, relevant_from, seed)

    @staticmethod
    def read(plain: dict[str, Any]) -> Protocol:
        """The protocol whose ``plain`` this is."""
        known = {name: plain[name] for name in Protocol.__dataclass_fields__ if name in plain}
        return Protocol(**known | {"k": tuple(plain["k"])})

    @property
    def depth(self) -> int:
        """Length of the lists that are needed."""
        return self.k[-1]

    @property
    def headline(self) -> str:
        """The ranking metric that decides: ndcg at 10, or at the cut-off next to it."""
        return f"ndcg@{min(self.k, key=lambda k: (abs(k - 10), k))}"

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON, the hash beside it."""
        return asdict(self) | {"k": list(self.k), "hash": self.hash}

    @cached_property
    def hash(self) -> str:
        """Of everything: results with unequal hashes do not belong in one table. 8 hex digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]

    def describe(self) -> list[str]:
        """What the numbers mean, for a reader of the report."""
        words = [
            "items in a user's history may be recommended again"
            if self.repeat == "allow"
            else "items in a user's history are neither recommended nor counted as found",
            "candidates: every item available by the cut-off, cold ones included"
            if self.candidates == "catalogue"
            else "candidates: items that someone interacted with before the cut-off",
        ]
        if self.relevant_from is not None:
            words.append(f"relevant: test ratings of {self.relevant_from:g} or more")
        return words

    def versioned(self, metric: Metric | str) -> str:
        """The name a result is filed under: ndcg@10/v1."""
        return f"{metric}/{self.version}"

    def allowed(self, dataset: Dataset, fold: Fold) -> Allowed:
        """Which items may stand in the lists of ``fold``, and the order of ties: the same for every model."""
        sold = fold.fit.item_counts > 0 if self.candidates == "train" else None
        return self.policy(dataset.n_items, sold, dataset.catalog.available_from, fold.known_at)

    def policy(self, n_items: int, sold: Bool | None, since: Int64 | None, known_at: int | None) -> Allowed:
        """Allowed are those of ``sold`` (n_items,) that have been available ``since`` before ``known_at``;
        None: all.
        """
        items = np.ones(n_items, dtype=np.bool_) if sold is None else sold.copy()
        if since is not None and known_at is not None:
            items &= since < known_at
        order = np.random.default_rng(self.seed).permutation(n_items).astype(np.int32)
        return Allowed(items, self.repeat == "allow", order)

    def relevant(self, dataset: Dataset, fold: Fold) -> Targets:
        """The distinct relevant items of each user of the target, whether candidates or not."""
        target = fold.target.matrix("last")
        rows = np.repeat(np.arange(dataset.n_users), np.diff(target.indptr))
        items, values = target.indices, target.data
        keep = np.ones(len(items), dtype=np.bool_)
        if self.relevant_from is not None:
            keep &= values >= self.relevant_from
        if self.repeat == "new":
            n = dataset.n_items
            keep &= ~contains(np.sort(keys(fold.history)), rows * n + items)
        worth = _worth(dataset, fold.target)
        worth = None if worth is None else worth[keep]
        rows, items, values = rows[keep], items[keep], values[keep]
        users, counts = np.unique(rows, return_counts=True)
        indptr = np.zeros(len(users) + 1, dtype=np.int64)
        np.cumsum(counts, out=indptr[1:])
        grades = _grades(values, dataset)
        return Targets(
            users.astype(np.int32), indptr, items.astype(np.int32), grades.astype(np.float32), worth
        )


def keys(interactions: Interactions) -> Int64:
    """User and item of every row as one number: user x n_items + item."""
    return interactions.users.astype(np.int64) * interactions.n_items + interactions.items


def contains(ordered: Int64, asked: Int64) -> Bool:
    """Which of ``asked`` are among ``ordered``, ascending: a search, much faster than np.isin on millions."""
    if not len(ordered):
        return np.zeros(len(asked), dtype=np.bool_)
    place = np.minimum(np.searchsorted(ordered, asked), len(ordered) - 1)
    return np.asarray(ordered[place] == asked)


def _worth(dataset: Dataset, target: Interactions) -> Float32 | None:
    """Price x quantity of each distinct pair of user and item, in their order; None without prices.

    A row counts once where no quantity is recorded, and not at all where it is not above 0 (a return).
    """
    price = prices(dataset.catalog)
    if price is None:
        return None
    quantity = np.nan_to_num(target.columns.get(QUANTITY, np.ones(len(target))).astype(np.float32))
    bought = replace(target, values=np.maximum(quantity, 0), columns={}).matrix("sum")
    worth: Float32 = (bought.data * price[bought.indices]).astype(np.float32)
    return worth


def _grades(values: Float32, dataset: Dataset) -> Float32:
    """How relevant a relevant item is: 1 on implicit feedback, else its rating, above 0 on any scale."""
    if dataset.feedback == "implicit":
        return np.ones_like(values)
    lowest = dataset.value_range[0] if dataset.value_range else float(values.min(initial=1.0))
    return values if lowest > 0 else values - np.float32(lowest) + np.float32(1)

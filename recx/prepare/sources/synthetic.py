"""A generated shop whose truth is known, for tests, tours and demonstrations.

What is planted, and ``truth`` tells:

* clusters: every user has one taste and every item serves one; a purchase stays inside with probability
  loyalty;
* cycles: the items of a cluster stand in a ring, and a purchase is the successor of the user's last warm item
  with probability cycle (a sequence model can know it, counts cannot);
* staples: three items of a user's taste that it buys again and again, with probability staples;
* attributes: category, brand and the words of the description follow the cluster, the words with some noise;
* cold items: listed early, sold only from cold_from on; their attributes alone say whom they suit.

With dataset.feedback=explicit every pair is rated once, 1 to 5: taste, biases of user and item, and noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recx.arrays import Int32, Int64
from recx.data.catalog import Column
from recx.errors import UsageError
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log
from recx.prepare.sources.base import Source, Surroundings
from recx.prepare.sources.config import SyntheticConfig

DAY = 86400
START = 1_735_689_600
"""2025-01-01 00:00 UTC, the first second of the log."""
STAPLES = 3
COLD_SHARE = 0.4
"""Of the purchases that are neither a successor nor a staple: how many are cold items once they are sold."""
LISTED_AHEAD = 0.2
"""How long before their first sale cold items are listed, as a share of the log's length."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What the log is made from; items are numbered warm ones first, by their id."""

    user_cluster: Int32  # (n_users,)
    item_cluster: Int32  # (n_items + n_cold,)
    successor: Int32  # (n_items,) next item of the ring
    staples: Int32  # (n_users, STAPLES)
    cold_from: int  # unix seconds


class Synthetic(Source[SyntheticConfig]):
    """No files: the settings are the content."""

    def __init__(self, config: SyntheticConfig, around: Surroundings) -> None:
        if config.feedback == "explicit":
            scale = config.value_range or [1.0, 5.0]
            relevant = scale[-1] - 1 if config.relevant_from is None else config.relevant_from
            config = replace(config, value_range=scale, relevant_from=relevant, repeats=False)
        super().__init__(config, around)

    def files(self) -> list[Path]:
        return []

    def read(self, ledger: Ledger) -> Log:
        config = self.config
        _check(config)
        rng = np.random.default_rng(config.data_seed)
        known = truth(config)
        users, items, times = _purchases(config, known, rng)
        if config.feedback == "explicit":
            _, first = np.unique(users.astype(np.int64) * len(known.item_cluster) + items, return_index=True)
            first.sort()
            users, items, times = users[first], items[first], times[first]
        features = _item_features(known, rng)
        price = np.asarray(features["price"], dtype=np.float32)[items]
        discount = rng.choice(np.array([1.0, 0.9, 0.7], np.float32), size=len(items), p=[0.7, 0.2, 0.1])
        available = np.full(len(known.item_cluster), START, dtype=np.int64)
        available[config.n_items :] = known.cold_from - int(LISTED_AHEAD * config.days * DAY)
        log = Log(
            [f"u{number:05d}" for number in range(config.n_users)],
            [f"i{number:05d}" for number in range(len(known.item_cluster))],
            users,
            items,
            _ratings(config, known, users, items, rng),
            times,
            order="time",
            columns={
                "quantity": rng.integers(1, 4, size=len(items)).astype(np.float32),
                "price": (price * discount).astype(np.float32),
            },
            item_features=features,
            user_features={"region": _noisy(known.user_cluster, "region", config.clusters, 0.2, rng)},
            available_from=available,
            keep_items=np.ones(len(known.item_cluster), dtype=np.bool_),
        )
        ledger.add("read", *log.counts)
        return log


def truth(config: SyntheticConfig) -> Truth:
    """The planted structure of ``config``: depends on its sizes and data_seed only."""
    rng = np.random.default_rng([config.data_seed, 1])
    user_cluster = rng.permutation(np.arange(config.n_users) % config.clusters).astype(np.int32)
    warm = rng.permutation(np.arange(config.n_items) % config.clusters)
    cold = np.arange(config.n_cold) % config.clusters
    successor = np.empty(config.n_items, dtype=np.int32)
    members = [np.flatnonzero(warm == cluster) for cluster in range(config.clusters)]
    for ring in members:
        ring = rng.permutation(ring)
        successor[ring] = np.roll(ring, -1)
    staples = np.stack([rng.choice(members[cluster], STAPLES) for cluster in user_cluster]).astype(np.int32)
    cold_from = START + int(config.cold_from * config.days * DAY)
    return Truth(user_cluster, np.concatenate([warm, cold]).astype(np.int32), successor, staples, cold_from)


def _check(config: SyntheticConfig) -> None:
    if config.clusters < 1 or config.n_items < config.clusters or config.n_users < config.clusters:
        raise UsageError(
            f"dataset.clusters={config.clusters}: expected 1 or more, and at least as many users and items"
        )
    if config.n_cold < 0 or config.days < 1 or config.events_per_user < 1:
        raise UsageError("dataset.n_cold, days and events_per_user: expected 0, 1 and 1 or more")
    for name in ("loyalty", "cycle", "staples", "cold_from"):
        if not 0 <= (value := getattr(config, name)) <= 1:
            raise UsageError(f"dataset.{name}={value:g}: expected a share from 0 to 1")
    if config.cycle + config.staples > 1:
        raise UsageError(
            f"dataset.cycle={config.cycle:g} and dataset.staples={config.staples:g}: at most 1 together"
        )


def _purchases(config: SyntheticConfig, known: Truth, rng: np.random.Generator) -> tuple[Int32, Int32, Int64]:
    """Who bought what when, user by user, oldest first."""
    of_cluster = [np.flatnonzero(known.item_cluster == cluster) for cluster in range(config.clusters)]
    warm = [members[members < config.n_items] for members in of_cluster]
    cold = [members[members >= config.n_items] for members in of_cluster]
    # some items sell better than others, inside every cluster alike
    appeal = [1 / np.arange(1, len(members) + 1) ** 0.7 for members in warm]
    counts = np.maximum(rng.poisson(config.events_per_user, config.n_users), 5)
    users = np.repeat(np.arange(config.n_users, dtype=np.int32), counts)
    times = START + np.floor(rng.random(len(users)) * config.days * DAY).astype(np.int64)
    times = times[np.lexsort((times, users))]
    kind, inside, late = rng.random((3, len(users)))
    items = np.empty(len(users), dtype=np.int32)
    last, owner = -1, -1
    for row, user in enumerate(users):  # a purchase depends on the one before: no vector form
        cluster = known.user_cluster[user]
        if user != owner:
            last, owner = -1, int(user)
        if kind[row] < config.cycle and last >= 0:
            items[row] = last = known.successor[last]
        elif kind[row] < config.cycle + config.staples:
            items[row] = last = rng.choice(known.staples[user])
        elif inside[row] >= config.loyalty:
            items[row] = rng.integers(config.n_items)
        elif times[row] >= known.cold_from and late[row] < COLD_SHARE and len(cold[cluster]):
            items[row] = rng.choice(cold[cluster])
        else:
            items[row] = last = rng.choice(warm[cluster], p=appeal[cluster] / appeal[cluster].sum())
    return users, items, times


def _ratings(
    config: SyntheticConfig, known: Truth, users: Int32, items: Int32, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    if config.feedback == "implicit":
        return np.ones(len(users), dtype=np.float32)
    low, high = config.value_range or (1.0, 5.0)
    taste = np.where(known.user_cluster[users] == known.item_cluster[items], 0.7, -0.7)
    bias = rng.normal(0, 0.5, config.n_users)[users] + rng.normal(0, 0.5, len(known.item_cluster))[items]
    raw = (low + high) / 2 + taste + bias + rng.normal(0, 0.5, len(users))
    return np.clip(np.round(raw), low, high).astype(np.float32)


def _item_features(known: Truth, rng: np.random.Generator) -> dict[str, Column]:
    n = len(known.item_cluster)
    clusters = int(known.item_cluster.max()) + 1
    words = [_noisy(known.item_cluster, f"word{place}", clusters, 0.2, rng) for place in range(4)]
    brands = rng.integers(0, 3, n)
    return {
        "category": np.array([f"category{cluster}" for cluster in known.item_cluster], dtype=object),
        "brand": np.array([f"brand{c}-{b}" for c, b in zip(known.item_cluster, brands, strict=True)], object),
        "description": np.array([" ".join(row) for row in zip(*words, strict=True)], dtype=object),
        "price": np.round(np.exp(rng.normal(1.5, 0.6, n)), 2).astype(np.float32),
    }  # fmt: skip


def _noisy(cluster: Int32, word: str, clusters: int, noise: float, rng: np.random.Generator) -> Column:
    """``word`` with the cluster's number, or with any number where noise strikes."""
    said = np.where(rng.random(len(cluster)) < noise, rng.integers(0, clusters, len(cluster)), cluster)
    return np.array([f"{word}n{number}" for number in said], dtype=object)

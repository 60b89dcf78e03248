"""Small logs whose right answer is known, built straight from recx.data."""

from dataclasses import dataclass, replace

import numpy as np

from recx.arrays import Int32
from recx.data import Catalog, Interactions, TrainingData, UserBatch
from recx.models.base import Allowed, Recommender

DAY = 86_400
NOON = 1_700_000_000
"""When the logs begin, in unix seconds."""


@dataclass(frozen=True, eq=False)
class Planted:
    """A log to learn from, and for every user one item that was kept back."""

    data: TrainingData
    target: Int32  # (n_users,)

    @property
    def log(self) -> Interactions:
        return self.data.interactions

    @property
    def batch(self) -> UserBatch:
        """All users, each with what it did in the log."""
        at = None if self.data.known_at is None else np.full(self.log.n_users, self.data.known_at)
        return UserBatch(np.arange(self.log.n_users, dtype=np.int32), self.log.histories(), at)

    def without_times(self) -> "Planted":
        """The same log, its order known and its dates not."""
        log = replace(
            self.log, times=None, order="sequence" if self.log.times is not None else self.log.order
        )
        return replace(self, data=replace(self.data, interactions=log, known_at=None))

    def hits(self, model: Recommender, k: int) -> float:
        """Share of users whose kept-back item is among the first ``k`` new ones."""
        lists = model.recommend(self.batch, k, everything_new(self.log.n_items))
        return float((lists.items == self.target[:, None]).any(axis=1).mean())


def everything_new(n_items: int) -> Allowed:
    """All items but those in the history; ties fall to a permutation that is not the order of the ids."""
    order = np.random.default_rng(5).permutation(n_items).astype(np.int32)
    return Allowed(np.ones(n_items, dtype=bool), repeat=False, order=order)


def everything(n_items: int) -> Allowed:
    """All items, bought before or not."""
    return replace(everything_new(n_items), repeat=True)


def log_of(
    rows: list[tuple[int, int, float]], n_users: int, n_items: int, times: bool = True
) -> Interactions:
    """A log of (user, item, value) whose rows follow each other by a day within a user."""
    users, items, values = (np.array(column) for column in zip(*rows, strict=True))
    by_user = np.argsort(users, kind="stable")
    users = users[by_user].astype(np.int32)
    first = np.searchsorted(users, users)
    when = NOON + DAY * (np.arange(len(users), dtype=np.int64) - first)
    return Interactions(
        users,
        items[by_user].astype(np.int32),
        values[by_user].astype(np.float32),
        n_users,
        n_items,
        when if times else None,
        order="time" if times else "sequence",
    )


def planted(log: Interactions, target: list[int]) -> Planted:
    """A log whose last event lies a day before "now"."""
    known_at = None if log.times is None else int(log.times.max()) + DAY
    return Planted(TrainingData(log, Catalog(), known_at), np.array(target, dtype=np.int32))


def checkerboard(size: int = 24) -> Planted:
    """User u likes item i where u + i is even; the diagonal is kept back, so user u must be given item u."""
    rows = [(u, i, 1.0) for u in range(size) for i in range(u % 2, size, 2) if i != u]
    return planted(log_of(rows, size, size), list(range(size)))


def clusters(seed: int = 0, n_clusters: int = 4, n_users: int = 160, n_items: int = 64) -> Planted:
    """Users choose among their cluster's items, some of them far more popular, and stray now and then."""
    generator = np.random.default_rng(seed)
    per_cluster = n_items // n_clusters
    chance = 1.0 / (1.0 + np.arange(per_cluster)) ** 0.5
    rows, target = [], []
    for user in range(n_users):
        own = (user % n_clusters) * per_cluster + generator.choice(
            per_cluster, 9, replace=False, p=chance / chance.sum()
        )
        stray = generator.integers(0, n_items, 2)
        chosen = generator.permutation(np.unique(np.setdiff1d([*own[1:], *stray], own[:1])))
        rows += [(user, int(item), 1.0) for item in chosen]
        target.append(int(own[0]))
    return planted(log_of(rows, n_users, n_items), target)


def cycle(n_users: int = 120, n_items: int = 20, length: int = 8) -> Planted:
    """Everyone walks from item i to item i + 1, round and round; the next step is kept back."""
    starts = [user % n_items for user in range(n_users)]
    rows = [(u, (start + step) % n_items, 1.0) for u, start in enumerate(starts) for step in range(length)]
    return planted(log_of(rows, n_users, n_items), [(start + length) % n_items for start in starts])


def ratings(seed: int = 0, n_users: int = 60, n_items: int = 40) -> Planted:
    """Ratings 1 to 5: users like one half of the items, some users are strict, some items good.

    The kept-back item of a user is one that was not rated; ``rating_of`` says what it would have been rated.
    """
    generator = np.random.default_rng(seed)
    rows, target = [], []
    for user in range(n_users):
        rated = generator.permutation(n_items)[: n_items // 2 + 1]
        rows += [(user, int(item), rating_of(user, int(item))) for item in rated[1:]]
        target.append(int(rated[0]))
    return planted(log_of(rows, n_users, n_items), target)


def attributes(
    seed: int = 0, n_tastes: int = 4, n_users: int = 80, warm: int = 48, cold: int = 12
) -> Planted:
    """Items whose words follow their taste, the last ``cold`` without a single event; one of them, of the
    user's taste, is kept back from everybody.

    Among the words of an item is one of any taste; its brand says nothing, its price half of what its kind
    says.
    """
    generator = np.random.default_rng(seed)
    taste = np.concatenate([np.arange(warm), np.arange(cold)]) % n_tastes
    rows, target = [], []
    for user in range(n_users):
        own = np.flatnonzero(taste == user % n_tastes)
        chosen = generator.choice(own[own < warm], 6, replace=False)
        stray = generator.integers(0, warm)
        rows += [
            (user, int(item), 1.0) for item in generator.permutation([*np.setdiff1d(chosen, stray), stray])
        ]
        target.append(int(generator.choice(own[own >= warm])))
    log = planted(log_of(rows, n_users, warm + cold), target)
    return replace(log, data=replace(log.data, catalog=told(taste, generator)))


def told(taste: Int32, generator: np.random.Generator) -> Catalog:
    """A catalogue of items of these tastes: kind, brand, title and price."""
    n, n_tastes = len(taste), int(taste.max()) + 1
    words = np.array([f"word{taste}" for taste in range(n_tastes)])
    others = words[generator.integers(0, n_tastes, n)]
    titles = [
        f"the {words[own]} {other} N{item}"
        for item, (own, other) in enumerate(zip(taste, others, strict=True))
    ]
    return Catalog(
        {
            "kind": np.array([f"kind {own}" for own in taste], dtype=object),
            "brand": np.array([f"Brand {brand}" for brand in generator.integers(0, 3, n)], dtype=object),
            "title": np.array(titles, dtype=object),
            "price": (10.0 * (taste // 2) + generator.random(n)).astype(np.float32),
        }
    )


def described(log: Planted) -> Planted:
    """The log with a catalogue where it has none: even items are of one taste, odd ones of another."""
    if log.data.catalog.items:
        return log
    catalog = told(np.arange(log.log.n_items, dtype=np.int32) % 2, np.random.default_rng(0))
    return replace(log, data=replace(log.data, catalog=catalog))


def rating_of(user: int, item: int) -> float:
    """The planted rating: 3, plus taste (1), strictness (-.5 .. .5) and quality (-.5 .. .5)."""
    taste = 1.0 if user % 2 == item % 2 else -1.0
    return 3.0 + taste + (user % 3 - 1) / 2 + (item % 5 - 2) / 4

"""Whether 95 % intervals hold the truth 95 times in 100 and tests claim nothing where there is nothing.

python benchmarks/intervals.py            everything, about two minutes on one core
python benchmarks/intervals.py coverage   some of: coverage, repeats, windows, tests, detectable

Every line draws samples whose truth is known and asks recx what it would report. Exit code 1 where a promise
is not kept: coverage of 93 to 97 %, false positives of 3.5 to 6.5 % (a nominal 5 % on 1,000 draws).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from promises import DRAWS, Line, holds, play

from recx.metrics import coverage as metric
from recx.metrics.families import benjamini_hochberg, holm
from recx.metrics.repeats import repeated
from recx.metrics.statistics import Interval, Statistic, bootstrap_sums, difference, interval

Floats = npt.NDArray[np.float64]
COVERED = (0.93, 0.97)
WIDE = (0.93, 0.99)
"""Of what is meant to err on the safe side."""
FALSE = (0.035, 0.065)


def lists(random: np.random.Generator, n: int) -> Floats:
    """What an ndcg looks like: two users of three without a hit, the others anywhere up to 1."""
    return np.where(random.random(n) < 2 / 3, 0.0, random.beta(1.5, 2.5, n))


LISTS = 1 / 3 * 1.5 / 4


def coverage() -> Iterator[Line]:
    """Intervals of one run."""
    random = np.random.default_rng(1)
    for n in (100, 1000):
        held = [holds(Statistic.mean(lists(random, n)), LISTS) for _ in range(DRAWS)]
        yield Line(f"ndcg, {n:,} users: t", np.mean(held), COVERED)
    hit = [holds(Statistic.mean((random.random(1000) < 0.05).astype(float)), 0.05) for _ in range(DRAWS)]
    yield Line("hit of .05, 1,000 users: t", np.mean(hit), COVERED)
    # users differ in how wrong their ratings are, and in how many they give
    for n in (100, 500):
        held = [holds(rmse(random, n), np.sqrt(1 + 0.25)) for _ in range(DRAWS)]
        yield Line(f"rmse, {n:,} users, ratings alike: jackknife by user", np.mean(held), COVERED)
    yield from _counted()


def _counted() -> Iterator[Line]:
    """Coverage and gini of lists of ten, out of items that sell as a power of 1/rank."""
    random, draws = np.random.default_rng(5), DRAWS // 2
    for users, items, power in ((1000, 500, 2.0), (1000, 2000, 1.0), (2000, 1000, 1.5)):
        everything, weight = np.ones(items, dtype=np.bool_), -power * np.log(np.arange(1, items + 1))
        found: dict[str, list[Interval]] = {"coverage": [], "gini": []}
        for _ in range(draws):
            noise = random.gumbel(size=(users, items)).astype(np.float32)
            picks = np.argpartition(-noise - weight, 10)[:, :10].astype(np.int32)
            shown = np.bincount(picks.ravel(), minlength=items)
            for name, intervals in found.items():
                value = getattr(metric, name)(shown, everything)
                pulls = getattr(metric, f"{name}_influence")(picks, everything)
                intervals.append(interval(Statistic(value, users, pulls, additive=False)))
        for name, intervals in found.items():
            truth = float(np.mean([each.value for each in intervals]))
            held = [each.low <= truth <= each.high for each in intervals]
            what = f"{name} of {truth:.2f}, {users:,} users, {draws} draws: jackknife by user"
            yield Line(what, np.mean(held), COVERED)


def rmse(random: np.random.Generator, n: int) -> Statistic:
    """Rmse of users of whom each has a level of his own, and 5 to 40 ratings; the truth is sqrt(1.25)."""
    counts = random.integers(5, 41, n)
    level = random.choice([np.sqrt(0.5), np.sqrt(2.0)], n)  # mean of squares 1.25
    squares = level**2 * random.chisquare(counts)
    return Statistic.ratio(squares, counts.astype(float), root=True)


def repeats() -> Iterator[Line]:
    """Intervals of means over several seeds or folds."""
    random = np.random.default_rng(2)
    users = np.arange(300, dtype=np.int32)
    for k in (3, 5):
        for words, between in (("nothing", 0.0), ("half", 0.01), ("as much", 0.02), ("three times", 0.06)):
            held = []
            for _ in range(DRAWS):
                taste, chance = random.normal(0.3, 0.3, 300), random.normal(0, between, k)
                runs = [
                    Statistic.mean(taste + each + random.normal(0, 0.2, 300), users=users) for each in chance
                ]
                held.append(holds(repeated(runs), 0.3))
            what = f"{k} seeds, 300 users; between seeds {words} of what users make"
            yield Line(what, np.mean(held), COVERED)
    yield Line("5 folds: rmse of item means that are learnt", np.mean(list(folds(random))), COVERED)


def folds(random: np.random.Generator) -> Iterator[bool]:
    """Five folds of ratings: item means are learnt from four of them and predict the fifth.

    The truth is what such a model errs on new ratings of new users, known from the planted variances.
    """
    users, items, each = 200, 20, 10
    truth = None
    for _ in range(DRAWS):
        user = np.repeat(np.arange(users), each)
        item = random.integers(0, items, len(user))
        value = random.normal(0, 0.5, items)[item] + random.normal(0, 0.4, users)[user]
        value = value + random.normal(0, 1.0, len(user))
        fold = random.permutation(np.arange(len(user)) % 5)
        parts = []
        for at in range(5):
            learn, ask = fold != at, fold == at
            counts = np.bincount(item[learn], minlength=items)
            means = np.bincount(item[learn], value[learn], items) / np.maximum(1, counts)
            error = value[ask] - means[item[ask]]
            who, rows = np.unique(user[ask], return_inverse=True)
            squares, asked = np.bincount(rows, error**2), np.bincount(rows).astype(float)
            ratio = Statistic.ratio(squares, asked, root=True, users=who.astype(np.int32))
            parts.append(ratio)
        if truth is None:
            # per rating: noise and user, and the error of an item's mean over its learnt ratings
            learnt = users * each * 4 / 5 / items
            truth = np.sqrt((1 + 0.16) * (1 + 1 / learnt))
        yield holds(repeated(parts, overlap=1 / 4), truth)


def windows() -> Iterator[Line]:
    """Four test windows in time: each asks about half of the users, with chance or a mood of its own.

    The truth is what a window drawn from the same time would give on average.
    """
    random = np.random.default_rng(6)
    for words, between in (("nothing", 0.0), ("half", 0.01), ("as much", 0.02), ("three times", 0.06)):
        held = []
        for _ in range(DRAWS):
            taste, mood = random.normal(0.3, 0.3, 600), random.normal(0, between, 4)
            parts = []
            for each in mood:
                users = np.flatnonzero(random.random(600) < 0.5).astype(np.int32)
                values = taste[users] + each + random.normal(0, 0.2, len(users))
                parts.append(Statistic.mean(values, users=users))
            held.append(holds(repeated(parts, overlap=1 / 6), 0.3))
        yield Line(
            f"4 windows, 300 of 600 users each; between windows {words} of what users make",
            np.mean(held),
            WIDE,
        )


def tests() -> Iterator[Line]:
    """A/A: two entrants without a difference, compared in pairs."""
    random = np.random.default_rng(3)
    paired: list[tuple[float, float]] = []
    families: list[list[float]] = []
    for draw in range(DRAWS):
        taste = random.normal(0.3, 0.2, 400)
        values = np.column_stack([taste + random.normal(0, 0.1, 400) for _ in range(2)])
        drawn = bootstrap_sums(values, draw) / 400
        a, b = (Statistic.mean(values[:, at], drawn[:, at]) for at in range(2))
        found = difference(a, b)
        paired.append((found.p_t, found.p_bootstrap))
        # ten rivals of one entrant: differences that share a part
        rivals = [taste + random.normal(0, 0.1, 400) for _ in range(10)]
        families.append([difference(Statistic.mean(each), b).p_t for each in rivals])
    p_t, p_bootstrap = np.array(paired).T
    yield Line("paired t", np.mean(p_t < 0.05), FALSE)
    yield Line("paired bootstrap", np.mean(p_bootstrap < 0.05), FALSE)
    raw = np.mean([min(each) < 0.05 for each in families])
    yield Line("any of ten rivals, not adjusted", raw, (0.065, 1.0))
    yield Line(
        "any of ten rivals, Holm", np.mean([min(holm(each)) < 0.05 for each in families]), (0.0, 0.065)
    )
    adjusted = np.mean([min(benjamini_hochberg(each)) < 0.05 for each in families])
    yield Line("any of ten rivals, Benjamini and Hochberg", adjusted, (0.0, 0.065))
    seeds = []
    users = np.arange(400, dtype=np.int32)
    for _ in range(DRAWS):
        taste = random.normal(0.3, 0.2, 400)
        one, other = (
            repeated(
                [
                    Statistic.mean(taste + chance + random.normal(0, 0.1, 400), users=users)
                    for chance in random.normal(0, 0.01, 3)
                ]
            )
            for _ in range(2)
        )
        seeds.append(difference(one, other).p_t)
    yield Line("paired t over three seeds each", np.mean(np.array(seeds) < 0.05), (0.02, 0.065))


def detectable() -> Iterator[Line]:
    """The smallest detectable difference is planted: how often it is found."""
    random = np.random.default_rng(4)
    told = [
        difference(
            Statistic.mean(random.normal(0, 0.1, 400)), Statistic.mean(random.normal(0, 0.1, 400))
        ).detectable
        for _ in range(100)
    ]
    true = np.mean(told)
    found = [
        difference(
            Statistic.mean(random.normal(true, 0.1, 400)), Statistic.mean(random.normal(0, 0.1, 400))
        ).p_t
        < 0.05
        for _ in range(DRAWS)
    ]
    yield Line("a difference as large as the detectable one", np.mean(found), (0.76, 0.84))


GROUPS: dict[str, Callable[[], Iterator[Line]]] = {
    "coverage": coverage,
    "repeats": repeats,
    "windows": windows,
    "tests": tests,
    "detectable": detectable,
}


if __name__ == "__main__":
    play(__doc__, GROUPS)

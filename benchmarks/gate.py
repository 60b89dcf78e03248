"""What the gate does to runs whose truth is known: how often it stops a good one and lets a bad one through.

python benchmarks/gate.py     about three minutes on one core

2,000 users, two metrics that go together, everybody and 17 parts of them: 36 checks. A retrained model ranks
anew for every third user. Exit code 1 where a promise is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from promises import DRAWS, Line, play

from recx.evaluate.gate.config import EVERYBODY, MarginGate
from recx.evaluate.gate.rules import FAIL, INCONCLUSIVE, PASS, Pair, checks, together
from recx.evaluate.result import Check
from recx.metrics.statistics import Statistic

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
USERS = 2000
GATE = MarginGate()
GROUPS = {"popularity": 3, "activity": 3, "newness": 3, "category": 8}


@dataclass(frozen=True, eq=False)
class Shop:
    """One draw of users: their parts, and what the baseline did for them."""

    parts: dict[tuple[str, str], Bools]
    was: dict[str, Floats]  # metric -> (users,)
    changed: Bools  # whose lists a retrained model makes anew
    now: dict[str, Floats]

    @staticmethod
    def draw(random: np.random.Generator, users: int = USERS) -> Shop:
        """An equally good model: every metric of every user has the same expectation before and now."""
        parts = {("", EVERYBODY): np.ones(users, dtype=np.bool_)}
        for group, count in GROUPS.items():
            member = random.permutation(np.arange(users) % count)
            parts |= {(group, f"{group} {at}"): member == at for at in range(count)}
        changed = random.random(users) < 1 / 3
        was, now = _lists(random, users), _lists(random, users)
        now = {metric: np.where(changed, values, was[metric]) for metric, values in now.items()}
        return Shop(parts, was, changed, now)

    def check(self) -> list[Check]:
        """Every metric over every part."""
        pairs = []
        for metric in self.was:
            for (group, part), members in self.parts.items():
                was, now = self.was[metric][members], self.now[metric][members]
                share = GATE.slice_margin if group else GATE.margin
                margin = share * float(was.mean())
                pairs.append(
                    Pair("als", metric, group, part, Statistic.mean(was), Statistic.mean(now), margin)
                )
        return checks(pairs)


def _lists(random: np.random.Generator, users: int) -> dict[str, Floats]:
    """Ndcg and recall of lists: half of them without a hit, both higher where there are more hits."""
    found = random.random(users) < 0.5
    good = random.beta(1.5, 2.5, users)
    recall = np.clip(good * random.uniform(0.5, 1.5, users), 0, 1)
    return {"ndcg@10": np.where(found, good, 0.0), "recall@10": np.where(found, recall, 0.0)}


def aa() -> Iterator[Line]:
    """Runs as good as their baseline."""
    random = np.random.default_rng(1)
    failed, tolerated, same = [], [], []
    for _ in range(DRAWS):
        shop = Shop.draw(random)
        failed.append(_any(shop.check()))
        tolerated.append(_any(_at_the_margin(shop).check()))
        same.append(together(Shop(shop.parts, shop.was, shop.changed, shop.was).check(), GATE) == PASS)
    yield Line("A/A: any of 36 checks fails", np.mean(failed), (0, 0.05))
    yield Line("all have lost exactly what is tolerated: any fails", np.mean(tolerated), (0, 0.05))
    yield Line("the same lists pass", np.mean(same), (1, 1))


def _at_the_margin(shop: Shop) -> Shop:
    """The hardest case of "no more than tolerated": everybody loses the margin of parts, on average.

    Checks over everybody tolerate less, so they are left out.
    """
    parts = {key: members for key, members in shop.parts.items() if key[0]}
    now = {metric: values * (1 - GATE.slice_margin) for metric, values in shop.now.items()}
    return Shop(parts, shop.was, shop.changed, now)


def power() -> Iterator[Line]:
    """Losses as large as the report says it detects."""
    random = np.random.default_rng(2)
    losses = [_stated(Shop.draw(random).check(), EVERYBODY) for _ in range(100)]
    stated = float(np.mean(losses))
    found, stopped = [], []
    for _ in range(DRAWS):
        result = _evenly(random, stated).check()
        found.append(_verdict(result, EVERYBODY) == FAIL)
        stopped.append(together(result, GATE) == FAIL)
    yield Line(f"{stated:.1%} of ndcg@10 lost by everybody: its check fails", np.mean(found), (0.78, 1))
    yield Line(f"{stated:.1%} of ndcg@10 lost by everybody: the run fails", np.mean(stopped), (0.8, 1))


def _evenly(random: np.random.Generator, share: float, users: int = USERS) -> Shop:
    """Every value of every user smaller by ``share``: the loss adds next to nothing to the spread."""
    shop = Shop.draw(random, users)
    return Shop(
        shop.parts, shop.was, shop.changed, {name: values * (1 - share) for name, values in shop.now.items()}
    )


def one_part() -> Iterator[Line]:
    """A loss in one part only, as large as the report says it detects there; 8,000 users."""
    random, users, place = np.random.default_rng(3), 8000, ("category", "category 0")
    stated = float(np.mean([_stated(Shop.draw(random, users).check(), place[1]) for _ in range(50)]))
    there, elsewhere = [], []
    for _ in range(DRAWS):
        shop = Shop.draw(random, users)
        lost = shop.parts[place]
        now = {name: np.where(lost, values * (1 - stated), values) for name, values in shop.now.items()}
        result = Shop(shop.parts, shop.was, shop.changed, now).check()
        failed = {each.part for each in result if each.verdict == FAIL}
        there.append(place[1] in failed)
        elsewhere.append(bool(failed - {place[1]}))
    what = f"{stated:.1%} lost in one of 17 parts"
    yield Line(f"{what}: found there", np.mean(there), (0.8, 1))
    yield Line(f"{what}: a check fails elsewhere", np.mean(elsewhere), (0, 0.05))


def open_ended() -> Iterator[Line]:
    """What an inconclusive verdict says it needs."""
    random = np.random.default_rng(4)
    decided = []
    while len(decided) < 200:
        shop = Shop.draw(random, 500)
        first = next(each for each in shop.check() if each.part == EVERYBODY)
        if first.verdict != INCONCLUSIVE or first.users_needed is None or first.users_needed > 50_000:
            continue
        seen = 1 + first.difference.value / first.baseline
        more = _evenly(random, 1 - seen, first.users_needed)
        only = {("", EVERYBODY): more.parts["", EVERYBODY]}
        result = Shop(only, more.was, more.changed, more.now).check()
        decided.append(result[0].verdict != INCONCLUSIVE)
    yield Line("inconclusive with 500 users, decided with as many as it names", np.mean(decided), (0.75, 1))


def _any(found: list[Check]) -> bool:
    return any(each.verdict == FAIL for each in found)


def _check(found: list[Check], part: str) -> Check:
    return next(each for each in found if each.metric == "ndcg@10" and each.part == part)


def _verdict(found: list[Check], part: str) -> str:
    return _check(found, part).verdict


def _stated(found: list[Check], part: str) -> float:
    each = _check(found, part)
    return each.detectable / each.baseline


if __name__ == "__main__":
    play(__doc__, {each.__name__: each for each in (aa, power, one_part, open_ended)})

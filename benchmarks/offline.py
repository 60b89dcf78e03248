"""Whether the intervals of offline A/B tests hold a truth that is known, and whether too little is refused.

python benchmarks/offline.py                everything, about two minutes on one core
python benchmarks/offline.py interleaving   some of: values, small, replay, interleaving, command

All of it is simulated: a shop with 20 items and six tastes, whose users take what they are shown with a
chance that is written down here, so that what a policy earns is known exactly. Users come 1 to 9 times, and
some take more of everything than others. Exit code 1 where a promise is not kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from promises import DRAWS, Line, holds, play

from recx.config.compose import compose
from recx.data import Rankings
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.offline.config import IpsConfig, ReplayConfig
from recx.evaluate.offline.estimators import (
    RewardModel,
    doubly_robust,
    effective,
    ips,
    mean_weight,
    snips,
)
from recx.evaluate.offline.interleave import outcomes
from recx.evaluate.offline.logged import Logged
from recx.evaluate.offline.policy import Policy, lists_of
from recx.evaluate.offline.replay import matches, replayed
from recx.evaluate.offline.verb import sign_test
from recx.evaluate.sources import open_source
from recx.metrics.config import ProtocolConfig
from recx.metrics.lists import Targets
from recx.metrics.protocol import Protocol
from recx.metrics.statistics import Statistic, interval, tested
from recx.prepare import stored
from recx.train import train

Floats = npt.NDArray[np.float64]
COVERED = (0.93, 0.97)
FALSE = (0.035, 0.065)
TASTES, ITEMS = 6, 20
LEAST = IpsConfig().least


@dataclass(frozen=True)
class Shop:
    """What users take, what they are shown, and a policy to be valued."""

    logging: str  # "evenly" | "by a (gentle) softmax" | "nine times in ten the favourite"
    policy: IpsConfig
    users: int

    @cached_property
    def taken(self) -> Floats:
        """Chance that an item is taken when shown: (tastes, items), .01 to .5."""
        return np.clip(np.random.default_rng(7).beta(1.2, 7, (TASTES, ITEMS)), 0.01, 0.5)

    @cached_property
    def shown(self) -> Floats:
        """Chance that the shop shows an item: (tastes, items)."""
        if self.logging == "evenly":
            return np.full((TASTES, ITEMS), 1 / ITEMS)
        # the shop knows roughly what people like
        guess = self.taken + np.random.default_rng(8).normal(0, 0.08, (TASTES, ITEMS))
        if "softmax" in self.logging:
            weights = np.exp(guess / (0.3 if "gentle" in self.logging else 0.1))
            return weights / weights.sum(1, keepdims=True)
        favourite = np.eye(ITEMS)[guess.argmax(1)]
        return 0.9 * favourite + 0.1 / ITEMS

    @cached_property
    def rankings(self) -> Rankings:
        """The lists that are valued, one a taste: another rough guess."""
        guess = self.taken + np.random.default_rng(9).normal(0, 0.08, (TASTES, ITEMS))
        order = np.argsort(-guess, axis=1)[:, : self.policy.k].astype(np.int32)
        return Rankings(
            np.arange(TASTES, dtype=np.int32), order, np.take_along_axis(guess, order, 1).astype("f4")
        )

    @cached_property
    def acting(self) -> Policy:
        """The policy that is valued."""
        return Policy.of(self.rankings, self.policy)

    @cached_property
    def truth(self) -> float:
        """What it earns per event: every taste is as frequent, and some users take half, some half more."""
        return float(
            np.mean(np.sum(self.acting.chances * np.take_along_axis(self.taken, self.rankings.items, 1), 1))
        )

    def log(self, random: np.random.Generator) -> Logged:
        """What users of this shop have left behind; ``users`` of it are their tastes."""
        taste = random.integers(0, TASTES, self.users)
        eager = random.choice([0.5, 1.5], self.users)
        person = np.repeat(np.arange(self.users), 1 + np.minimum(8, random.poisson(2, self.users)))
        sums = np.cumsum(self.shown, axis=1)
        item = (random.random(len(person))[:, None] > sums[taste[person]]).sum(1)
        item = np.minimum(item, ITEMS - 1)
        chance = self.taken[taste[person], item] * eager[person]
        return Logged(
            taste[person].astype(np.int32),
            item.astype(np.int32),
            (random.random(len(person)) < chance).astype(np.float64),
            self.shown[taste[person], item],
            person.astype(np.int32),
        )

    def estimates(self, random: np.random.Generator) -> tuple[float, dict[str, Statistic]]:
        """The smaller effective sample of a log, and what it says of the policy."""
        before, log = self.log(random), self.log(random)
        assert log.propensities is not None
        weights = self.acting.chance(log) / log.propensities
        model = RewardModel.fit(before.items, before.rewards, ITEMS)
        expected, guessed = self.acting.expected(model, log), model.of(log.items)
        sample = min(effective(weights), effective(log.by_person(weights)))
        return sample, {
            "IPS": ips(log, weights),
            "SNIPS": snips(log, weights),
            "DR": doubly_robust(log, weights, expected, guessed),
            "mean weight": mean_weight(log, weights),
        }


def values() -> Iterator[Line]:
    """Intervals of policies that the log knows enough of."""
    top, five = IpsConfig(policy="top", k=1), IpsConfig(policy="uniform", k=5)
    for shop in (
        Shop("evenly", top, 1500),
        Shop("by a softmax", top, 1500),
        Shop("by a softmax", five, 1500),
        Shop("nine times in ten the favourite", top, 7000),
        Shop("nine times in ten the favourite", five, 2000),
    ):
        yield from _covered(shop)


def _covered(shop: Shop) -> Iterator[Line]:
    random = np.random.default_rng(1)
    held: dict[str, list[bool]] = {"IPS": [], "SNIPS": [], "DR": []}
    sizes = []
    for _ in range(DRAWS):
        size, found = shop.estimates(random)
        sizes.append(size)
        if size >= LEAST:
            for name, each in held.items():
                each.append(holds(found[name], shop.truth))
    valued = len(held["IPS"])
    for name, each in held.items():
        what = f"simulated, shown {shop.logging}, {shop.policy.policy} of {shop.policy.k}: {name}"
        yield Line(
            f"{what} (effective sample {np.mean(sizes):,.0f}, {valued:,} logs)", float(np.mean(each)), COVERED
        )


def small() -> Iterator[Line]:
    """Logs that know too little: refused, and what their intervals would have held."""
    random = np.random.default_rng(2)
    for users in (300, 1700):
        shop = Shop("nine times in ten the favourite", IpsConfig(policy="top", k=1), users)
        found = [shop.estimates(random) for _ in range(DRAWS)]
        what = f"simulated, effective sample {np.mean([size for size, _ in found]):,.0f}"
        yield Line(f"{what}: refused", float(np.mean([size < LEAST for size, _ in found])), (1.0, 1.0))
        for name in ("IPS", "SNIPS", "DR"):
            held = [holds(each[name], shop.truth) for size, each in found if size > 0]
            yield Line(f"{what}: {name} would hold the truth", float(np.mean(held)), (0.0, 1.0))
    never = Shop("evenly", IpsConfig(policy="top", k=1), 4000)
    blind = np.zeros(DRAWS, dtype=bool)
    for draw in range(DRAWS):
        log = never.log(random)
        kept = log.items != never.rankings.items[0, 0]  # the first taste's first item is never shown
        some = Logged(
            *(column[kept] for column in (log.users, log.items, log.rewards, log.propensities, log.persons))
        )
        assert some.propensities is not None
        weights = never.acting.chance(some) / (some.propensities * ITEMS / (ITEMS - 1))
        blind[draw] = interval(mean_weight(some, weights)).high < 1
    yield Line("simulated, an item is never shown: told by the mean weight", float(blind.mean()), (0.8, 1.0))


def replay() -> Iterator[Line]:
    """Where items are shown evenly, matches are a fair sample."""
    random = np.random.default_rng(3)
    shop = Shop("evenly", IpsConfig(policy="uniform", k=1), 1500)
    held = []
    for _ in range(DRAWS):
        log = shop.log(random)
        held.append(holds(replayed(matches(shop.rankings, log), log), shop.truth))
    yield Line("simulated, shown evenly, first item: replay", float(np.mean(held)), COVERED)


def interleaving() -> Iterator[Line]:
    """Two rankings as good as each other, and one that is a little better."""
    random = np.random.default_rng(4)
    for lift, promised in ((0.0, FALSE), (0.5, (0.8, 1.0))):
        p: dict[str, list[float]] = {"t": [], "sign test": []}
        for draw in range(DRAWS):
            # scores of 50 items for 400 users; three are taken, the better liked the likelier
            liking = random.normal(size=(400, 50))
            taken = np.sort(np.argsort(-(liking + random.gumbel(size=liking.shape)), 1)[:, :3], 1)
            a, b = (
                np.argsort(-(share * liking + random.normal(size=liking.shape)), 1)[:, :10].astype(np.int32)
                for share in (0.5, 0.5 + lift)
            )
            targets = Targets(
                np.arange(400, dtype=np.int32),
                np.arange(0, 1201, 3, dtype=np.int64),
                taken.ravel().astype(np.int32),
                np.ones(1200, np.float32),
            )
            won = outcomes(a, b, targets, 10, draw)
            p["t"].append(tested(Statistic.mean(won / 10)).p_t)
            p["sign test"].append(sign_test(int((won > 0).sum()), int((won < 0).sum())))
        what = "as good as each other" if lift == 0 else "one better"
        for name, each in p.items():
            yield Line(
                f"simulated, interleaved, {what}: {name} below .05",
                float(np.mean(np.array(each) < 0.05)),
                promised,
            )


def command() -> Iterator[Line]:
    """A written log through prepare, train and evaluate: what three models would earn as policies."""
    with tempfile.TemporaryDirectory() as home:
        shop = Shop("by a gentle softmax", IpsConfig(), 4000)
        taste = _write(shop, Path(home) / "log.csv", 60_000)
        data = [
            f"dataset.path={home}/log.csv", f"data_dir={home}/data", f"results={home}/results",
            "dataset=csv", "dataset.value=click", "dataset.propensity=propensity", "dataset.repeats=yes",
        ]  # fmt: skip
        runs = [
            str(train(compose("train", [f"model={name}", *data]).settings).folder)
            for name in ("popular", "item_knn", "ease")
        ]
        found = {}
        for offline in (IpsConfig(), ReplayConfig(k=1)):
            report = evaluate(
                EvaluateConfig(runs=runs, results=f"{home}/results", offline=offline, metrics=["ndcg"])
            )
            assert report.offline is not None
            found[offline.method] = report.offline.valued[1:]
        for run, valued, replayed_ in zip(runs, found["ips"], found["replay"], strict=True):
            truth = _earned(shop, run, taste)
            held = [each.low <= truth <= each.high for each in valued.values.values()]
            ips_, naive = valued.values["ips"], replayed_.values["replay"].value
            yield Line(
                f"simulated, one log through train and evaluate, {valued.label}: truth {truth:.3f}, replay "
                f"{naive:.3f}, IPS {ips_.value:.3f} ({ips_.low:.3f} to {ips_.high:.3f}); IPS, SNIPS and DR "
                "hold the truth",
                float(np.mean(held)),
                (0.6, 1.0),
            )


def _write(shop: Shop, path: Path, events: int) -> npt.NDArray[np.int64]:
    """A log of ``events``, a minute each; the taste of each user."""
    random = np.random.default_rng(5)
    taste = random.integers(0, TASTES, shop.users)
    person = random.integers(0, shop.users, events)
    item = (random.random(events)[:, None] > np.cumsum(shop.shown, axis=1)[taste[person]]).sum(1)
    item = np.minimum(item, ITEMS - 1)
    click = random.random(events) < shop.taken[taste[person], item]
    shown = shop.shown[taste[person], item]
    rows = zip(person, item, click, range(events), shown, strict=True)
    lines = [f"u{u},i{i},{int(c)},{1_700_000_000 + 60 * t},{p:.8f}" for u, i, c, t, p in rows]
    path.write_text("\n".join(["user,item,click,time,propensity", *lines]) + "\n")
    return taste


def _earned(shop: Shop, run: str, taste: npt.NDArray[np.int64]) -> float:
    """What showing the first item of the run's lists earns per test event, by the truth."""
    source = open_source(Path(run))
    data = stored.load(source.dataset[0])
    log, fold = Logged.of(data, "value"), data.split.final
    allowed = Protocol.of(ProtocolConfig(), data).allowed(data, fold)
    lists = lists_of(source, next(iter(source.labels)), fold, allowed, log.asked, 1)
    best = np.array([int(data.items[item].removeprefix("i")) for item in lists.items[log.asked_rows, 0]])
    known = np.array(
        [taste[int(data.users[user].removeprefix("u"))] if user >= 0 else -1 for user in log.users]
    )
    # who took nothing at all has any taste
    return float(np.mean(np.where(known >= 0, shop.taken[known, best], shop.taken.mean(0)[best])))


GROUPS: dict[str, Callable[[], Iterator[Line]]] = {
    "values": values,
    "small": small,
    "replay": replay,
    "interleaving": interleaving,
    "command": command,
}


if __name__ == "__main__":
    play(__doc__, GROUPS)

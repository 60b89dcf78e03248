"""What each run would have earned per event, by the test log."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from recx.arrays import Bool
from recx.data import Dataset, Rankings
from recx.errors import DataError
from recx.evaluate.estimates import Statistics, compare_pairs, estimate, estimates
from recx.evaluate.offline.config import SOFTMAX, TOP, IpsConfig, ReplayConfig
from recx.evaluate.offline.estimators import (
    PRIOR,
    RewardModel,
    doubly_robust,
    effective,
    ips,
    mean_weight,
    on_policy,
    snips,
)
from recx.evaluate.offline.logged import Logged
from recx.evaluate.offline.policy import Policy
from recx.evaluate.offline.replay import matches, replayed
from recx.evaluate.result import Estimate, OfflineResult, Valued
from recx.metrics.statistics import interval

LOGGED = "the log"
"""What earned what was logged, beside the runs."""
REPLAY = "replay"
ESTIMATORS = ("ips", "snips", "dr")


@dataclass(frozen=True, eq=False)
class Book:
    """The log of the test period, and the lists that runs have for whom it holds."""

    dataset: Dataset
    test: Logged
    runs: dict[str, tuple[str, Rankings]] = field(default_factory=dict)
    """Name -> folder, and lists of ``test.asked``."""


def by_replay(config: ReplayConfig, book: Book) -> OfflineResult:
    """The mean reward of the events whose item each run would have shown.

    Raises DataError where they are too few.
    """
    logged, valued, statistics = book.test, list[Valued](), dict[str, Statistics]()
    for name, (folder, rankings) in book.runs.items():
        matched = matches(rankings, logged)
        n, people = int(np.count_nonzero(matched)), _people(logged, matched)
        if n < config.least or people < 2:
            raise DataError(
                f"{name}: {n:,} of {len(logged):,} logged events, of {people:,} users, are among its first "
                f"{config.k}, and a value needs {config.least:,}: raise offline.k, or set offline.least"
            )
        statistics[name] = {REPLAY: replayed(matched, logged)}
        valued.append(Valued(name, folder, len(logged), n, estimates(statistics[name])))
    words = [
        f"an event counts where its item is among the run's first {config.k}; a run's value is the mean "
        f"reward ({config.reward}) of such events",
        "unbiased only where items were shown at random: what a shop shows on purpose, or people find by "
        "themselves, meets other people than a random item would",
    ]
    if logged.propensities is not None and np.ptp(logged.propensities) > 0:
        words.append("this log says that its items were not shown evenly: offline=ips corrects for it")
    if np.ptp(logged.rewards) == 0:
        words.append(
            f"every logged event is worth {logged.rewards[0]:g}, so only the number of matches tells runs "
            "apart; offline.reward=COLUMN takes another worth, dataset.event_weights make one"
        )
    return _result(config, book, words, valued, statistics, (REPLAY,))


def by_propensity(config: IpsConfig, book: Book) -> OfflineResult:
    """IPS, SNIPS and doubly robust values of each run as a policy.

    Raises DataError where the log holds no failures, or where an effective sample is too small.
    """
    logged, valued, statistics = book.test, list[Valued](), dict[str, Statistics]()
    assert logged.propensities is not None
    if np.ptp(logged.rewards) == 0:
        raise DataError(
            f"{book.dataset.name}: each of its {len(logged):,} logged test events earned "
            f"{logged.rewards[0]:g}; what was shown and not taken has to be in the log, with a value of 0"
        )
    learnt = Logged.of(book.dataset, config.reward, test=False)
    model = RewardModel.fit(learnt.items, learnt.rewards, book.dataset.n_items)
    words = [f"{_policy(config)}; reward: {config.reward}", _dr(len(learnt))]
    for name, (folder, rankings) in book.runs.items():
        policy = Policy.of(rankings, config)
        chances = policy.chance(logged)
        weights = chances / logged.propensities
        if config.clip:
            weights = np.minimum(weights, config.clip)
        events, people = effective(weights), effective(logged.by_person(weights))
        if min(events, people) < config.least:
            raise DataError(
                f"{name}: the log is worth {events:,.0f} events of {people:,.0f} users to it (effective "
                f"sample of {len(logged):,} events), a value needs {config.least:,}: log more, show more at "
                "random, or ask for a policy that spreads (offline.policy=uniform)"
            )
        expected, guessed = policy.expected(model, logged), model.of(logged.items)
        statistics[name] = {
            "ips": ips(logged, weights),
            "snips": snips(logged, weights),
            "dr": doubly_robust(logged, weights, expected, guessed),
        }
        weight = estimate(interval(mean_weight(logged, weights)))
        words += _support(name, weight, bool(config.clip))
        valued.append(
            Valued(
                name,
                folder,
                len(logged),
                int(np.count_nonzero(chances)),
                estimates(statistics[name]),
                events,
                people,
                weight,
            )
        )
    if config.clip:
        words.append(f"weights above {config.clip:g} count as {config.clip:g}: less spread, and a bias")
    return _result(config, book, words, valued, statistics, ESTIMATORS)


def _result(
    config: ReplayConfig | IpsConfig,
    book: Book,
    words: list[str],
    valued: list[Valued],
    statistics: dict[str, Statistics],
    estimators: tuple[str, ...],
) -> OfflineResult:
    """With the log itself as the first to be valued, and every run held against it and against the first."""
    logged = book.test
    earned = dict.fromkeys(estimators, on_policy(logged))
    own = Valued(LOGGED, "", len(logged), len(logged), estimates(earned))
    names = list(statistics)
    pairs = [(name, LOGGED) for name in names] + [(name, names[0]) for name in names[1:]]
    differences = compare_pairs({LOGGED: earned} | statistics, pairs)
    return OfflineResult(config.method, asdict(config), words, None, [own, *valued], differences)


def _people(logged: Logged, events: Bool) -> int:
    return len(np.unique(logged.people[events]))


def _policy(config: IpsConfig) -> str:
    if config.policy == TOP:
        return "policy: everybody is shown the first item of the run's list"
    how = f"by a softmax of temperature {config.temperature:g}" if config.policy == SOFTMAX else "evenly"
    return f"policy: everybody is shown one of the first {config.k} of the run's list, drawn {how}"


def _dr(learnt: int) -> str:
    if not learnt:
        return "DR: nothing was logged before test, so its reward model knows nothing and it equals IPS"
    return (
        f"DR's reward model: each item's mean reward over {learnt:,} events before test, drawn towards the "
        f"mean of all as if by {PRIOR:g} events more"
    )


def _support(name: str, weight: Estimate, clipped: bool) -> list[str]:
    """A mean weight that is not 1 says that the propensities are not those of the log."""
    if weight.high < 1 and not clipped:
        return [
            f"{name}: weights average {weight.value:.2f} and not 1, so part of what it would show is never "
            "shown in the log; IPS counts that part as worth nothing"
        ]
    if weight.low > 1:
        return [f"{name}: weights average {weight.value:.2f} and not 1: the propensities are too small"]
    return []

"""An offline A/B test of the runs of one report: checked before anything is scored, then made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from recx.errors import DataError, UsageError
from recx.evaluate.estimates import compare_pairs, estimate
from recx.evaluate.offline.config import InterleaveConfig, OfflineConfig, ReplayConfig
from recx.evaluate.offline.interleave import outcomes
from recx.evaluate.offline.logged import Logged
from recx.evaluate.offline.policy import lists_of
from recx.evaluate.offline.replay import matches, replayed
from recx.evaluate.result import OfflineResult, Preference, Valued
from recx.evaluate.sources import Source
from recx.evaluate.table import Answered
from recx.evaluate.tasks import Task
from recx.metrics.statistics import Statistic, interval, tested

LOGGED = "the log"
"""What earned what was logged, beside the runs."""
REPLAY = "replay"


@dataclass(frozen=True)
class Side:
    """A run of the test, which answers with its model or its fusion."""

    source: Source
    label: str  # of the entrant in the source
    name: str  # in the report


@dataclass(frozen=True)
class Offline:
    """A test that can be made."""

    config: OfflineConfig
    task: Task
    sides: Sequence[Side]
    logged: Logged | None  # where it reads the log event by event
    seed: int

    @staticmethod
    def of(config: OfflineConfig, tasks: Sequence[Sequence[Task]], seed: int) -> Offline | None:
        """The test that ``config`` asks for, None for none.

        Raises UsageError where settings are out of range or the runs do not fit, DataError where the log does
        not.
        """
        if config.method == "none":
            return None
        if len(tasks) > 1 or len(tasks[0]) > 1:
            what = "values of repeat" if len(tasks) > 1 else "folds or windows"
            raise UsageError(f"offline={config.method} takes runs of one question; these have several {what}")
        task = tasks[0][0]
        sides = _sides(task)
        if isinstance(config, InterleaveConfig):
            _check_interleave(config, task, sides)
            return Offline(config, task, sides, None, seed)
        assert isinstance(config, ReplayConfig)
        if config.k < 1:
            raise UsageError(f"offline.k={config.k}: expected 1 or more")
        if config.least < 2:
            raise UsageError(f"offline.least={config.least}: expected 2 or more, such as 100")
        return Offline(config, task, sides, Logged.of(task.part.dataset, config.reward), seed)

    def value(self, tell: Callable[[str], None]) -> OfflineResult | None:
        """What the log says without the tables; None for a test that needs their lists.

        Raises DataError where a value would rest on too few events.
        """
        if not isinstance(self.config, ReplayConfig) or self.logged is None:
            return None
        return self._replay(self.config, self.logged, tell)

    def compare(self, answered: Answered) -> OfflineResult:
        """Two runs in one list, out of the lists that the tables were made of."""
        config = self.config
        assert isinstance(config, InterleaveConfig)
        a, b = self.sides
        lists = [answered.scored[side.name].measured.items[:, : config.k] for side in (a, b)]
        targets = answered.question.targets
        won = outcomes(lists[0], lists[1], targets, config.draws, self.seed)
        margin = tested(Statistic.mean(won / config.draws))
        wins, losses = int(np.count_nonzero(won > 0)), int(np.count_nonzero(won < 0))
        return OfflineResult(
            config.method,
            asdict(config),
            [
                "clicks are what users took in test: what neither list shows gets none, and nobody is led to "
                "an item by seeing it",
                f"{config.draws} drafts a user, in pairs of opposite coins; the margin is the share of drafts"
                f" that {a.name} wins minus those that {b.name} wins",
            ],
            Preference(
                a.name,
                b.name,
                config.k,
                config.draws,
                wins,
                losses,
                len(won) - wins - losses,
                estimate(margin.interval),
                margin.p_t,
                sign_test(wins, losses),
            ),
        )

    def _replay(self, config: ReplayConfig, logged: Logged, tell: Callable[[str], None]) -> OfflineResult:
        valued, statistics = list[Valued](), dict[str, Statistic]()
        for side in self.sides:
            tell(f"replay · {side.name}")
            dataset, fold = self.task.part.dataset, self.task.part.dataset.split.final
            allowed = self.task.protocol.allowed(dataset, fold)
            rankings = lists_of(side.source, side.label, fold, allowed, logged.people, config.k)
            matched = matches(rankings, logged)
            n, users = int(np.count_nonzero(matched)), len(np.unique(logged.users[matched]))
            if n < config.least or users < 2:
                raise DataError(
                    f"{side.name}: {n:,} of {len(logged):,} logged events, of {users:,} users, are among "
                    f"its first {config.k}, and a value needs {config.least:,}: raise offline.k, or set "
                    "offline.least"
                )
            found = statistics[side.name] = replayed(matched, logged)
            run = str(side.source.folder)
            valued.append(Valued(side.name, run, len(logged), n, {REPLAY: estimate(interval(found))}))
        everything = Statistic.ratio(logged.by_person(logged.rewards), logged.by_person(np.ones(len(logged))))
        words = [
            f"an event counts where its item is among the run's first {config.k}; a run's value is the mean "
            f"reward ({config.reward}) of such events",
            "unbiased only where items were shown at random: what a shop shows on purpose, or people find by "
            "themselves, meets other people than a random item would",
        ]
        if np.ptp(logged.rewards) == 0:
            words.append(
                f"every logged event is worth {logged.rewards[0]:g}, so only the number of matches tells "
                "runs apart; offline.reward=COLUMN takes another worth, dataset.event_weights make one"
            )
        statistics = {LOGGED: everything} | statistics
        pairs = [(side.name, LOGGED) for side in self.sides]
        pairs += [(side.name, self.sides[0].name) for side in self.sides[1:]]
        return OfflineResult(
            config.method,
            asdict(config),
            words,
            None,
            [
                Valued(LOGGED, "", len(logged), len(logged), {REPLAY: estimate(interval(everything))}),
                *valued,
            ],
            compare_pairs({name: {REPLAY: each} for name, each in statistics.items()}, pairs),
        )


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p of a fair coin, over those who have a winner; 1 where nobody has."""
    from scipy.stats import binomtest

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def _sides(task: Task) -> list[Side]:
    """The runs in the order in which they were named; a fuse run answers with its fusion."""
    found = []
    for source in task.part.sources:
        label = next((name for name, kind in source.labels.items() if kind == "fusion"), None)
        label = label or next(iter(source.labels))
        found.append(Side(source, label, task.names.get((source.folder, label), label)))
    return found


def _check_interleave(config: InterleaveConfig, task: Task, sides: Sequence[Side]) -> None:
    if len(sides) != 2:
        raise UsageError(f"offline=interleave takes two runs, not {len(sides)}: runs=[A,B]")
    if not 1 <= config.k <= task.protocol.depth:
        raise UsageError(
            f"offline.k={config.k}: expected 1 to {task.protocol.depth}, the largest cut-off of k=[…]"
        )
    if config.draws < 2 or config.draws % 2:
        raise UsageError(f"offline.draws={config.draws}: expected an even number, 2 or more")

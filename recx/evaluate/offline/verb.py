"""An offline A/B test of the runs of one report: checked before anything is scored, then made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from recx.errors import DataError, UsageError, did_you_mean
from recx.evaluate.estimates import estimate
from recx.evaluate.offline.config import (
    POLICIES,
    SOFTMAX,
    TOP,
    InterleaveConfig,
    IpsConfig,
    OfflineConfig,
    ReplayConfig,
)
from recx.evaluate.offline.interleave import outcomes
from recx.evaluate.offline.logged import Logged
from recx.evaluate.offline.policy import lists_of
from recx.evaluate.offline.worth import Book, by_propensity, by_replay
from recx.evaluate.result import OfflineResult, Preference
from recx.evaluate.sources import Source
from recx.evaluate.table import Answered
from recx.evaluate.tasks import Task
from recx.metrics.statistics import Statistic, tested


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
    book: Book | None  # where the log is read event by event
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
        assert isinstance(config, ReplayConfig | IpsConfig)
        _check_valuing(config)
        dataset = task.part.dataset
        if isinstance(config, IpsConfig) and dataset.exposures is None:
            raise DataError(
                f"{dataset.name} does not say with what chance its items were shown; prepare it with "
                "dataset.propensity=COLUMN, or use offline=replay"
            )
        test = Logged.of(dataset, config.reward)
        return Offline(config, task, sides, Book(dataset, test), seed)

    def value(self, tell: Callable[[str], None]) -> OfflineResult | None:
        """What the log says without the tables; None for a test that needs their lists.

        Raises DataError where a value would rest on too few events.
        """
        config, book = self.config, self.book
        if book is None:
            return None
        dataset = self.task.part.dataset
        fold = dataset.split.final
        allowed = self.task.protocol.allowed(dataset, fold)
        assert isinstance(config, ReplayConfig | IpsConfig)
        k = 1 if isinstance(config, IpsConfig) and config.policy == TOP else config.k
        for side in self.sides:
            tell(f"{config.method} · {side.name}")
            rankings = lists_of(side.source, side.label, fold, allowed, book.test.asked, k)
            book.runs[side.name] = str(side.source.folder), rankings
        return by_propensity(config, book) if isinstance(config, IpsConfig) else by_replay(config, book)

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


def _check_valuing(config: ReplayConfig | IpsConfig) -> None:
    if config.k < 1:
        raise UsageError(f"offline.k={config.k}: expected 1 or more")
    if config.least < 2:
        raise UsageError(f"offline.least={config.least}: expected 2 or more, such as 100")
    if isinstance(config, ReplayConfig):
        return
    if config.policy not in POLICIES:
        raise UsageError(f"offline.policy={config.policy}{did_you_mean(config.policy, POLICIES)}")
    if config.policy == SOFTMAX and not config.temperature > 0:
        raise UsageError(f"offline.temperature={config.temperature:g}: expected a number above 0")
    if config.clip < 0 or 0 < config.clip < 1:
        raise UsageError(f"offline.clip={config.clip:g}: expected 0 (off), or a largest weight of 1 or more")

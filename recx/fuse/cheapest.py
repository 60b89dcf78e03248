"""What sets of bases are worth to a fuser, and what they cost: what `fuser.budget` chooses by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from recx.data import Fold
from recx.fuse import crossed
from recx.fuse.budget import Bases, Budget, Cost, choose
from recx.fuse.fusers import create, fuser_class
from recx.fuse.fusers.base import Lesson
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.search import rounds_of
from recx.fuse.table import Table
from recx.fuse.worth import among
from recx.train.pace import milliseconds_per_user
from recx.train.runs import TrainRun, load_model

USERS = 1500
"""Users of a window on whom sets are tried."""


def cheapest(
    config: FuserConfig,
    runs: Mapping[str, TrainRun],
    valid: Fold,
    windows: Sequence[Table],
    lesson: Lesson,
    tell: Callable[[str], None],
) -> Budget:
    """The cheapest ``runs`` whose fusion loses no more than ``config.budget`` of the best set's metric.

    Each of the users of ``windows`` is scored by fusers that have not learnt from them, and dated labels by
    fusers that have not learnt from their items either. Where ratings decide, bases that predict none are
    left out.
    """
    rounds, judged = rounds_of([_some(table, lesson.seed) for table in windows], lesson, "fuser.budget")
    lighter, learns, tried = config.lighter(), fuser_class(config.name).learns, 0

    def one(bases: Bases, table: Table, asked: Table, how: Lesson) -> float:
        contest = how.judge.on(among(asked, bases))
        if not learns:
            return contest.value(create(lighter).score(contest.table))
        return contest.value(crossed.scores(lighter, among(table, bases), contest.table, how))

    def value(bases: Bases) -> float:
        nonlocal tried
        tried += 1
        tell(f"{config.name} · budget, set {tried} of {len(bases)} bases")
        return float(np.mean([one(bases, *each) for each in rounds]))

    if lesson.judge.metric.k is not None:
        judged = f"{judged} with something to find among the candidates"
    labels = windows[0].votes.labels
    costs = {label: _cost(runs[label], config.cost, valid) for label in labels}
    assert config.budget is not None
    found = choose(costs, value, config.budget, config.cost, lesson.judge.metric, judged)
    return replace(found, others=tuple(label for label in runs if label not in labels))


def _cost(run: TrainRun, unit: str, valid: Fold) -> Cost:
    """As its run has measured it; for a run of an earlier version some users are scored now."""
    pace = run.milliseconds_per_user
    if pace is None and unit == "milliseconds":
        pace = milliseconds_per_user(load_model(run, valid.name), valid)
    return Cost(run.fits[run.scoring_fit].seconds, pace)


def _some(table: Table, seed: int) -> Table:
    few = np.zeros(len(table.users), dtype=np.bool_)
    few[np.random.default_rng([seed, 18]).permutation(len(few))[:USERS]] = True
    return table.take(few)

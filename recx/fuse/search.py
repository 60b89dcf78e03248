"""Settings of a fuser, searched on its windows alone: `fuser.search=30`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from recx.errors import UsageError
from recx.fuse import crossed
from recx.fuse.fusers.base import Lesson
from recx.fuse.fusers.shared import Axis, LearntConfig, Range, Value
from recx.fuse.table import Table

if TYPE_CHECKING:
    import optuna

Round = tuple[Table, Table, Lesson]
FOLDS = 3
"""Parts the users of a single window are dealt into; each is scored by fusers that learnt from the others."""


@dataclass(frozen=True)
class Trial:
    """Some settings and what they were worth."""

    settings: dict[str, Value]
    value: float  # of the metric, mean over the users


@dataclass(frozen=True)
class Searched:
    """What a search has found."""

    metric: str
    judged: str  # on whom, in words
    trials: tuple[Trial, ...]  # the settings as they were asked for first
    best: int

    @property
    def settings(self) -> dict[str, Value]:
        """The best ones."""
        return self.trials[self.best].settings

    def words(self) -> str:
        """What was searched and found, in a sentence."""
        first, best = self.trials[0], self.trials[self.best]
        changed = [
            f"{name}={value}" for name, value in best.settings.items() if value != first.settings[name]
        ]
        tried = f"{len(self.trials)} settings were tried on {self.judged}"
        if not changed:
            return f"{tried}: the given ones are best, {self.metric} {best.value:.4f}"
        return (
            f"{tried}: {' '.join(changed)} are best, {self.metric} {best.value:.4f}, {first.value:.4f} "
            "with the given ones"
        )

    @staticmethod
    def read(plain: Mapping[str, Any]) -> Searched:
        """The search that a manifest describes."""
        trials = tuple(Trial(**trial) for trial in plain["trials"])
        return Searched(**{**plain, "trials": trials})

    def csv(self) -> str:
        """A row a trial."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["trial", self.metric, *self.settings])
        for number, trial in enumerate(self.trials):
            rows.writerow([number, f"{trial.value:.6f}", *trial.settings.values()])
        return text.getvalue()


def search(
    config: LearntConfig, windows: Sequence[Table], lesson: Lesson, tell: Callable[[int], None]
) -> Searched:
    """Try ``config.search`` settings out of the fuser's space, the given ones first.

    With several windows a fuser learns from all but the last and is judged on the last one's users, as the
    fusion will be applied to the weeks after it. With one, its users are dealt into folds. Settings are drawn
    by TPE (Bergstra et al. 2011) with the run's seed: the same search finds the same.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rounds, judged = rounds_of(windows, lesson, "fuser.search")
    trials: list[Trial] = []

    def tried(drawn: dict[str, Value]) -> float:
        tell(len(trials) + 1)
        asked = replace(config, **drawn)  # type: ignore[arg-type]
        value = float(np.mean([_value(asked, table, held_out, how) for table, held_out, how in rounds]))
        trials.append(Trial(drawn, value))
        return value

    tried({name: getattr(config, name) for name in config.SPACE})
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=lesson.seed),
        direction="maximize" if lesson.judge.sign > 0 else "minimize",
    )
    study.optimize(
        lambda trial: tried({name: _draw(trial, name, axis) for name, axis in config.SPACE.items()}),
        n_trials=config.search - 1,
    )
    best = max(range(len(trials)), key=lambda at: lesson.judge.sign * trials[at].value)
    return Searched(str(lesson.judge.metric), judged, tuple(trials), best)


def rounds_of(windows: Sequence[Table], lesson: Lesson, asking: str) -> tuple[list[Round], str]:
    """What is learnt, whom it is judged on and how; and that in words. UsageError where there are too few
    users for what the setting ``asking`` wants.
    """
    filled = [window for window in windows if len(window)]
    if len(filled) > 1:
        # from weeks to other weeks nothing can be learnt by heart
        how = replace(lesson, crossed=False)
        return [(Table.concatenate(filled[:-1]), filled[-1], how)], "users of the last window"
    table = filled[0]
    if len(table.users) < FOLDS:
        raise UsageError(
            f"{asking} needs {FOLDS} users or more to learn from, the window has {len(table.users)}; "
            "leave it out"
        )
    fold = np.random.default_rng([lesson.seed, 16]).permutation(len(table.users)) % FOLDS
    rounds = [(table.take(fold != part), table.take(fold == part), lesson) for part in range(FOLDS)]
    return rounds, f"users of the window in {FOLDS} folds"


def _value(config: LearntConfig, table: Table, held_out: Table, how: Lesson) -> float:
    return how.judge.on(held_out).value(crossed.scores(config, table, held_out, how))


def _draw(trial: optuna.Trial, name: str, axis: Axis) -> Value:
    if not isinstance(axis, Range):
        return axis[trial.suggest_int(name, 0, len(axis) - 1)]
    if axis.whole:
        return int(trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.log))
    # four digits, as people read them
    return float(f"{trial.suggest_float(name, axis.low, axis.high, log=axis.log):.4g}")

"""The ledger of a sweep: Optuna's journal, which says of every trial what it tried and what became of it.

Only the process that holds the sweep's folder writes it. A trial that stands as running when the ledger is
opened was left by a process that is gone, and is run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from recx import store
from recx.errors import DataError, UsageError
from recx.sweep.config import Interval
from recx.sweep.leaderboard import Trial
from recx.sweep.search import Axis, Parameters, Value, same
from recx.sweep.trial import Outcome

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

JOURNAL = "journal"
CODE = "code of "
"""Prefix of the settings that are no settings but hashes of a model's source files."""


class Ledger:
    """Trials by number, in the order in which they were planned."""

    def __init__(self, folder: Path, settings: store.Json, higher_is_better: bool) -> None:
        """Open the ledger in ``folder`` or begin one; ``settings`` are what all its trials share.

        Raises UsageError where it was begun with other settings, DataError where it cannot be read or
        written.
        """
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
        from optuna.study import StudyDirection

        self.folder = folder
        self.path = folder / JOURNAL
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            _mend(self.path)
            self.storage = JournalStorage(JournalFileBackend(str(self.path)))
        studies = self.storage.get_all_studies()
        if studies:
            self.study = self.storage.get_study_id_from_name(studies[0].study_name)
        else:
            direction = StudyDirection.MAXIMIZE if higher_is_better else StudyDirection.MINIMIZE
            with self._told(), _hushed():
                self.study = self.storage.create_new_study([direction], folder.name)
        before = self.storage.get_study_user_attrs(self.study).get("settings")
        if before is None:
            with self._told():
                self.storage.set_study_user_attr(self.study, "settings", settings)
        elif before != settings:
            raise UsageError(
                f"{folder} was swept with {_difference(before, settings)}; "
                "choose another sweep_name, or delete that folder"
            )

    def plan(
        self, points: Sequence[Parameters], space: Mapping[str, Axis], retry_failed: bool = False
    ) -> None:
        """Note the trials that are to be made and are not noted yet, or failed and get another chance."""
        from optuna.trial import TrialState, create_trial

        known = {
            same(trial.parameters)
            for trial in self.trials()
            if not (retry_failed and trial.state == "failed")
        }
        for point in points:
            if same(point) in known:
                continue
            template = create_trial(
                state=TrialState.WAITING,
                params={key: _scalar(value) for key, value in point.items()},
                distributions={key: _distribution(axis) for key, axis in space.items()},
                user_attrs={"parameters": point},
            )
            with self._told():
                self.storage.create_new_trial(self.study, template)

    def trials(self) -> list[Trial]:
        """All of them, as they stand; of those that were tried again, the last attempt."""
        from optuna.trial import TrialState

        states = {TrialState.COMPLETE: "ok", TrialState.FAIL: "failed"}
        found = {}
        for trial in self.storage.get_all_trials(self.study, deepcopy=False):
            notes = trial.user_attrs
            found[same(notes["parameters"])] = Trial(
                trial.number,
                notes["parameters"],
                states.get(trial.state, "unfinished"),
                trial.values[0] if trial.values else None,
                notes.get("seconds"),
                notes.get("epochs"),
                notes.get("run"),
                notes.get("error"),
            )
        return list(found.values())

    def start(self, number: int) -> None:
        """A trial is being run."""
        from optuna.trial import TrialState

        with self._told():
            self.storage.set_trial_state_values(self._id(number), TrialState.RUNNING)

    def finish(self, number: int, outcome: Outcome) -> None:
        """A trial has ended, well or not."""
        from optuna.trial import TrialState

        trial = self._id(number)
        notes = {
            "seconds": round(outcome.seconds, 3),
            "epochs": outcome.epochs,
            "run": outcome.run,
            "error": outcome.error,
            "traceback": outcome.traceback,
        }
        with self._told():
            for key, note in notes.items():
                if note is not None:
                    self.storage.set_trial_user_attr(trial, key, note)
            # last: once a trial counts as finished, all about it is known
            if outcome.value is None:
                self.storage.set_trial_state_values(trial, TrialState.FAIL)
            else:
                self.storage.set_trial_state_values(trial, TrialState.COMPLETE, [outcome.value])

    def _id(self, number: int) -> int:
        return int(self.storage.get_trial_id_from_study_id_trial_number(self.study, number))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """One line for a journal that cannot be read or written."""
        try:
            yield
        except OSError as error:
            raise store.disk_error(error, self.path) from error
        except (ValueError, KeyError) as error:
            raise DataError(
                f"{self.path} is damaged ({error}); delete {self.folder} to start anew"
            ) from error


def _mend(journal: Path) -> None:
    """Drop the half line of a process that was killed while it wrote, and the lock it held."""
    Path(f"{journal}.lock").unlink(missing_ok=True)
    if not journal.exists():
        return
    content = journal.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with open(journal, "rb+") as file:
            file.truncate(whole)


@contextmanager
def _hushed() -> Iterator[None]:
    """Without Optuna's remark that a study was created."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _difference(before: store.Json, now: store.Json) -> str:
    """The first setting that differs, and how many more do."""
    missing = object()
    keys = [key for key in {**before, **now} if before.get(key, missing) != now.get(key, missing)]
    first = keys[0]
    if first.startswith(CODE):
        return f"another version of the code of {first.removeprefix(CODE)}"
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    shown = [json.dumps(side[first]) if first in side else "nothing" for side in (before, now)]
    return f"{first}={shown[0]}, not {shown[1]}{more}"


def _scalar(value: Value) -> str | int | float | bool | None:
    """A value as Optuna takes it."""
    return json.dumps(value) if isinstance(value, list) else value


def _distribution(axis: Axis) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(axis, Interval):
        return CategoricalDistribution([_scalar(value) for value in axis])
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)

"""Does a base know the labels of its window? It is held against fits that do not know them, and that do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recx.arrays import Float64
from recx.data import Dataset, Fold, TrainingData, user_batches
from recx.errors import DataError
from recx.metrics.lists import Targets
from recx.metrics.measure import rating_errors
from recx.metrics.protocol import Protocol
from recx.metrics.ratings import user_rmse
from recx.models import create
from recx.models.base import Recommender, RunOptions, block_size, mask
from recx.session import Listener
from recx.train.boosted import Boosted, left_over
from recx.train.resampled import resampled, seed_of
from recx.train.runs import TrainRun, load_model, open_run

USERS = 500
"""Users of a window that are asked: a fit that has seen their labels shows it on far fewer."""
FEWEST = 10
"""Of fewer users nothing can be said."""
SURE = 2.5
"""Standard errors by which a base must do better than an honest fit before it is refused."""
MOST = 0.5
"""And the share of what knowing the labels would bring."""
FINAL = "final"
UNTOLD = 2.0
"""A base that a fit which knows the labels beats by fewer standard errors is looked at closely."""
HINT_ERRORS = 1.0
"""Standard errors by which a final fit must beat the window's on test to be fitted again."""
HINT = 0.25
"""And the share of what it gains on valid: all it has learnt more is valid, and that is not test."""


@dataclass(frozen=True)
class Caught:
    """A fit that does better at some labels than it could without them."""

    excess: float  # mean over the users, against an honest fit
    error: float  # its standard error
    brings: float  # what a fit gains that has learnt the labels
    users: int

    @property
    def errors(self) -> float:
        """The excess in standard errors."""
        return self.excess / self.error


@dataclass(frozen=True, eq=False)
class Auditor:
    """Fits bases again, on what lies before a window, and with its labels."""

    dataset: Dataset
    protocol: Protocol
    run: RunOptions
    tell: Listener

    def check(self, runs: Mapping[str, TrainRun], every: bool) -> None:
        """Refuse runs whose fit for a window knows the window's labels.

        Those are fitted again that find the labels about as well as their own fit on train + valid, which has
        learnt them; with ``every`` all are. DataError names the run and the window.
        """
        for run in runs.values():
            for fold in self.dataset.split.windows:
                if caught := self.caught(run, fold, every):
                    raise DataError(
                        f"{run.folder}: the fit for {fold.name} has seen its labels: {run.model.name} fitted "
                        f"again on what lies before finds them {caught.errors:.0f} standard errors worse; "
                        "train it again"
                    )

    def caught(self, run: TrainRun, fold: Fold, every: bool) -> Caught | None:
        """What tells that the fit for ``fold`` knows its labels; None where nothing does, or users are few.

        It is fitted again where it may know them, or with ``every``.
        """
        given = self._skill(load_model(run, fold.name), fold)
        if len(given) < FEWEST or not (every or self._may_know(run, fold, given)):
            return None
        self.tell.stage(f"{run.label} · {fold.name}, fitted again")
        return self._refit(run, fold, given)

    def _may_know(self, run: TrainRun, fold: Fold, given: Float64) -> bool:
        """Whether a fit finds the labels of ``fold`` as well as one that has learnt them."""
        if FINAL not in run.fits:
            return False
        final, valid = load_model(run, FINAL), self.dataset.split.valid
        if fold.name != FINAL:
            # the fit on train + valid has learnt them and should be better
            better = self._skill(final, fold) - given
            return bool(better.mean() <= UNTOLD * _error(better))
        if valid.name not in run.fits:
            return False
        # what the final fit gains on test, which it has not learnt, against valid, which it has
        window = load_model(run, valid.name)
        on_test = given - self._skill(window, fold)
        on_valid = self._skill(final, valid) - self._skill(window, valid)
        gains = on_test.mean() > HINT_ERRORS * _error(on_test)
        return bool(gains and on_test.mean() > HINT * on_valid.mean())

    def _refit(self, run: TrainRun, fold: Fold, given: Float64) -> Caught | None:
        """Whether the fit is nearer to one that has learnt the labels than to one that has not."""
        honest = self._skill(self._fit(run, fold, self.dataset.training_data(fold)), fold)
        excess = given - honest
        if excess.mean() <= SURE * _error(excess):
            return None
        known_at = self.dataset.split.final.known_at
        if fold.name == FINAL and fold.target.times is not None:
            known_at = int(fold.target.times.max()) + 1
        with_labels = TrainingData(fold.fit.merged(fold.target), self.dataset.catalog, known_at)
        brings = float((self._skill(self._fit(run, fold, with_labels), fold) - honest).mean())
        if excess.mean() <= MOST * brings:
            return None
        return Caught(float(excess.mean()), _error(excess), brings, len(excess))

    def _fit(self, run: TrainRun, fold: Fold, data: TrainingData) -> Recommender[Any]:
        config, epochs = run.model, run.fits[fold.name].epochs
        if hasattr(config, "epochs"):
            config = replace(config, epochs=epochs)  # type: ignore[call-arg]
        earlier = None
        if run.after is not None:
            earlier = self._fit(open_run(run.after), fold, data)
            learnt = replace(fold, fit=data.interactions, history=data.interactions)
            data = replace(data, interactions=left_over(learnt, earlier).fit)
        data = resampled(data, run.bootstrap, run.seed)
        model = create(config).fit(data, replace(self.run, seed=seed_of(run.seed, run.bootstrap)))
        return model if earlier is None else Boosted(earlier, model, run.after_lr)

    def _skill(self, model: Recommender[Any], fold: Fold) -> Float64:
        """How well a model knows the labels of some users, higher is better: (users,).

        Of ratings the mean squared error, below 0; else the mean place of the user's labels among all
        candidates, from 0 to 1.
        """
        if model.rates and self.dataset.feedback == "explicit":
            return np.asarray(-(user_rmse(rating_errors(model, self.dataset, _some_users(fold))) ** 2))
        targets = self.protocol.relevant(self.dataset, fold).sample(USERS, self.run.seed)
        allowed = self.protocol.allowed(self.dataset, fold)
        found: list[float] = []
        size = block_size(len(allowed.items))
        for batch in user_batches(targets.users, fold.history, fold.known_at, size):
            scores = model.answer(batch)
            mask(scores, batch, allowed)
            found += [_place(row, targets, len(found) + at) for at, row in enumerate(scores)]
        return np.array(found)


def _some_users(fold: Fold) -> Fold:
    users = np.random.default_rng(0).permutation(fold.users)[:USERS]
    return replace(fold, target=fold.target.take(np.isin(fold.target.users, users)))


def _place(scores: np.ndarray[tuple[int], np.dtype[np.float32]], targets: Targets, row: int) -> float:
    """Mean share of the candidates that score below a label of this row, ties counting half."""
    labels = targets.items[targets.indptr[row] : targets.indptr[row + 1]]
    ordered = np.sort(scores[scores > -np.inf])
    first, last = (np.searchsorted(ordered, scores[labels], side) for side in ("left", "right"))
    return float((first + last).mean()) / (2 * max(1, len(ordered)))


def _error(values: Float64) -> float:
    """Standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.inf

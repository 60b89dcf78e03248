"""What may not feed a stacker: a base that has seen the labels it is to be judged on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recx.data import Dataset, Fold
from recx.errors import DataError, UsageError
from recx.metrics.protocol import keys
from recx.train.runs import TrainRun

FINAL = "final"
SECONDS = 1_000_003
"""A prime that spreads pairs so far apart that adding a time makes nearly no two rows equal by chance."""


def check_runs(runs: Mapping[str, TrainRun], dataset: Dataset, refit: bool) -> None:
    """Refuse runs that are of other data, lack a fit, or have seen what a window asks for.

    Raises UsageError where other words help, DataError where the run is to be made again; both name the run
    and the window.
    """
    for fold in dataset.split.windows:
        check_fold(fold, dataset.repeats)
    for label, run in runs.items():
        _check_data(label, run, dataset)
        last = dataset.split.valid.name
        if run.stopped_on_valid:
            raise UsageError(
                f"{run.folder} was stopped on valid, the target of {last}, so its scores there are no fair "
                f"input to a stacker; train {run.model.name} again with split.watch=inner"
            )
        for fold in dataset.split.windows:
            _check_fit(run, fold)
        if refit:
            if FINAL not in run.fits:
                raise UsageError(
                    f"{run.folder} has no fit on train + valid; fuse with refit=no, or train "
                    f"{run.model.name} again with refit=yes"
                )
            _check_fit(run, dataset.split.final)


def check_fold(fold: Fold, repeats: bool) -> None:
    """DataError where most of what a fold asks for is among what may be learnt for it.

    Single pairs may well stand on both sides: people buy again, and logs hold rows twice.
    """
    learnt, target = keys(fold.fit), keys(fold.target)
    if fold.fit.times is not None and fold.target.times is not None:
        # the same pair at the same second
        learnt, target = learnt * SECONDS + fold.fit.times, target * SECONDS + fold.target.times
    elif repeats:
        return
    seen = int(np.isin(target, learnt).sum())
    if seen > len(target) / 2:
        raise DataError(
            f"{fold.name}: {seen:,} of the {len(target):,} rows to be found are among those to be learnt; "
            "prepare the data set again"
        )


def _check_data(label: str, run: TrainRun, dataset: Dataset) -> None:
    if run.dataset_fingerprint != dataset.fingerprint:
        raise UsageError(
            f"{run.folder} was trained on {run.dataset.name} ({run.dataset_fingerprint[:8]}), not on "
            f"{dataset.name} ({dataset.fingerprint[:8]}) as it is prepared and split here; give the same "
            f"dataset and split, or train {run.model.name} again"
        )


def _check_fit(run: TrainRun, fold: Fold) -> None:
    fit = run.fits.get(fold.name)
    if fit is None:
        raise UsageError(
            f"{run.folder} has no scores for {fold.name}; train {run.model.name} again with this split"
        )
    if fit.fold != fold.fingerprint:
        raise DataError(
            f"{run.folder}: the fit for {fold.name} has learnt from other rows than lie before it and may "
            f"have seen its labels; train {run.model.name} again"
        )

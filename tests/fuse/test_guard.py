"""A base that has seen the labels may not feed a stacker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.data import Dataset, Fold, Split
from recx.errors import DataError, UsageError
from recx.fuse.guard import check_fold, check_runs
from recx.train.runs import Fit, TrainRun
from tests.synthetic import ToldConfig, dataset, log


def shop() -> Dataset:
    train = [(u, i) for u in range(4) for i in range(3)]
    return dataset(train, [(u, 3) for u in range(4)], [(u, 4) for u in range(4)], 4, 5)


def run_of(data: Dataset) -> TrainRun:
    """A run whose fits have learnt what they should."""
    fits = {
        fold.name: Fit(fold.name, "key", 0, 0.1, 1.0, (), fold.fingerprint)
        for fold in (*data.split.windows, data.split.final)
    }
    return TrainRun(
        folder=Path("results/train/told-1"),
        label="told",
        model=ToldConfig(),
        dataset=Path("prepared"),
        dataset_fingerprint=data.fingerprint,
        seed=0,
        sources="",
        stopped_on_valid=False,
        fits=fits,
        metric=None,
        watch={},
        valid={},
    )


def test_a_run_that_has_learnt_what_lies_before_its_windows_passes() -> None:
    data = shop()
    check_runs({"told": run_of(data)}, data, refit=True)


def test_a_base_that_saw_the_labels_is_refused_and_named() -> None:
    data = shop()
    run = run_of(data)
    # fitted on train + valid, as the final fit is
    leaked = replace(run.fits["window-0"], fold=data.split.final.fingerprint)
    run = replace(run, fits={**run.fits, "window-0": leaked})
    with pytest.raises(DataError, match=r"told-1: the fit for window-0 .* may have seen its labels"):
        check_runs({"told": run}, data, refit=True)


def test_a_run_stopped_on_valid_is_refused() -> None:
    data = shop()
    with pytest.raises(UsageError, match=r"told-1 was stopped on valid, the target of window-0"):
        check_runs({"told": replace(run_of(data), stopped_on_valid=True)}, data, refit=True)


def test_a_run_of_other_data_is_refused() -> None:
    data = shop()
    with pytest.raises(UsageError, match="was trained on prepared"):
        check_runs({"told": replace(run_of(data), dataset_fingerprint="0" * 16)}, data, refit=True)


def test_a_run_without_the_fit_of_a_window_or_of_test_is_refused() -> None:
    data = shop()
    run = run_of(data)
    one = {name: fit for name, fit in run.fits.items() if name != "window-0"}
    with pytest.raises(UsageError, match="no scores for window-0"):
        check_runs({"told": replace(run, fits=one)}, data, refit=True)
    unrefitted = replace(run, fits={"window-0": run.fits["window-0"]})
    with pytest.raises(UsageError, match="refit=no"):
        check_runs({"told": unrefitted}, data, refit=True)
    check_runs({"told": unrefitted}, data, refit=False)


def test_a_window_whose_labels_are_among_what_is_learnt_is_refused() -> None:
    data = shop()
    window = data.split.valid
    fit, target = (replace(rows, times=None) for rows in (data.split.final.fit, window.target))
    leaking = Fold("window-0", fit, window.history, target, None)
    split = Split("files", data.split.select, (leaking,), data.split.final)
    with pytest.raises(DataError, match="4 of the 4 rows to be found are among those to be learnt"):
        check_runs({}, replace(data, split=split), refit=True)


def test_buying_again_is_no_leak() -> None:
    past, again = log([(0, 1), (0, 2)], 1, 3), log([(0, 0), (0, 0), (0, 1), (0, 2)], 1, 3)
    later = again.take(np.array([2, 3]))
    check_fold(Fold("window-0", past, past, later, None), repeats=True)
    untimed = Fold("window-0", replace(past, times=None), past, replace(later, times=None), None)
    check_fold(untimed, repeats=True)
    with pytest.raises(DataError):
        check_fold(untimed, repeats=False)

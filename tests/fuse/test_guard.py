"""A base that has seen the labels may not feed a stacker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.data import Dataset, Fold, Interactions, Split
from recx.errors import DataError, UsageError
from recx.fuse.guard import check_fold, check_runs, tally
from recx.models.base import item_shares
from recx.train.runs import Fit, TrainRun
from tests.synthetic import ToldConfig, dataset, log

TRAIN = [(u, i) for u in range(4) for i in range(3)]
VALID, TEST = [(u, 3) for u in range(4)], [(u, 4) for u in range(4)]
Trained = Callable[..., TrainRun]


def shop() -> Dataset:
    """Twelve rows of train; the first four of them are watch."""
    data = dataset(TRAIN, VALID, TEST, 4, 5)
    past = data.split.valid.fit
    rows = np.arange(len(past)) < 4
    select = Fold("select", past.take(~rows), past.take(~rows), past.take(rows), None)
    return replace(data, split=replace(data.split, select=select))


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    """A run whose fits have learnt what they should, or what ``learnt`` says instead."""

    def make(data: Dataset, **learnt: Interactions) -> TrainRun:
        folder = tmp_path / "results/train/told-1"
        folds = (*data.split.windows, data.split.final)
        for fold in folds:
            shares = item_shares(learnt.get(fold.name.replace("-", "_"), fold.fit))
            store.write_arrays(folder / f"model/{fold.name}.safetensors", {"popularity": shares})
        return TrainRun(
            folder=folder,
            label="told",
            model=ToldConfig(),
            dataset=Path("prepared"),
            dataset_fingerprint=data.fingerprint,
            seed=0,
            sources="",
            stopped_on_valid=False,
            fits={
                fold.name: Fit(fold.name, "key", 0, 0.1, 1.0, (), fold.fingerprint) for fold in folds
            },
            metric=None,
            watch={},
            valid={},
        )  # fmt: skip

    return make


def with_window(data: Dataset, fit: Interactions, history: Interactions, target: Interactions) -> Dataset:
    window = Fold("window-0", fit, history, target, None)
    return replace(data, split=Split("files", data.split.select, (window,), data.split.final))


def test_a_run_that_has_learnt_what_lies_before_its_windows_passes(trained: Trained) -> None:
    data = shop()
    check_runs({"told": trained(data)}, data, refit=True)


def test_a_base_that_says_it_saw_the_labels_is_refused_and_named(trained: Trained) -> None:
    data = shop()
    run = trained(data)
    # fitted on train + valid, as the final fit is
    leaked = replace(run.fits["window-0"], fold=data.split.final.fingerprint)
    run = replace(run, fits={**run.fits, "window-0": leaked})
    with pytest.raises(DataError, match=r"told-1: the fit for window-0 .* may have seen its labels"):
        check_runs({"told": run}, data, refit=True)


def test_a_base_that_saw_the_labels_and_does_not_say_so_is_refused_by_what_it_stored(
    trained: Trained,
) -> None:
    data = shop()
    run = trained(data, window_0=data.split.final.fit)
    with pytest.raises(DataError, match=r"the fit for window-0 has learnt what lies before final and may"):
        check_runs({"told": run}, data, refit=True)
    run = trained(data, window_0=data.split.final.target)
    with pytest.raises(DataError, match=r"the fit for window-0 has learnt other rows than lie before it"):
        check_runs({"told": run}, data, refit=True)
    # a fit on train + valid that has seen test is none either
    run = trained(data, final=log([*TRAIN, *VALID, *TEST], 4, 5))
    with pytest.raises(DataError, match="the fit for final has learnt other rows"):
        check_runs({"told": run}, data, refit=True)
    check_runs({"told": run}, data, refit=False)


def test_a_run_stopped_on_valid_is_refused(trained: Trained) -> None:
    data = shop()
    with pytest.raises(UsageError, match=r"told-1 was stopped on valid, the target of window-0"):
        check_runs({"told": replace(trained(data), stopped_on_valid=True)}, data, refit=True)


def test_a_window_that_asks_for_rows_of_watch_is_refused(trained: Trained) -> None:
    data = shop()
    asks = with_window(data, data.split.select.fit, data.split.select.fit, data.split.select.target)
    with pytest.raises(DataError, match="window-0: 4 of its labels are in watch, which stops the bases"):
        check_runs({}, asks, refit=True)


def test_a_run_of_other_data_is_refused(trained: Trained) -> None:
    data = shop()
    with pytest.raises(UsageError, match="was trained on prepared"):
        check_runs({"told": replace(trained(data), dataset_fingerprint="0" * 16)}, data, refit=True)


def test_a_run_without_the_fit_of_a_window_or_of_test_is_refused(trained: Trained) -> None:
    data = shop()
    run = trained(data)
    one = {name: fit for name, fit in run.fits.items() if name != "window-0"}
    with pytest.raises(UsageError, match="no scores for window-0"):
        check_runs({"told": replace(run, fits=one)}, data, refit=True)
    unrefitted = replace(run, fits={"window-0": run.fits["window-0"]})
    with pytest.raises(UsageError, match="refit=no"):
        check_runs({"told": unrefitted}, data, refit=True)
    check_runs({"told": unrefitted}, data, refit=False)


@pytest.mark.parametrize("seen", [1, 4])
@pytest.mark.parametrize("given", [False, True], ids=["learnt", "given"])
def test_a_window_whose_labels_are_learnt_or_given_as_input_is_refused(seen: int, given: bool) -> None:
    data = shop()
    window, known = data.split.valid, data.split.final.fit
    leak = known.take(~np.isin(known.items, [3]) | (known.users < seen))
    clean = window.fit
    fold = Fold("window-0", *((clean, leak) if given else (leak, leak)), window.target, None)
    words = "given as input" if given else "to be learnt"
    with pytest.raises(DataError, match=f"{seen} of the 4 rows to be found are among those {words}"):
        check_fold(fold, known, repeats=True)
    check_fold(window, known, repeats=False)


def test_a_window_that_asks_for_rows_of_test_is_refused() -> None:
    data = shop()
    fold = replace(data.split.valid, target=data.split.final.target)
    with pytest.raises(DataError, match=r"4 of the 4 rows to be found .* rows of test"):
        check_fold(fold, data.split.final.fit, repeats=True)


def test_buying_again_is_no_leak_and_copies_of_rows_are_none_unless_they_are_most() -> None:
    known = log([(0, 0), (0, 0), (0, 1), (0, 2), (0, 1), (0, 2)], 1, 3)
    past, again = known.take(np.arange(4)), known.take(np.array([4, 5]))
    fold = Fold("window-0", past, past, again, None)
    check_fold(fold, known, repeats=False)
    untimed = replace(fold, **{part: replace(getattr(fold, part), times=None) for part in ("fit", "target")})
    untimed = replace(untimed, history=untimed.fit)
    every = replace(known, times=None)
    check_fold(untimed, every, repeats=True)
    with pytest.raises(DataError, match="2 of the 2 rows to be found have a copy among those to be learnt"):
        check_fold(untimed, every, repeats=False)
    half = replace(untimed, fit=untimed.fit.take(np.array([0, 1, 2])))
    check_fold(replace(half, history=half.fit), every, repeats=False)


def test_rows_are_counted_per_user_item_and_moment() -> None:
    log_ = Interactions(
        np.array([0, 0, 1], np.int32), np.array([1, 1, 0], np.int32), np.ones(3, np.float32), 2, 2,
        np.array([5, 5, 7], np.int64),
    )  # fmt: skip
    none = log_.take(np.zeros(3, np.bool_))
    assert tally(log_, log_.take(np.array([0])), none).tolist() == [[2, 1, 0], [1, 0, 0]]
    assert tally(none, none).tolist() == [[0, 0]]

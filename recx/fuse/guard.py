"""What may not feed a stacker: a base that has seen the labels it is to be judged on.

A run says what it has learnt from; the rows and what its fits have stored must say the same. Where a base
could still know its labels, audit.py fits it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from recx import store
from recx.arrays import Int64
from recx.data import Dataset, Fold, Interactions
from recx.errors import DataError, UsageError
from recx.metrics.protocol import keys
from recx.models.base import item_shares
from recx.prepare import stored
from recx.train.runs import MODEL, TrainRun

FINAL = "final"
COPIES = 0.5
"""Share of a window's labels that may be copies of rows that are learnt: logs hold rows twice."""


def check_runs(runs: Mapping[str, TrainRun], dataset: Dataset, refit: bool) -> None:
    """Refuse runs that are of other data, lack a fit, or have seen what a window asks for.

    Raises UsageError where other words help, DataError where the run is to be made again; both name the run
    and the window.
    """
    split = dataset.split
    for fold in split.windows:
        check_fold(fold, split.final.fit, dataset.repeats)
        if both := _shared(tally(split.final.fit, split.select.target, fold.target)):
            raise DataError(
                f"{fold.name}: {both:,} of its labels are in watch, which stops the bases; "
                "prepare the data set again"
            )
    for run in runs.values():
        _check_data(run, dataset)
        if run.stopped_on_valid:
            raise UsageError(
                f"{run.folder} was stopped on valid, the target of {split.valid.name}, so its scores there "
                f"are no fair input to a stacker; train {run.model.name} again with split.watch=inner"
            )
        for fold in split.windows:
            _check_fit(run, fold, dataset)
        if refit:
            if FINAL not in run.fits:
                raise UsageError(
                    f"{run.folder} has no fit on train + valid; fuse with refit=no, or train "
                    f"{run.model.name} again with refit=yes"
                )
            _check_fit(run, split.final, dataset)


def check_fold(fold: Fold, known: Interactions, repeats: bool) -> None:
    """DataError where a label of ``fold`` is learnt or given as input; ``known`` is all there is before test.

    Users come back to an item, and logs hold rows twice: neither is a leak, unless most labels are copies.
    """
    parts = [(fold.fit, "to be learnt")]
    if fold.history is not fold.fit:
        parts.append((fold.history, "given as input"))
    for past, what in parts:
        counts = tally(known, past, fold.target)
        if seen := _shared(counts):
            raise DataError(
                f"{fold.name}: {seen:,} of the {len(fold.target):,} rows to be found are among those {what}, "
                "or are rows of test; prepare the data set again"
            )
        copies = int(counts[counts[:, 1] > 0, 2].sum())
        if copies > COPIES * len(fold.target) and not (repeats and fold.target.times is None):
            raise DataError(
                f"{fold.name}: {copies:,} of the {len(fold.target):,} rows to be found have a copy among "
                f"those {what}; prepare the data set again with dataset.clean.duplicates=drop"
            )


def tally(*logs: Interactions) -> Int64:
    """How often each log holds each user with the same item at the same time: (moments, logs).

    Where a log has no times, every row of a pair is at the same moment.
    """
    of = np.repeat(np.arange(len(logs)), [len(log) for log in logs])
    pairs = np.concatenate([keys(log) for log in logs])
    times = np.concatenate([np.zeros(len(log), np.int64) if log.times is None else log.times for log in logs])
    order = np.lexsort((times, pairs))
    new = np.append(False, (np.diff(pairs[order]) != 0) | (np.diff(times[order]) != 0))[: len(order)]
    moment = np.cumsum(new)
    cells = np.bincount(moment * len(logs) + of[order], minlength=(int(moment[-1:].sum()) + 1) * len(logs))
    return cells.reshape(-1, len(logs))


def _shared(counts: Int64) -> int:
    """Rows that the second and the third log hold together beyond those of the first, which has all."""
    return int(np.maximum(counts[:, 1] + counts[:, 2] - counts[:, 0], 0).sum())


def _check_data(run: TrainRun, dataset: Dataset) -> None:
    if run.dataset_fingerprint != dataset.fingerprint:
        seen = "; ".join(_seen_elsewhere(run, dataset))
        raise UsageError(
            f"{run.folder} was trained on {run.dataset.name} ({run.dataset_fingerprint[:8]}), not on "
            f"{dataset.name} ({dataset.fingerprint[:8]}) as it is prepared and split here"
            f"{' (' + seen + ')' if seen else ''}; give the same dataset, split and windows, or train "
            f"{run.model.name} again"
        )


def _seen_elsewhere(run: TrainRun, dataset: Dataset) -> Iterator[str]:
    """Which labels the fits of a run on other data have learnt, where that data is still there."""
    other = stored.find(run.dataset)
    if other is None:
        return
    users, items = dataset.users.numbers(other.users.ids), dataset.items.numbers(other.items.ids)
    for fold in dataset.split.windows:
        learnt = next((each.fit for each in other.split.windows if each.name == fold.name), None)
        if learnt is None:
            continue
        user, item = users[learnt.users].astype(np.int64), items[learnt.items].astype(np.int64)
        shared = (user >= 0) & (item >= 0)
        pairs = user[shared] * dataset.n_items + item[shared]
        seen = int(np.isin(keys(fold.target), pairs).sum())
        if seen:
            yield f"its fit for {fold.name} has learnt {seen:,} of the {len(fold.target):,} labels asked here"


def _check_fit(run: TrainRun, fold: Fold, dataset: Dataset) -> None:
    """A fit says which rows it has learnt, and has stored the share of each item in them."""
    fit = run.fits.get(fold.name)
    if fit is None:
        raise UsageError(
            f"{run.folder} has no scores for {fold.name}; train {run.model.name} again with this split"
        )
    found = store.read_array(run.folder / MODEL / f"{fold.name}.safetensors", "popularity")
    if fit.fold == fold.fingerprint and np.array_equal(found, item_shares(fold.fit)):
        return
    others = (each for each in dataset.split.folds if each.name != fold.name)
    same = next((each.name for each in others if np.array_equal(found, item_shares(each.fit))), None)
    learnt = f"what lies before {same}" if same else "other rows than lie before it"
    raise DataError(
        f"{run.folder}: the fit for {fold.name} has learnt {learnt} and may have seen its labels; "
        f"train {run.model.name} again"
    )

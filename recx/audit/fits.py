"""What the fits of a run have learnt: by what they say and have stored, and by how well they find labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recx import store
from recx.audit.finding import Check, Finding
from recx.audit.run import Run
from recx.data import Dataset, Fold, Interactions
from recx.fuse.audit import Auditor
from recx.models.base import item_shares
from recx.train.runs import MODEL

FINAL = "final"


@dataclass(frozen=True, eq=False)
class Question:
    """How a train run is looked at."""

    dataset: Dataset
    auditor: Auditor | None  # None: nothing is fitted again
    every: bool  # all fits are fitted again, not only those that may know their labels


def check_learnt(run: Run, question: Question, feeds: bool) -> list[Check]:
    """The check learnt of a train run; and stacker-labels of its windows where it ``feeds`` a stacker."""
    windows = tuple(_fits(run, question, list(question.dataset.split.windows)))
    split = question.dataset.split
    others = tuple(_fits(run, question, [split.select, split.final]))
    asked = _asked(run, question)
    looked = f"the rows that the fits have learnt{asked}"
    if not feeds:
        return [Check("learnt", run.name, looked, (*windows, *others))]
    return [
        Check("learnt", run.name, looked, others),
        Check("stacker-labels", run.name, f"{looked}, for {_names(question.dataset)}", windows),
    ]


def _names(dataset: Dataset) -> str:
    return ", ".join(fold.name for fold in dataset.split.windows)


def _asked(run: Run, question: Question) -> str:
    if question.auditor is None:
        return ""
    if run.outdated:
        return ", by another version of the model, so that they are not asked"
    return ", and how well they find labels they have not"


def _fits(run: Run, question: Question, folds: list[Fold]) -> Iterator[Finding]:
    for fold in folds:
        fit = run.train.fits.get(fold.name)
        if fit is None or fold.name not in run.stored:
            continue
        if (found := _rows(run, fold, question.dataset)) is not None:
            yield found
        elif fold is not question.dataset.split.select:
            yield from _labels(run, fold, question)


def _rows(run: Run, fold: Fold, dataset: Dataset) -> Finding | None:
    """What a fit says of its rows against what its fold may learn."""
    fit = run.train.fits[fold.name]
    found = store.read_array(run.folder / MODEL / f"{fold.name}.safetensors", "popularity")
    if fit.fold == fold.fingerprint and np.array_equal(found, item_shares(fold.fit)):
        return None
    words, asked = _learnt(found, fold, dataset)
    return Finding(
        "leak",
        f"the fit for {fold.name} has learnt {words}",
        f"{MODEL}/{fold.name}.safetensors, popularity",
        f"train {run.train.model.name} again",
        {"asked_rows": asked},
    )


def _learnt(
    found: np.ndarray[tuple[int], np.dtype[np.float32]], fold: Fold, dataset: Dataset
) -> tuple[str, int]:
    """Which rows the item counts are those of, in words, and how many of them the fold asks for."""
    split = dataset.split
    known: list[tuple[str, Interactions, int]] = [
        (f"what it is asked for too: {_part(fold, dataset)}", fold.fit.merged(fold.target), len(fold.target)),
        ("everything, test included", split.final.fit.merged(split.final.target), len(split.final.target)),
    ]
    known += [(f"what lies before {other.name}", other.fit, 0) for other in split.folds if other is not fold]
    for words, rows, asked in known:
        if np.array_equal(found, item_shares(rows)):
            return words, asked
    return "other rows than it may", 0


def _part(fold: Fold, dataset: Dataset) -> str:
    if fold.name == FINAL:
        return "test"
    return "watch" if fold is dataset.split.select else f"the labels of {fold.name}"


def _labels(run: Run, fold: Fold, question: Question) -> Iterator[Finding]:
    """Whether a fit finds labels that it should not know, whatever it says."""
    if question.auditor is None or run.outdated:
        return
    caught = question.auditor.caught(run.train, fold, question.every)
    if caught:
        yield Finding(
            "leak",
            f"the fit for {fold.name} knows {_part(fold, question.dataset)}: fitted again on what it may "
            f"learn it finds them {caught.errors:.0f} standard errors worse",
            f"{MODEL}/{fold.name}.safetensors",
            f"train {run.train.model.name} again",
            {
                "users": caught.users,
                "excess": caught.excess,
                "standard_error": caught.error,
                "knowing_brings": caught.brings,
            },
        )

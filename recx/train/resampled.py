"""Rows that are learnt instead of those of the log: bootstrap samples, and what earlier runs have learnt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from recx.data import Dataset, Fold, TrainingData
from recx.models import create
from recx.models.base import Recommender, RunOptions
from recx.train.boosted import Boosted, left_over
from recx.train.runs import TrainRun, load_model, open_run


def resampled(data: TrainingData, number: int, seed: int) -> TrainingData:
    """The data with a bootstrap sample of its rows (Breiman 1996): as many, drawn with replacement, in the
    order they had; a row drawn twice is there twice. ``number`` 0 is the data itself.

    Rows are drawn and not users: a user who is not drawn would be a stranger to models that know users by
    their number.
    """
    if not number:
        return data
    log = data.interactions
    rng = np.random.default_rng([seed, 21, number])
    rows = np.sort(rng.integers(0, len(log), len(log)))
    return replace(data, interactions=log.take(rows))


def seed_of(seed: int, number: int) -> int:
    """The seed a model learns sample ``number`` with: what is random in it differs from one to the next."""
    return int(np.random.default_rng([seed, 22, number]).integers(1 << 31)) if number else seed


def fitted(run: TrainRun, dataset: Dataset, fold: Fold, options: RunOptions) -> Recommender[Any]:
    """The model of a finished run for a fold, fitted here where the run has not: closed forms have no epochs
    to select, so none was fitted on what lies before watch.
    """
    if fold.name in run.fits:
        return load_model(run, fold.name)
    earlier = None if run.after is None else fitted(open_run(run.after), dataset, fold, options)
    rows = fold if earlier is None else left_over(fold, earlier)
    data = resampled(dataset.training_data(rows), run.bootstrap, run.seed)
    seed = seed_of(run.seed, run.bootstrap)
    model = create(run.model).fit(data, RunOptions(seed, options.device, options.threads))
    return model if earlier is None else Boosted(earlier, model, run.after_lr)

"""Where entrants come from: a train run brings one, a fuse run its bases, its fusion and the plain blends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recx import store
from recx.arrays import Float32
from recx.data import Dataset, Pairs, UserBatch
from recx.errors import DataError, UsageError
from recx.evaluate.result import (
    Contribution,
    CurvePoint,
    Estimate,
    FusedSet,
    Spending,
    Tradeoff,
    TradeoffPoint,
)
from recx.fuse.carried import DATA
from recx.models.base import Allowed, Recommender
from recx.prepare import stored
from recx.train.runs import TrainRun, files_of, load_model, open_run

if TYPE_CHECKING:
    from recx.fuse.runs import Fusion

FINAL = "final"
PLACES = ("seed", "results", "data_dir", "threads", "split", "cache", "runs")
"""Settings of a fuse run that say where and by which draw, not what; the split is its data set's."""
LEARNING = ("candidates", "ratings", "search", "fuser")
"""Stages of a fuse run that its fusion could not do without."""


@dataclass(frozen=True)
class About:
    """What a report says of an entrant besides its numbers."""

    run: str
    fit_seconds: float = 0.0
    peak_megabytes: float | None = None
    curve: list[CurvePoint] = field(default_factory=list)
    curve_metric: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    refitted: bool = True
    stopped_on_valid: bool = False
    valid: dict[str, float] = field(default_factory=dict)  # metrics of the window fit
    seed: int = 0
    configuration: str = ""  # equal for runs that differ in nothing but their seed or the fold of their data


class TrainSource:
    """A train run, under the name of its model."""

    def __init__(self, run: TrainRun) -> None:
        self.run = run
        self.folder = run.folder
        self.labels: Mapping[str, str] = {run.label: "base"}  # label -> "base" | "fusion" | "blend"
        # one at a time: the fit that scores valid is let go when test is scored
        self._model = lru_cache(maxsize=1)(self._load)

    @property
    def dataset(self) -> tuple[Path, str]:
        """Folder and fingerprint of the prepared data set."""
        return self.run.dataset, self.run.dataset_fingerprint

    @property
    def files(self) -> dict[str, str]:
        """sha256 of the files that are asked, by path."""
        return files_of([self.run])

    def about(self, label: str) -> About:
        """Time, memory, learning curve and settings of the run."""
        return about_run(self.run)

    def scores(self, batch: UserBatch, allowed: Allowed, fold: str) -> Iterator[tuple[str, Float32]]:
        """Scores (n, n_items) of the fit that answers ``fold``; popularity for users it does not know."""
        yield self.run.label, self._model(fold).answer(batch)

    def ratings(self, batch: UserBatch, pairs: Pairs) -> Mapping[str, Float32]:
        """The model's ratings, if it rates."""
        model = self._model(FINAL)
        return {self.run.label: model.rate(batch, pairs)} if model.rates else {}

    def _load(self, fold: str) -> Recommender[Any]:
        return load_model(self.run, self.run.scoring_fit if fold == FINAL else fold)


class FusionSource:
    """A fuse run with its bases."""

    def __init__(self, fusion: Fusion) -> None:
        self.fusion = fusion
        self.folder: Path = fusion.folder
        self.labels: Mapping[str, str] = fusion.labels
        # opening a base's run checks its files
        self.about = cache(self._about)

    @property
    def dataset(self) -> tuple[Path, str]:
        """Folder and fingerprint of the prepared data set."""
        return self.fusion.dataset, self.fusion.dataset_fingerprint

    @property
    def files(self) -> dict[str, str]:
        """sha256 of the files that are asked, those of the bases among them, by path."""
        return self.fusion.files

    @property
    def contributions(self) -> list[Contribution]:
        """What the fuser listens to and what each base and feature group is worth."""
        return [
            Contribution(part.label, part.share, Estimate(**vars(part.without)) if part.without else None)
            for part in self.fusion.contributions
        ]

    @property
    def searched(self) -> str | None:
        """What a search for the fuser's settings has found, in a sentence."""
        return self.fusion.search.words() if self.fusion.search else None

    @property
    def spending(self) -> Spending | None:
        """Which bases a budget has chosen."""
        budget = self.fusion.budget
        if budget is None:
            return None
        sets = [
            FusedSet(list(each.bases), each.seconds, each.milliseconds, each.value, at == budget.chosen)
            for at, each in enumerate(budget.sets)
        ]
        return Spending(budget.metric, budget.words(), sets)

    @property
    def tradeoffs(self) -> list[Tradeoff]:
        """What relevance costs whatever else its lists are to be."""
        aims = self.fusion.aims
        return [
            Tradeoff(
                each.objective,
                each.metric,
                each.words(),
                [TradeoffPoint(**vars(point)) for point in each.points],
            )
            for each in (aims.tradeoffs if aims else ())
        ]

    def _about(self, label: str) -> About:
        """A base's own run; for the fusion what learning it took, without its bases."""
        if label in self.fusion.base_runs:
            return replace(about_run(self.fusion.base(label)), run=str(self.fusion.base_runs[label]))
        manifest = store.read_json(self.folder / store.MANIFEST)
        config = manifest.get("config", {})
        own: list[object] = [{name: value for name, value in config.items() if name not in PLACES}]
        own += [self.about(base).configuration for base in self.fusion.base_runs]
        told = About(str(self.folder), seed=int(config.get("seed", 0)), configuration=_digest(own))
        if self.labels[label] == "blend":
            return told
        stages = [taken for name, taken in manifest["stages"].items() if name in LEARNING]
        return replace(
            told,
            fit_seconds=sum(taken["seconds"] for taken in stages),
            peak_megabytes=max((taken["peak_megabytes"] for taken in stages), default=None),
            settings=manifest["fusion"]["fuser"],
        )

    def scores(self, batch: UserBatch, allowed: Allowed, fold: str) -> Iterator[tuple[str, Float32]]:
        """Scores of bases, fusion and blends, masked already; the bases score once for all of them."""
        return self.fusion.score_all(batch, allowed, fold)

    def ratings(self, batch: UserBatch, pairs: Pairs) -> Mapping[str, Float32]:
        """Ratings of those that rate."""
        return self.fusion.rate_all(batch, pairs)


Source = TrainSource | FusionSource
"""A finished run that can be asked for scores of its entrants."""


def open_source(folder: Path) -> Source:
    """The finished run in ``folder``; UsageError where there is none that can be evaluated."""
    if not (folder / store.MANIFEST).is_file():
        raise UsageError(f"no run in {folder}; recx ls shows what there is")
    verb = store.read_json(folder / store.MANIFEST).get("verb")
    if verb == "train":
        return TrainSource(open_run(folder))
    if verb == "fuse":
        from recx.fuse.runs import open_fusion

        return FusionSource(open_fusion(folder))
    raise UsageError(f"{folder} is a run of {verb}; evaluate takes train and fuse runs")


def about_run(run: TrainRun) -> About:
    """What a report says of a train run."""
    fit = run.fits[run.scoring_fit]
    watched = run.fits.get("select", fit)
    return About(
        str(run.folder),
        fit.seconds,
        fit.peak_megabytes,
        [CurvePoint(report.epoch, report.loss, report.metric) for report in watched.history],
        run.metric,
        asdict(run.model),
        run.scoring_fit == FINAL,
        run.stopped_on_valid,
        run.valid,
        run.seed,
        _digest([asdict(run.model), run.metric, run.scoring_fit == FINAL, run.stopped_on_valid]),
    )


def _digest(settings: object) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:16]


def find_dataset(source: Source, data_dir: str) -> Path:
    """Where the data set of a run lies: where it was, under ``data_dir`` or in the run; DataError where it is
    gone.
    """
    folder, _ = source.dataset
    places = (folder, Path(data_dir) / folder.name, source.folder / DATA)
    place = next((place for place in places if place.is_dir()), None)
    if place is None:
        raise DataError(
            f"the data set of {source.folder} is gone: no {folder}; prepare it again, with the same settings"
        )
    return place


def load_dataset(source: Source, data_dir: str) -> tuple[Path, Dataset]:
    """The data set that a run was made on and its folder: where it was, or under ``data_dir`` if that moved.

    Raises DataError where it is gone or another one.
    """
    place = find_dataset(source, data_dir)
    dataset = stored.load(place)
    if dataset.fingerprint != source.dataset[1]:
        raise DataError(
            f"{place} is not what {source.folder} was trained on; run: recx prepare, then train again"
        )
    return place, dataset

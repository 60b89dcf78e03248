"""Runs whose models answer what they are told, and the data set they were made on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.arrays import Float32, Int32
from recx.data import Dataset, Pairs, UserBatch
from recx.evaluate import sources, verb
from recx.evaluate.sources import FusionSource, Source, TrainSource
from recx.metrics.statistics import Interval
from recx.models.base import Allowed, EpochReport
from recx.train.runs import Fit, TrainRun
from tests.synthetic import Told, ToldConfig

LOST = Interval(0.01, 0.0, 0.02, 0.005, 9)


@dataclass(frozen=True)
class Part:
    label: str
    share: float | None
    without: Interval | None


@dataclass
class FakeFusion:
    """Adds the scores of its bases; what a finished fuse run offers."""

    folder: Path
    dataset: Path
    dataset_fingerprint: str
    protocol: dict[str, object]
    base_runs: dict[str, Path]
    tables: dict[str, Float32]
    labels: dict[str, str]
    holdout_users: Int32
    contributions: list[Part] = field(default_factory=lambda: [Part("good", 0.7, LOST)])
    candidate_recall: float | None = 0.9
    files: dict[str, str] = field(default_factory=dict)
    search: None = None
    budget: None = None
    aims: None = None
    note: str | None = None

    def base(self, label: str) -> TrainRun:
        return sources.open_run(self.base_runs[label])

    def score_all(self, batch: UserBatch, allowed: Allowed, fold: str) -> Iterator[tuple[str, Float32]]:
        for label in self.labels:
            yield label, self.tables[label][batch.users].copy()

    def rate_all(self, batch: UserBatch, pairs: Pairs) -> Mapping[str, Float32]:
        return {label: table[batch.users[pairs.row], pairs.item] for label, table in self.tables.items()}


@dataclass
class Shop:
    """A prepared data set and the runs made on it."""

    folder: Path
    dataset: Dataset
    runs: dict[str, Source] = field(default_factory=dict)
    models: dict[Path, Told] = field(default_factory=dict)

    def train(
        self,
        label: str,
        table: object,
        *,
        refit: bool = True,
        fingerprint: str | None = None,
        name: str = "",
        seed: int = 0,
    ) -> str:
        """Add a train run; its folder."""
        folder = (
            self.folder / "results" / "train" / (name or f"{label}-20260101T120000Z-{len(self.runs):04x}")
        )
        folder.mkdir(parents=True)
        store.write_json(folder / store.MANIFEST, {"files": {}})
        model = Told(table)
        curve = (EpochReport(1, 0.5, 0.1, 1.0), EpochReport(2, 0.4, 0.2, 1.0))
        names = ["select", "window-0", *(["final"] if refit else [])]
        fits = {fit: Fit(fit, "key", 2, 1.5, 100.0, curve, "fold") for fit in names}
        run = TrainRun(
            folder, label, ToldConfig(), self.folder / "data", fingerprint or self.dataset.fingerprint,
            seed, "sources", False, fits, "ndcg@10", {}, {"rmse": float(len(self.runs))},
        )  # fmt: skip
        self.models[folder] = model
        self.runs[str(folder)] = TrainSource(run)
        return str(folder)

    def fuse(
        self,
        bases: dict[str, str],
        tables: dict[str, object],
        repeat: str = "new",
        seed: int = 0,
        **protocol: object,
    ) -> str:
        """Add a fuse run over train runs, whose ``tables`` are those of its fusion and blends; its folder."""
        folder = self.folder / "results" / "fuse" / f"stack-20260101T120000Z-{len(self.runs):04x}"
        folder.mkdir(parents=True)
        stages = {
            name: {"seconds": 1.5, "peak_megabytes": 200.0}
            for name in ("candidates", "fuser", "contributions")
        }
        store.write_json(
            folder / store.MANIFEST,
            {"stages": stages, "fusion": {"fuser": {"name": "stack"}}, "config": {"seed": seed}},
        )
        base_tables = {label: self.models[Path(run)].table for label, run in bases.items()}
        kinds = {label: "fusion" if label.startswith("stack") else "blend" for label in tables}
        self.runs[str(folder)] = FusionSource(
            FakeFusion(  # type: ignore[arg-type]
                folder,
                self.folder / "data",
                self.dataset.fingerprint,
                {"repeat": repeat, "candidates": "catalogue", "relevant_from": None} | protocol,
                {label: Path(run) for label, run in bases.items()},
                base_tables | {label: np.asarray(table, np.float32) for label, table in tables.items()},
                dict.fromkeys(bases, "base") | kinds,
                np.arange(self.dataset.n_users, dtype=np.int32),
            )
        )
        return str(folder)


@pytest.fixture
def open_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Dataset], Shop]:
    """Make a shop of a data set, which `evaluate` then finds."""

    def opened(dataset: Dataset) -> Shop:
        (tmp_path / "data").mkdir()
        shop = Shop(tmp_path, dataset)
        monkeypatch.setattr(verb, "open_source", lambda folder: shop.runs[str(folder)])
        monkeypatch.setattr(sources, "load_model", lambda run, fit: shop.models[run.folder])
        monkeypatch.setattr(sources, "open_run", lambda folder: shop.runs[str(folder)].run)
        monkeypatch.setattr(verb.stored, "load", lambda folder: shop.dataset)
        monkeypatch.setattr(verb.stored, "facts", lambda folder: {"users": shop.dataset.n_users, "files": {}})
        return shop

    return opened

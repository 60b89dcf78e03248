"""Fusions of bases that answer what they are told, made and opened as `fuse` does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from recx.arrays import Bool, Float32, Float64, Int32
from recx.data import Catalog, Dataset, Fold, Rankings, UserBatch, user_batches
from recx.fuse import learning, runs
from recx.fuse.config import FuseConfig
from recx.fuse.fusers.config import StackConfig
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.learning import Learning
from recx.fuse.runs import Fusion, open_fusion
from recx.kernels.topk import top_k
from recx.manifest import Record
from recx.metrics.lists import Lists
from recx.metrics.ndcg import ndcg
from recx.metrics.protocol import Protocol
from recx.session import Session
from recx.train.runs import Fit, TrainRun
from tests.synthetic import Row, Told, ToldConfig, dataset

N_USERS, N_ITEMS, TAKEN = 300, 40, 3
SMALL = StackConfig(trees=60, min_leaf=20, bags=1)


class Knowing(Told):
    """Knows only some users."""

    def __init__(self, table: Float32, known: Bool) -> None:
        super().__init__(table)
        self.known = known

    def knows(self, batch: UserBatch) -> Bool:
        return self.known[batch.users]


@dataclass(frozen=True)
class World:
    """A data set, and per fold what each base says: (n_users, n_items)."""

    dataset: Dataset
    tables: Mapping[str, Mapping[str, Float32]]  # label -> fold -> scores
    known: Mapping[str, Bool]  # label -> (n_users,) whom it knows
    seconds: Mapping[str, float] = field(default_factory=dict)  # label -> what its fit took

    def model(self, label: str, fold: str) -> Knowing:
        table = self.tables[label][fold]
        return Knowing(table, self.known.get(label, np.ones(len(table), dtype=np.bool_)))


def chosen(rng: np.random.Generator) -> Bool:
    """What every user takes: (n_users, n_items)."""
    likes = rng.random((N_USERS, N_ITEMS)).argsort(axis=1) < TAKEN
    return np.asarray(likes)


def hints(rng: np.random.Generator, taken: Bool, where: Bool, strength: float = 2.5) -> Float32:
    """Scores that lift what was taken, but only ``where``, over noise."""
    return (rng.normal(size=taken.shape) + strength * (taken & where)).astype(np.float32)


def world(make: Callable[[np.random.Generator, Bool], Mapping[str, Float32]], seed: int = 0) -> World:
    """A data set whose users take items at random, and bases that ``make`` tells what to say about a part."""
    rng = np.random.default_rng(seed)
    # everyone has a past, half of the users a long one, made of items that say nothing of what comes
    past: list[Row] = [
        (u, int(i)) for u in range(N_USERS) for i in rng.choice(N_ITEMS, 2 + 6 * (u % 2), False)
    ]
    takes = {"window-0": chosen(rng), "final": chosen(rng)}
    rows = {
        fold: [(int(u), int(i)) for u, i in zip(*np.nonzero(taken), strict=True)]
        for fold, taken in takes.items()
    }
    data = dataset(past, rows["window-0"], rows["final"], N_USERS, N_ITEMS, repeats=True)
    halves = np.where(np.arange(N_ITEMS) % 2 == 0, "even", "odd").astype(object)
    data = replace(data, catalog=Catalog(items={"half": halves}))
    said = {fold: make(rng, taken) for fold, taken in takes.items()}
    labels = list(said["final"])
    return World(data, {label: {fold: said[fold][label] for fold in said} for label in labels}, {})


@dataclass(frozen=True)
class Fused:
    """A fusion and everyone's ndcg@10 on test."""

    fusion: Fusion
    ndcg: Mapping[str, Float64]  # label -> (users,)
    scores: Mapping[str, Float32]  # label -> (users, n_items)
    on_window: Mapping[
        str, float
    ]  # label -> mean ndcg@10 of the held-out users, scored by the finished fusion

    def gain(self, over: str) -> tuple[float, float]:
        """Mean and lower end of the 95 % interval of the paired difference to ``over``."""
        difference = self.ndcg[self.fusion.name] - self.ndcg[over]
        half = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))
        return float(difference.mean()), float(difference.mean() - half)


@pytest.fixture
def fused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fused]:
    """Fuse the bases of a world and score its test users."""

    def make(at: World, settings: FuserConfig = SMALL, top: int = 20, name: str = "run") -> Fused:
        config = FuseConfig(fuser=settings, top=top, union=40, k=[10], repeat="allow", cache=0)
        places = {label: tmp_path / "train" / label for label in at.tables}
        told = {
            label: TrainRun(
                folder=place,
                label=label,
                model=ToldConfig(),
                dataset=tmp_path,
                dataset_fingerprint=at.dataset.fingerprint,
                seed=0,
                sources="",
                stopped_on_valid=False,
                fits={"final": Fit("final", label, 0, at.seconds.get(label, 1.0), 0.0, (), "")},
                metric=None,
                watch={},
                valid={},
            )
            for label, place in places.items()
        }
        monkeypatch.setattr(learning, "load_model", lambda run, fold: at.model(run.label, fold))
        monkeypatch.setattr(runs, "open_run", lambda folder: told[folder.name])
        monkeypatch.setattr(TrainRun, "scoring_fit", "final")
        monkeypatch.setattr(runs, "load_model", lambda run, fold: at.model(run.label, fold))
        monkeypatch.setattr(learning, "model_class", lambda name: Told)
        record = Record(tmp_path / name, "fuse", Session(), {}, 0)
        record.note(dataset={"folder": str(tmp_path), "fingerprint": at.dataset.fingerprint})
        protocol = Protocol.of(config, at.dataset)
        Learning(config, at.dataset, protocol, told, list(told), record, Session(), threads=1).make()
        record.end()
        fusion = open_fusion(tmp_path / name)
        final, held = at.dataset.split.final, fusion.holdout_users
        scores, values = _ask(fusion, at.dataset, protocol, final, None)
        _, window = _ask(fusion, at.dataset, protocol, at.dataset.split.valid, held)
        return Fused(fusion, values, scores, {label: float(each.mean()) for label, each in window.items()})

    return make


def _ask(
    fusion: Fusion, data: Dataset, protocol: Protocol, fold: Fold, users: Int32 | None
) -> tuple[dict[str, Float32], dict[str, Float64]]:
    """Everyone's scores and ndcg@10 on the target of a fold, or on some of its users."""
    targets = protocol.relevant(data, fold)
    if users is not None:
        targets = targets.take(np.flatnonzero(np.isin(targets.users, users)))
    allowed = protocol.allowed(data, fold)
    blocks: dict[str, list[Float32]] = {}
    for batch in user_batches(targets.users, fold.history, fold.known_at, 128):
        for label, block in fusion.score_all(batch, allowed, fold.name):
            blocks.setdefault(label, []).append(block)
    scores = {label: np.concatenate(parts) for label, parts in blocks.items()}
    values = {}
    for label, table in scores.items():
        lists = Rankings(targets.users, *top_k(table, allowed.order, 10))
        values[label] = ndcg(Lists.judge(lists, targets), 10)
    return scores, values

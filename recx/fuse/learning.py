"""What `fuse` does once its bases are there: gather, learn, compare, take apart, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.arrays import Float32, Int32
from recx.data import Dataset, Fold, Rankings
from recx.fuse import crossed
from recx.fuse.bases import FINAL, Bases
from recx.fuse.budget import Budget
from recx.fuse.cheapest import USERS, cheapest
from recx.fuse.config import FuseConfig
from recx.fuse.fusers import config_class, create, fuser_class
from recx.fuse.fusers.base import Fuser, Lesson
from recx.fuse.fusers.shared import FeatureConfig, FuserConfig, LearntConfig
from recx.fuse.heard import Heard, fit_keys
from recx.fuse.judge import Contest, Judge
from recx.fuse.kept import GIGABYTE, Kept
from recx.fuse.known import ItemFacts
from recx.fuse.objectives.items import Goods, rarity
from recx.fuse.objectives.pareto import Aims, draw, pool_of
from recx.fuse.objectives.rerank import Reranker, items_of
from recx.fuse.runs import (
    BEST,
    FEATURES,
    GOODS,
    HOLDOUT,
    KNOWN,
    PARETO,
    RANKING,
    RATING,
    SPACE,
    Part,
    plain,
)
from recx.fuse.sanity import Sanity, blends, by_halves
from recx.fuse.search import Searched, search
from recx.fuse.table import Table
from recx.fuse.vectors import NOWHERE, VECTORS, Axes, Space, align, item_vectors
from recx.fuse.windows import Breadth, HeldOut, Window, hold_out, split_users
from recx.fuse.worth import Contribution, attribution_csv, left_out, sample, shares
from recx.manifest import Record
from recx.metrics import parse, ranking_metric
from recx.metrics.lists import Lists, Targets
from recx.metrics.measure import nothing_to_find
from recx.metrics.protocol import Protocol
from recx.metrics.statistics import Statistic
from recx.models import model_class
from recx.session import Session
from recx.train.runs import TrainRun, load_model

MOST_HELD_OUT = 2000
"""Held-out users of a window: a metric's mean over more would only take time."""


class Learning:
    """One fusion in the making."""

    def __init__(
        self,
        config: FuseConfig,
        dataset: Dataset,
        protocol: Protocol,
        runs: Mapping[str, TrainRun],
        bases: Sequence[str],
        record: Record,
        session: Session,
        threads: int,
    ) -> None:
        self.config = config
        self.fuser: FuserConfig = config.fuser
        self.kind = fuser_class(self.fuser.name)
        self.dataset = dataset
        self.protocol = protocol
        self.runs = runs
        self.offered = runs  # of which a budget may leave some out
        self.bases = tuple(bases)  # labels of those that are entrants; the others only help the fuser
        self.record = record
        self.tell = session.listener
        self.threads = threads
        groups = tuple(self.fuser.features) if isinstance(self.fuser, FeatureConfig) else ()
        self.breadth = Breadth(config.top, config.union, groups)
        self.parts: dict[str, Part] = {}
        self.contributions: list[Contribution] = []
        self.recall: float | None = None
        self.search: Searched | None = None
        self.budget: Budget | None = None
        self.aims: Aims | None = None
        self.kept = Kept(Path(config.results) / "scores", config.cache)
        self.spaces: dict[str, Space] = {}

    @property
    def headline(self) -> str:
        """The part that decides."""
        return RATING if self.kind.rates and rated(self.dataset, self.runs) else RANKING

    def make(self) -> None:
        """Learn what the data allows to learn, the headline last: its contributions are those kept."""
        self._write_known()
        if VECTORS in self.breadth.groups:
            self._write_spaces()
        held = self._held_out_users()
        store.write_arrays(self.record.folder / HOLDOUT, {"users": held})
        if self.fuser.budget is not None:
            with self.record.stage("budget"):
                self.budget = self._choose(held)
            self.bases = tuple(self.budget.choice.bases)
            self.runs = {label: self.runs[label] for label in self.bases}
        rating = self.headline == RATING
        if self.kind.ranks:
            self._learn_rankings(held, "meta_ranking" if rating else "meta", required=not rating)
        if rating:
            self._learn_ratings(held, "meta")
        store.write_json(
            self.record.folder / FEATURES,
            {part.name: [asdict(feature) for feature in part.features] for part in self.parts.values()},
        )
        if self.kept.written:
            self.tell.say(
                f"what bases say is kept for the next fusion of them: {self.kept.size / GIGABYTE:.2f} GB in "
                f"{self.kept.folder}, at most cache={self.config.cache:g}"
            )
        self.record.note(
            fusion={
                "name": self.fuser.name,
                "fuser": asdict(self.parts[self.headline].config),
                "search": asdict(self.search) if self.search else None,
                "aims": asdict(self.aims) if self.aims else None,
                "budget": asdict(self.budget) if self.budget else None,
                "protocol": self.protocol.plain,
                "base_runs": {label: str(run.folder) for label, run in self.runs.items()},
                "offered": {label: str(run.folder) for label, run in self.offered.items()},
                "helpers": [label for label in self.runs if label not in self.bases],
                "breadth": asdict(self.breadth),
                "parts": {kind: plain(part) for kind, part in self.parts.items()},
                "contributions": [asdict(part) for part in self.contributions],
                "candidate_recall": self.recall,
            }
        )

    # --- rankings ---

    def _learn_rankings(self, held: Int32, name: str, required: bool) -> None:
        with self.record.stage("candidates"):
            learnt, asked = self._rankings(held)
        if asked is None or (self.kind.learns and not any(map(len, learnt))):
            if required:
                raise nothing_to_find(self.dataset.split.valid, self.protocol)
            return
        lesson = self._lesson(self.protocol.headline)
        entrants = {
            label: self._statistic(lists, asked.targets)
            for label, lists in asked.ranked.items()
            if label in self.bases
        }
        self.recall = asked.recall
        self._learn(RANKING, name, learnt, asked.table, entrants, lesson)

    def _rankings(self, held: Int32, choosing: bool = False) -> tuple[list[Table], HeldOut | None]:
        """A table of the users that teach for each window, and those that are held out.

        While bases are chosen: some of the former alone, whatever the fuser.
        """
        learnt: list[Table] = []
        asked: HeldOut | None = None
        rng = np.random.default_rng([self.config.seed, 12])
        windows = self.dataset.split.windows
        for fold in windows:
            targets = self.protocol.relevant(self.dataset, fold)
            if not len(targets):
                continue
            self.tell.stage(f"{self.fuser.name} · candidates of {fold.name}")
            window = self._window(fold)
            allowed = self.protocol.allowed(self.dataset, fold)
            out = np.isin(targets.users, held)
            if self.kind.learns or choosing:
                fuser = self.fuser if isinstance(self.fuser, LearntConfig) else LearntConfig()
                # far down the union there is little to learn and much to compute
                narrow = replace(self.breadth, union=min(self.breadth.union, fuser.learn))
                seen = targets.take(np.flatnonzero(~out))
                most = min(fuser.pairs, USERS * fuser.learn if choosing else fuser.pairs) // len(windows)
                if tables := window.rankings(seen, allowed, narrow, most, rng):
                    learnt.append(Table.concatenate(tables))
            if fold is self.dataset.split.valid and out.any() and not choosing:
                wanted = targets.take(np.flatnonzero(out)).sample(MOST_HELD_OUT, self.config.seed)
                asked = hold_out(window, wanted, allowed, self.breadth, self.protocol.depth)
        return learnt, asked

    def _statistic(self, lists: Rankings, targets: Targets) -> Statistic:
        metric = parse(self.protocol.headline)
        assert metric.k is not None
        return Statistic.mean(ranking_metric(metric.name)(Lists.judge(lists, targets), metric.k))

    # --- ratings ---

    def _learn_ratings(self, held: Int32, name: str) -> None:
        with self.record.stage("ratings"):
            learnt, asked = self._ratings(held)
        lesson, held_out = self._lesson("rmse"), Table.concatenate(asked)
        votes, start = held_out.votes, held_out.start
        assert start is not None
        contest = lesson.judge.on(held_out)
        entrants = {
            label: contest.statistic(np.where(votes.knows[:, at], votes.standard[:, at], start))
            for at, label in enumerate(votes.labels)
            if label in self.bases
        }
        self._learn(RATING, name, learnt, held_out, entrants, lesson)

    def _ratings(self, held: Int32) -> tuple[list[Table], list[Table]]:
        """A table for each window of the users that teach, and of those that are held out."""
        learnt: list[Table] = []
        asked: list[Table] = []
        for fold in self.dataset.split.windows:
            self.tell.stage(f"{self.fuser.name} · ratings of {fold.name}")
            table = self._window(fold).ratings(self.breadth.groups)
            out = np.isin(table.users, held)
            learnt.append(table.take(~out))
            asked.append(table.take(out))
        return learnt, asked

    # --- both ---

    def _choose(self, held: Int32) -> Budget:
        """The cheapest bases that are good enough, on users that teach: those held out stay unseen."""
        rating = self.headline == RATING
        lesson = self._lesson("rmse" if rating else self.protocol.headline)
        windows = self._ratings(held)[0] if rating else self._rankings(held, choosing=True)[0]
        if not any(map(len, windows)):
            raise nothing_to_find(self.dataset.split.valid, self.protocol)
        return cheapest(self.fuser, self.runs, self.dataset.split.valid, windows, lesson, self.tell.stage)

    def _learn(
        self,
        kind: str,
        name: str,
        learnt: list[Table],
        asked: Table,
        entrants: dict[str, Statistic],
        lesson: Lesson,
    ) -> None:
        """Fit the fuser, hold it against ``entrants``, the bases, and the controls, and take it apart."""
        table = Table.concatenate(learnt) if self.kind.learns else None
        config = self._searched(kind, learnt, lesson)
        fuser = create(config)
        if table is not None:
            self.tell.stage(f"{config.name} · {len(table):,} rows")
            with self.record.stage("fuser"):
                fuser.fit(table, asked, lesson)
        fuser.write(self.record.folder, name)
        bases, contest = tuple(entrants), lesson.judge.on(asked)
        with self.record.stage("sanity"):
            if table is None or not lesson.crossed:
                said = fuser.score(asked)
                entrants |= blends(kind, contest, bases, config.name) | {config.name: contest.statistic(said)}
            else:
                halves = list(crossed.halves(config, table, asked, lesson))
                said = crossed.together(halves, asked)
                entrants = by_halves(kind, lesson.judge, asked, halves, bases, config.name)
        metric, users = lesson.judge.metric, len(asked.users)
        sanity = Sanity.of(metric, users, entrants, bases, config.name, self.kind.learns)
        self.parts[kind] = Part(name, config, sanity, asked.features)
        if sanity.note:
            self.tell.say(f"{kind}: {sanity.note}")
        if kind == RANKING and config.objectives:
            with self.record.stage("objectives"):
                self.tell.stage(f"{config.name} · {', '.join(config.objectives)}")
                self._aim(config, contest, self._answered(sanity, asked, said))
        with self.record.stage("contributions"):
            self.tell.stage(f"{config.name} · contributions")
            self.contributions = self._contributions(fuser, table, contest, lesson)

    def _answered(self, sanity: Sanity, asked: Table, said: Float32) -> Float32:
        """Scores of who answers: the fuser, or who stands in for it."""
        stand_in = sanity.fallback
        if stand_in is None:
            return said
        if stand_in in asked.votes.labels:
            return asked.votes.standard[:, asked.votes.labels.index(stand_in)]
        return create(config_class(stand_in)()).score(asked)

    def _aim(self, config: FuserConfig, contest: Contest, scores: Float32) -> None:
        """Write what items bring besides relevance, as known at every cut-off, and find what that costs."""
        from recx.kernels.ranked import first_rows

        pool = pool_of(contest, scores)
        first = first_rows(pool.bounds, pool.scores, pool.ties, config.length)
        rare = rarity(items_of(pool, first), self.dataset.n_items)
        valid = self.dataset.split.valid
        for name, fold in self._known_folds().items():
            allowed = self.protocol.allowed(self.dataset, fold)
            goods = Goods.of(self.dataset, fold, allowed, rare)
            goods.write(self.record.folder / GOODS / f"{name}.safetensors")
            if name == valid.name:
                reranker = Reranker(config.weight, config.floor, config.length, goods)
                self.aims = draw(reranker, contest, pool, int(allowed.items.sum()))
        assert self.aims is not None
        store.write_json(self.record.folder / PARETO, asdict(self.aims))

    def _searched(self, kind: str, learnt: list[Table], lesson: Lesson) -> FuserConfig:
        """The settings as given, or the best that a search finds for what decides."""
        config = self.fuser
        if not isinstance(config, LearntConfig) or not config.search or kind != self.headline:
            return config

        def tell(number: int) -> None:
            self.tell.stage(f"{config.name} · search, {number} of {config.search}")

        with self.record.stage("search"):
            self.search = search(config, learnt, lesson, tell)
        best: FuserConfig = replace(config, **self.search.settings)  # type: ignore[arg-type]
        store.write_text(self.record.folder / "search.csv", self.search.csv())
        settings = self.record.facts["config"] | {"fuser": asdict(best) | {"search": 0}}
        store.write_yaml(self.record.folder / BEST, settings)
        return best

    def _contributions(
        self, fuser: Fuser[Any], table: Table | None, contest: Contest, lesson: Lesson
    ) -> list[Contribution]:
        share: dict[str, float] = {}
        if (parts := fuser.parts(sample(contest.table, self.config.seed))) is not None:
            share, by_feature = shares(parts, ranks=contest.table.start is None)
            store.write_text(self.record.folder / "attribution.csv", attribution_csv(by_feature))
        used = {feature.group for feature in contest.table.features}
        groups = [group for group in self.breadth.groups if group in used]
        lost = left_out(table, contest.table, fuser.config, groups, lesson) if fuser.divisible else {}
        return [Contribution(label, share.get(label), lost.get(label)) for label in {**share, **lost}]

    def _lesson(self, metric: str) -> Lesson:
        valid = self.dataset.split.valid
        order = self.protocol.allowed(self.dataset, valid).order
        judge = Judge(parse(metric), order, self.dataset.value_range)
        # ratings are asked one by one: what is learnt of their items is no matter of the weeks
        dated = valid.known_at is not None and judge.metric.k is not None
        return Lesson(judge, self.config.seed, self.threads, dated, crossed=dated)

    def _held_out_users(self) -> Int32:
        """The share of users that no window teaches the fuser."""
        users = np.unique(np.concatenate([fold.users for fold in self.dataset.split.windows]))
        return users[split_users(users, self.fuser.holdout, self.config.seed)].astype(np.int32)

    def _window(self, fold: Fold) -> Window:
        # a budget may have left bases out since the axes were found
        space = self.spaces.get(fold.name, NOWHERE).among(self.runs)

        def bases() -> Bases:
            return Bases({label: load_model(run, fold.name) for label, run in self.runs.items()}, space)

        heard = Heard(bases, fit_keys(self.runs, fold) if self.kept.bound else {}, self.kept, space)
        return Window(fold, heard, ItemFacts.of(self.dataset, fold))

    def _write_spaces(self) -> None:
        """The axes of the bases' vectors in every fold at which the fusion will be asked."""
        axes: dict[str, dict[str, Axes]] = {fold.name: {} for fold in self.dataset.split.windows[::-1]}
        axes[FINAL] = {}
        for label, run in self.runs.items():
            items = {}
            for fold in axes:
                vectors = item_vectors(load_model(run, run.scoring_fit if fold == FINAL else fold))
                if vectors is not None:
                    items[fold] = vectors
            for fold, found in (align(items) if items else {}).items():
                axes[fold][label] = found
        for fold, of_bases in axes.items():
            self.spaces[fold] = Space(of_bases)
            self.spaces[fold].write(self.record.folder / SPACE / f"{fold}.safetensors")

    def _write_known(self) -> None:
        """What is known of the items at every cut-off at which the fusion will be asked."""
        for name, fold in self._known_folds().items():
            ItemFacts.of(self.dataset, fold).write(self.record.folder / KNOWN / f"{name}.safetensors")

    def _known_folds(self) -> dict[str, Fold]:
        split = self.dataset.split
        # with refit=no nothing but the histories has moved on when test is scored
        return {fold.name: fold for fold in split.windows} | {
            FINAL: split.final if self.config.refit else split.valid
        }


def rated(dataset: Dataset, runs: Mapping[str, TrainRun]) -> bool:
    """Whether there are ratings, and bases that predict them."""
    rates = (model_class(run.model.name).rates for run in runs.values())
    return dataset.feedback == "explicit" and any(rates)

"""What `fuse` does once its bases are there: gather, learn, compare, take apart, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from recx import store
from recx.arrays import Float32, Int32
from recx.data import Dataset, Fold, Rankings
from recx.fuse.bases import FINAL, Bases
from recx.fuse.config import FuseConfig, StackConfig
from recx.fuse.known import ItemFacts
from recx.fuse.runs import FEATURES, HOLDOUT, KNOWN, RANKING, RATING, Part, plain
from recx.fuse.sanity import Sanity
from recx.fuse.stack import Stack, fit_stack
from recx.fuse.table import Table
from recx.fuse.windows import Breadth, HeldOut, Window, hold_out, split_users
from recx.fuse.worth import Contribution, attribution_csv, left_out, shares
from recx.manifest import Record
from recx.metrics import parse, ranking_metric
from recx.metrics.lists import Lists, Targets
from recx.metrics.measure import clip, nothing_to_find
from recx.metrics.protocol import Protocol
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
        record: Record,
        session: Session,
        threads: int,
    ) -> None:
        self.config = config
        self.fuser: StackConfig = config.fuser
        self.dataset = dataset
        self.protocol = protocol
        self.runs = runs
        self.record = record
        self.tell = session.listener
        self.threads = threads
        self.breadth = Breadth(config.top, config.union, tuple(self.fuser.features))
        self.parts: dict[str, Part] = {}
        self.contributions: list[Contribution] = []
        self.recall: float | None = None

    def make(self) -> None:
        """Learn what the data allows to learn, the headline last: its contributions are those kept."""
        self._write_known()
        held = self._held_out_users()
        store.write_arrays(self.record.folder / HOLDOUT, {"users": held})
        rating = self.dataset.feedback == "explicit" and any(
            model_class(run.model.name).rates for run in self.runs.values()
        )
        self._learn_rankings(held, "meta_ranking.txt" if rating else "meta.txt", required=not rating)
        if rating:
            self._learn_ratings(held, "meta.txt")
        store.write_json(
            self.record.folder / FEATURES,
            {part.file: [asdict(feature) for feature in part.features] for part in self.parts.values()},
        )
        self.record.note(
            fusion={
                "name": self.fuser.name,
                "protocol": self.protocol.plain,
                "base_runs": {label: str(run.folder) for label, run in self.runs.items()},
                "breadth": asdict(self.breadth),
                "parts": {kind: plain(part) for kind, part in self.parts.items()},
                "contributions": [asdict(part) for part in self.contributions],
                "candidate_recall": self.recall,
            }
        )

    # --- rankings ---

    def _learn_rankings(self, held: Int32, file: str, required: bool) -> None:
        learnt: list[Table] = []
        asked: HeldOut | None = None
        rng = np.random.default_rng([self.config.seed, 12])
        # far down the union there is little to learn and much to compute
        narrow = replace(self.breadth, union=min(self.breadth.union, self.fuser.learn))
        with self.record.stage("candidates"):
            for fold in self.dataset.split.windows:
                targets = self.protocol.relevant(self.dataset, fold)
                if not len(targets):
                    continue
                self.tell.stage(f"{self.fuser.name} · candidates of {fold.name}")
                window = self._window(fold)
                allowed = self.protocol.allowed(self.dataset, fold)
                out = np.isin(targets.users, held)
                most = self.fuser.pairs // len(self.dataset.split.windows)
                seen = targets.take(np.flatnonzero(~out))
                learnt += window.rankings(seen, allowed, narrow, most, rng)
                if fold is self.dataset.split.valid and out.any():
                    wanted = targets.take(np.flatnonzero(out)).sample(MOST_HELD_OUT, self.config.seed)
                    asked = hold_out(window, wanted, allowed, self.breadth, self.protocol.depth)
        if asked is None or not any(map(len, learnt)):
            if required:
                raise nothing_to_find(self.dataset.split.valid, self.protocol)
            return
        table = Table.concatenate(learnt)
        objective = "lambdarank" if self.fuser.objective == "auto" else self.fuser.objective
        stack = self._fit(table, asked.table, objective)
        metric = self.protocol.headline
        values = {label: self._mean(lists, asked.targets) for label, lists in asked.ranked.items()}

        def measure(scores: Float32) -> float:
            return self._mean(asked.lists(scores, self.protocol.depth), asked.targets)

        values[self.fuser.name] = measure(stack.score(asked.table.values))
        sanity = Sanity.of(metric, len(asked.targets), values, tuple(self.runs), self.fuser.name)
        self.recall = asked.recall
        self._keep(RANKING, Part(file, sanity, stack.features), stack)
        with self.record.stage("contributions"):
            self.tell.stage(f"{self.fuser.name} · contributions")
            share = self._take_apart(stack, asked.table)
            without = left_out(
                table,
                asked.table,
                tuple(self.runs),
                self.fuser,
                objective,
                self.config.seed,
                self.threads,
                measure,
            )
            self.contributions = _contributions(share, without)

    def _mean(self, lists: Rankings, targets: Targets) -> float:
        metric = parse(self.protocol.headline)
        assert metric.k is not None
        return float(np.mean(ranking_metric(metric.name)(Lists.judge(lists, targets), metric.k)))

    # --- ratings ---

    def _learn_ratings(self, held: Int32, file: str) -> None:
        parts: list[Table] = []
        asked: Table | None = None
        with self.record.stage("ratings"):
            for fold in self.dataset.split.windows:
                self.tell.stage(f"{self.fuser.name} · ratings of {fold.name}")
                table = self._window(fold).ratings(self.breadth.groups)
                out = np.isin(table.users, held)
                parts.append(table.take(~out))
                if fold is self.dataset.split.valid:
                    asked = table.take(out)
        assert asked is not None
        table = Table.concatenate(parts)
        stack = self._fit(table, asked, "regression")

        def measure(predicted: Float32) -> float:
            errors = clip(predicted.astype(np.float64), self.dataset) - asked.labels
            return float(np.sqrt(np.mean(errors**2)))

        labels = tuple(f.group for f in stack.features if f.name.endswith(".rating") and f.group in self.runs)
        at = {feature.name: column for column, feature in enumerate(asked.features)}
        start = asked.start
        assert start is not None
        values = {}
        for label in labels:
            rated = asked.values[:, at[f"{label}.rating"]]
            values[label] = measure(np.where(np.isnan(rated), start, rated))
        values["mean"] = measure(start)
        values[self.fuser.name] = measure(stack.score(asked.values, asked.start))
        sanity = Sanity.of("rmse", len(asked.users), values, labels, self.fuser.name)
        self._keep(RATING, Part(file, sanity, stack.features), stack)
        with self.record.stage("contributions"):
            share = self._take_apart(stack, asked)
            without = left_out(
                table, asked, labels, self.fuser, "regression", self.config.seed, self.threads, measure
            )
            self.contributions = _contributions(share, {label: -lost for label, lost in without.items()})

    # --- both ---

    def _fit(self, table: Table, held_out: Table, objective: str) -> Stack:
        self.tell.stage(f"{self.fuser.name} · {len(table):,} rows")
        with self.record.stage("stack"):
            return fit_stack(table, held_out, self.fuser, objective, self.config.seed, self.threads)

    def _keep(self, kind: str, part: Part, stack: Stack) -> None:
        stack.write(self.record.folder / part.file)
        self.parts[kind] = part
        if part.sanity.note:
            self.tell.say(f"{kind}: {part.sanity.note}")

    def _take_apart(self, stack: Stack, table: Table) -> dict[str, float]:
        by_group, by_feature = shares(stack, table, self.config.seed)
        store.write_text(self.record.folder / "attribution.csv", attribution_csv(by_feature))
        return by_group

    def _held_out_users(self) -> Int32:
        """The share of users that no window teaches the stacker."""
        users = np.unique(np.concatenate([fold.users for fold in self.dataset.split.windows]))
        return users[split_users(users, self.fuser.holdout, self.config.seed)].astype(np.int32)

    def _window(self, fold: Fold) -> Window:
        models = {label: load_model(run, fold.name) for label, run in self.runs.items()}
        return Window(fold, Bases(models), ItemFacts.of(self.dataset, fold))

    def _write_known(self) -> None:
        """What is known of the items at every cut-off at which the fusion will be asked."""
        split = self.dataset.split
        known = {fold.name: fold for fold in split.windows}
        # with refit=no nothing but the histories has moved on when test is scored
        known[FINAL] = split.final if self.config.refit else split.valid
        for name, fold in known.items():
            ItemFacts.of(self.dataset, fold).write(self.record.folder / KNOWN / f"{name}.safetensors")


def _contributions(share: Mapping[str, float], without: Mapping[str, float]) -> list[Contribution]:
    return [Contribution(label, part, without.get(label)) for label, part in share.items()]

"""Finished fusions: what lies in results/fuse, checked, read back and asked for scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np

from recx import store
from recx.arrays import Float32, Int32
from recx.data import Pairs, Rankings, UserBatch
from recx.errors import DataError
from recx.fuse import blends
from recx.fuse.bases import FINAL, Answers, Bases
from recx.fuse.features import Block
from recx.fuse.known import ItemFacts
from recx.fuse.sanity import Sanity
from recx.fuse.stack import Stack
from recx.fuse.surroundings import Feature
from recx.fuse.windows import Asked, Breadth, Rated
from recx.fuse.worth import Contribution
from recx.models.base import Allowed, block_size, split_batch
from recx.train.runs import load_model, open_run

RANKING, RATING = "ranking", "rating"
HOLDOUT = "holdout.safetensors"
FEATURES = "features.json"
KNOWN = "known"
"""Folder of what was known of the items at each fold's cut-off."""


@dataclass(frozen=True)
class Part:
    """One stacker of a fusion: rankings and ratings have one each."""

    file: str  # meta.txt
    sanity: Sanity
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class Told:
    """What made a fusion recommend an item."""

    item: int
    parts: dict[str, float]  # base, feature group, agreement or bias -> what it adds to the stack's score


class Fusion:
    """A finished fuse run, ready to score. Models are read on first use, those of one fold at a time."""

    def __init__(self, folder: Path, manifest: store.Json) -> None:
        facts = manifest["fusion"]
        self.folder = folder
        self.name: str = facts["name"]  # of the fuser, and the label of its scores
        self.dataset = Path(manifest["dataset"]["folder"])
        self.dataset_fingerprint: str = manifest["dataset"]["fingerprint"]
        self.protocol: dict[str, Any] = facts["protocol"]
        self.base_runs = {label: Path(run) for label, run in facts["base_runs"].items()}
        self.holdout_users: Int32 = store.read_arrays(folder / HOLDOUT)["users"]
        self.contributions = [Contribution(**row) for row in facts["contributions"]]
        self.candidate_recall: float | None = facts["candidate_recall"]  # on the held-out users
        self.breadth = Breadth(**facts["breadth"] | {"groups": tuple(facts["breadth"]["groups"])})
        features = store.read_json(folder / FEATURES)
        self.parts = {
            kind: Part(
                part["file"],
                Sanity(**part["sanity"]),
                tuple(Feature(**column) for column in features[part["file"]]),
            )
            for kind, part in facts["parts"].items()
        }
        self.stack = lru_cache(self._stack)
        self.bases = lru_cache(maxsize=1)(self._bases)
        self.facts = lru_cache(self._facts)

    @property
    def labels(self) -> dict[str, str]:
        """Label -> base, fusion or blend."""
        plain = blends.RANKING if RANKING in self.parts else blends.RATING
        kinds = {**dict.fromkeys(self.base_runs, "base"), self.name: "fusion"}
        return {**kinds, **dict.fromkeys(plain, "blend")}

    @property
    def note(self) -> str | None:
        """Who answers instead of the stack, and why; None where the stack does."""
        return "; ".join(part.sanity.note for part in self.parts.values() if part.sanity.note) or None

    def score_all(
        self, batch: UserBatch, allowed: Allowed, fold: str = FINAL
    ) -> Iterator[tuple[str, Float32]]:
        """Scores (n, n_items) of every base, the fusion and the blends; each base scores once.

        What ``allowed`` rules out is -inf already; the arrays are not to be changed before the last is taken.
        """
        answers: list[tuple[str, Float32]] = []
        for label, scores in self.bases(fold).scores(batch, allowed):
            answers.append((label, scores))
            yield label, scores
        if RANKING not in self.parts:
            return
        asked = self._ask(batch, allowed, fold, dict(answers))
        yield self.name, self._fused(asked)
        for name in blends.RANKING:
            yield name, asked.candidates.spread(asked.blend(name), asked.answers.consensus)

    def score(self, batch: UserBatch, allowed: Allowed, fold: str = FINAL) -> Float32:
        """The fusion's scores alone: (n, n_items), -inf where ``allowed`` rules an item out.

        Items outside the union of the bases' best come below it, by the mean of the bases' standard scores,
        whose values they all take.
        """
        return self._fused(self._ask(batch, allowed, fold, dict(self.bases(fold).scores(batch, allowed))))

    @final
    def recommend(self, batch: UserBatch, k: int, allowed: Allowed) -> Rankings:
        """The ``k`` best allowed items per user."""
        from recx.kernels.topk import top_k

        blocks = []
        for block in split_batch(batch, block_size(len(allowed.items)) // 2):
            items, best = top_k(self.score(block, allowed), allowed.order, k)
            blocks.append(Rankings(block.users, items, best))
        return Rankings.concatenate(blocks)

    def explain(self, batch: UserBatch, lists: Rankings, allowed: Allowed) -> list[list[Told]]:
        """What the fusion listened to for the items of ``lists``, row by row, in their order.

        The parts of an item are the stack's contributions (TreeSHAP), summed by base and feature group; with
        the constant ``bias`` they add up to its score before it is laid over the bases'. Where another stands
        in for the stack, that is the only part; an item that is no candidate has none.
        """
        told: list[list[Told]] = []
        start = 0
        for block in split_batch(batch, block_size(len(allowed.items)) // 2):
            rows = lists.items[start : start + len(block)]
            start += len(block)
            asked = self._ask(block, allowed, FINAL, dict(self.bases(FINAL).scores(block, allowed)))
            candidates, n_items = asked.candidates, len(allowed.items)
            held = candidates.rows.astype(np.int64) * n_items + candidates.items
            for row, items in enumerate(rows):
                wanted = row * n_items + items[items >= 0].astype(np.int64)
                place = np.minimum(np.searchsorted(held, wanted), max(len(held) - 1, 0))
                found = held[place] == wanted
                parts = self._parts_of(asked.block.values[place[found]])
                at = iter(parts)
                told.append(
                    [
                        Told(int(item), next(at) if there else {})
                        for item, there in zip(items[items >= 0], found, strict=True)
                    ]
                )
        return told

    def _parts_of(self, values: Float32) -> list[dict[str, float]]:
        part = self.parts[RANKING]
        if part.sanity.fallback:
            return [{part.sanity.fallback: 1.0}] * len(values)
        groups = [feature.group for feature in part.features] + ["bias"]
        found = []
        for row in self.stack(RANKING).contributions(values) if len(values) else ():
            sums: dict[str, float] = {}
            for group, value in zip(groups, row, strict=True):
                sums[group] = sums.get(group, 0.0) + float(value)
            found.append(sums)
        return found

    def rate_all(self, batch: UserBatch, pairs: Pairs) -> dict[str, Float32]:
        """Ratings (pairs,), unclipped, of the bases that rate, the fusion and the mean.

        Empty where none of them rates.
        """
        if RATING not in self.parts:
            return {}
        part = self.parts[RATING]
        ratings = self.bases(FINAL).rate(batch, pairs)
        asked = Rated.of(batch, pairs, ratings, self.facts(FINAL), self.breadth.groups)
        self._check_columns(RATING, asked.block)
        found = {label: ratings.values[:, at] for at, label in enumerate(ratings.labels)}
        found["mean"] = asked.mean
        fused = (
            found[part.sanity.fallback]
            if part.sanity.fallback
            else self.stack(RATING).score(asked.block.values, asked.mean)
        )
        return {**{label: found[label] for label in ratings.labels}, self.name: fused, "mean": found["mean"]}

    def _ask(self, batch: UserBatch, allowed: Allowed, fold: str, scores: dict[str, Float32]) -> Asked:
        bases = self.bases(fold)
        answers = Answers(scores, bases.knows(batch), allowed.order)
        asked = Asked.of(batch, answers, self.facts(fold), self.breadth)
        self._check_columns(RANKING, asked.block)
        return asked

    def _check_columns(self, kind: str, block: Block) -> None:
        """A stacker reads columns by their place: they must be those it has learnt from."""
        if block.features != self.parts[kind].features:
            raise DataError(f"{self.folder} was fused by another version of recx; fuse again")

    def _fused(self, asked: Asked) -> Float32:
        """The stack's scores, or those of who stands in for it."""
        sanity = self.parts[RANKING].sanity
        stand_in = sanity.fallback
        if stand_in is not None and stand_in in self.base_runs:
            return asked.answers.of(stand_in).copy()
        scores = asked.blend(stand_in) if stand_in else self.stack(RANKING).score(asked.block.values)
        return asked.candidates.spread(scores, asked.answers.consensus)

    def _bases(self, fold: str) -> Bases:
        models = {}
        for label, folder in self.base_runs.items():
            run = open_run(folder)
            models[label] = load_model(run, run.scoring_fit if fold == FINAL else fold)
        return Bases(models)

    def _facts(self, fold: str) -> ItemFacts:
        return ItemFacts.read(self.folder / KNOWN / f"{fold}.safetensors")

    def _stack(self, kind: str) -> Stack:
        part = self.parts[kind]
        return Stack.read(self.folder / part.file, part.features)


@dataclass(frozen=True)
class FuseRun:
    """A finished `recx fuse`."""

    folder: Path
    fusion: Fusion

    def summary(self) -> list[str]:
        """What the fusion is worth on the window's held-out users, and what it listens to."""
        fusion = self.fusion
        lines = []
        for kind, part in fusion.parts.items():
            sanity = part.sanity
            lines.append(f"{kind}: {sanity.metric} on {sanity.users:,} held-out users of the window")
            width = max(map(len, sanity.values))
            best_first = sorted(sanity.values, key=lambda label: -sanity.sign * sanity.values[label])
            lines += [f"  {label.ljust(width)}  {sanity.values[label]:.4f}" for label in best_first]
            lines.append("")
        if fusion.candidate_recall is not None:
            lines.append(f"candidates hold {fusion.candidate_recall:.1%} of what these users took")
        if shared := [part for part in fusion.contributions if part.share]:
            shared.sort(key=lambda part: -(part.share or 0))
            lines.append("the stack listens to " + ", ".join(f"{p.label} {p.share:.0%}" for p in shared))
        if fusion.note:
            lines.append(f"the stack is not used: {fusion.note}")
        return lines


def open_fusion(folder: Path) -> Fusion:
    """Read a finished fuse run; DataError where it is unfinished, damaged or something else."""
    manifest = store.read_manifest(folder)
    if manifest.get("verb") != "fuse":
        raise DataError(f"{folder} is a {manifest.get('verb')} run, not a fuse run")
    return Fusion(folder, manifest)


def plain(part: Part) -> store.Json:
    """A part as the manifest holds it; its features stand in features.json."""
    return {"file": part.file, "sanity": asdict(part.sanity)}

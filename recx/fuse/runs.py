"""Finished fusions: what lies in results/fuse, checked, read back and asked for scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.arrays import Float32, Int32
from recx.data import Pairs, UserBatch
from recx.errors import DataError, UsageError
from recx.fuse.bases import FINAL, Answers, Bases, Said
from recx.fuse.budget import Budget
from recx.fuse.carried import BASES, DATA
from recx.fuse.features import Block
from recx.fuse.fusers import config_class, create
from recx.fuse.fusers.base import Fuser
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.known import ItemFacts
from recx.fuse.objectives.items import Goods
from recx.fuse.objectives.pareto import Aims
from recx.fuse.objectives.rerank import Pool, Reranker
from recx.fuse.sanity import Sanity, controls
from recx.fuse.search import Searched
from recx.fuse.surroundings import Feature
from recx.fuse.vectors import VECTORS, Space
from recx.fuse.windows import Asked, Breadth, Rated
from recx.fuse.worth import Contribution
from recx.models.base import Allowed, mask, split_batch
from recx.train.runs import TrainRun, load_model, open_run

RANKING, RATING = "ranking", "rating"
FUSER, POPULARITY = -1, -2
"""Who answers a user, where it is none of the bases."""
PAIRS = 1 << 20
"""Pairs rated at a time where all items are."""
HOLDOUT = "holdout.safetensors"
FEATURES = "features.json"
BEST = "best.yaml"
"""The settings with those that a search has found, for from=."""
SPACE = "vectors"
"""Folder of the axes of the bases' vectors in each fold, where they are asked for."""
KNOWN = "known"
"""Folder of what was known of the items at each fold's cut-off."""
GOODS = "objectives"
"""Folder of what items bring to a list besides relevance."""
PARETO = "pareto.json"
"""What that costs, on the window's held-out users."""


@dataclass(frozen=True)
class Part:
    """One fitted fuser of a fusion: rankings and ratings have one each."""

    name: str  # its files begin with it: meta
    config: FuserConfig
    sanity: Sanity
    features: tuple[Feature, ...]


class Fusion:
    """A finished fuse run, ready to score. Models are read on first use, those of one fold at a time."""

    def __init__(self, folder: Path, manifest: store.Json) -> None:
        facts = manifest["fusion"]
        self.folder = folder
        self.name: str = facts["name"]  # of the fuser, and the label of its scores
        self.dataset = Path(manifest["dataset"]["folder"])
        self.dataset_fingerprint: str = manifest["dataset"]["fingerprint"]
        self.protocol: dict[str, Any] = facts["protocol"]
        # sha256 of its files, those that it carries among them, by path
        self.files: dict[str, str] = {str(folder / name): sha for name, sha in manifest["files"].items()}
        # where the bases were trained; what scores valid and test lies in the run itself
        self.helpers = frozenset(facts.get("helpers", ()))
        """Labels of runs that are fused and are no entrants."""
        self.base_runs = {label: Path(run) for label, run in facts["base_runs"].items()}
        self.holdout_users: Int32 = store.read_arrays(folder / HOLDOUT)["users"]
        self.search: Searched | None = Searched.read(facts["search"]) if facts["search"] else None
        self.aims: Aims | None = Aims.read(facts["aims"]) if facts.get("aims") else None
        self.budget: Budget | None = Budget.read(facts["budget"]) if facts.get("budget") else None
        self.contributions = [Contribution.read(row) for row in facts["contributions"]]
        self.candidate_recall: float | None = facts["candidate_recall"]  # on the held-out users
        self.breadth = Breadth(**facts["breadth"] | {"groups": tuple(facts["breadth"]["groups"])})
        features = store.read_json(folder / FEATURES)
        self.parts = {
            kind: Part(
                part["name"],
                config_class(self.name)(**part["config"]),
                Sanity.read(part["sanity"]),
                tuple(Feature(**column) for column in features[part["name"]]),
            )
            for kind, part in facts["parts"].items()
        }
        self.fuser = lru_cache(self._fuser)
        self.bases = lru_cache(maxsize=1)(self._bases)
        self.facts = lru_cache(self._facts)
        self.reranker = lru_cache(self._reranker)

    @property
    def data(self) -> Path:
        """The data set that lies in the run."""
        return self.folder / DATA

    def base(self, label: str) -> TrainRun:
        """The training of a base as it lies in the run: with the fits that score valid and test."""
        return open_run(self.folder / BASES / label)

    @property
    def entrants(self) -> list[str]:
        """Labels of the bases that stand beside the fusion."""
        return [label for label in self.base_runs if label not in self.helpers]

    @property
    def labels(self) -> dict[str, str]:
        """Label -> base, fusion or blend."""
        kinds = {**dict.fromkeys(self.entrants, "base"), self.name: "fusion"}
        for kind in self.parts:
            kinds |= dict.fromkeys(controls(kind, self.name), "blend")
        return kinds

    @property
    def note(self) -> str | None:
        """Who answers instead of a learnt fuser, and why; None where the fuser does."""
        return "; ".join(part.sanity.note for part in self.parts.values() if part.sanity.note) or None

    @property
    def stand_in(self) -> str | None:
        """Label of who ranks instead of a fuser that has not proved itself; None where it has."""
        return self._part(RANKING).sanity.fallback

    def score_all(
        self, batch: UserBatch, allowed: Allowed, fold: str = FINAL
    ) -> Iterator[tuple[str, Float32]]:
        """Scores (n, n_items) of every base, the fusion and the blends; each base scores once.

        What ``allowed`` rules out is -inf already; the arrays are not to be changed before the last is taken.
        """
        answers: list[tuple[str, Float32]] = []
        for label, scores in self.bases(fold).scores(batch, allowed):
            answers.append((label, scores))
            if label not in self.helpers:
                yield label, scores
        if RANKING not in self.parts:
            yield from self._by_rating(batch, allowed, fold)
            return
        asked, heard = self.ask(batch, allowed, fold, dict(answers))
        yield self.name, self._fused(asked, heard, fold)
        for name, control in controls(RANKING, self.name).items():
            said = control.score(asked.rows.said_by(self.entrants))
            yield name, asked.candidates.spread(said, heard.consensus)

    def score(self, batch: UserBatch, allowed: Allowed, fold: str = FINAL) -> Float32:
        """The fusion's scores alone: (n, n_items), -inf where ``allowed`` rules an item out.

        Items outside the union of the bases' best come below it, by the mean of the bases' standard scores,
        whose values they all take.
        """
        said = self.ask(batch, allowed, fold, dict(self.bases(fold).scores(batch, allowed)))
        return self._fused(*said, fold)

    def ask(
        self, batch: UserBatch, allowed: Allowed, fold: str, scores: dict[str, Float32]
    ) -> tuple[Asked, Answers]:
        """What the fuser reads of the candidates, and what the bases, whose ``scores`` these are, say of all
        items.
        """
        bases = self.bases(fold)
        answers = Answers(scores, bases.knows(batch), allowed.order)
        said = Said.of(answers, self.breadth.top, self.breadth.union, bases.describe(batch))
        asked = Asked.of(batch, said, self.facts(fold), self.breadth.groups)
        self._check_columns(RANKING, asked.block)
        return asked, answers

    def answering(self, kind: str) -> Fuser[Any] | str:
        """The fuser, or the control or the base (its label) that stands in for it."""
        stand_in = self._part(kind).sanity.fallback
        if stand_in is None:
            return self.fuser(kind)
        return stand_in if stand_in in self.base_runs else create(config_class(stand_in)())

    def who(self, answers: Answers) -> Int32:
        """Who ranks for each user: FUSER, the place of a base in ``answers.labels``, or POPULARITY: (n,).

        A fuser answers where any base knows the user. Where a base stands in for it and does not know the
        user, the best other base does that knows them. Popularity answers where none does.
        """
        answering, sanity = self.answering(RANKING), self.parts[RANKING].sanity
        if not isinstance(answering, str):
            return np.where(answers.knows.any(axis=1), FUSER, POPULARITY).astype(np.int32)
        found = np.full(len(answers.knows), POPULARITY, dtype=np.int32)
        best_last = sorted(
            self.entrants, key=lambda label: (label == answering, sanity.sign * sanity.values[label])
        )
        for at in map(answers.labels.index, best_last):
            found[answers.knows[:, at]] = at
        return found

    def _by_rating(self, batch: UserBatch, allowed: Allowed, fold: str) -> Iterator[tuple[str, Float32]]:
        """Where ratings alone are fused, all items by the rating they would get: (n, n_items) each."""
        n_items = len(allowed.items)
        found: dict[str, list[Float32]] = {}
        for block in split_batch(batch, max(1, PAIRS // n_items)):
            for label, ratings in self.rate_all(block, Pairs.of_all(len(block), n_items), fold).items():
                if label not in self.base_runs:
                    found.setdefault(label, []).append(ratings.reshape(len(block), n_items))
        for label, parts in found.items():
            scores = np.concatenate(parts).astype(np.float32)
            mask(scores, batch, allowed)
            yield label, scores

    def rate_all(self, batch: UserBatch, pairs: Pairs, fold: str = FINAL) -> dict[str, Float32]:
        """Ratings (pairs,), unclipped, of the bases that rate, the fusion and the blends.

        Empty where none of them rates.
        """
        if RATING not in self.parts:
            return {}
        ratings = self.bases(fold).rate(batch, pairs)
        asked = Rated.of(batch, pairs, ratings, self.facts(fold), self.breadth.groups)
        self._check_columns(RATING, asked.block)
        found = {label: ratings.values[:, at] for at, label in enumerate(ratings.labels)}
        entrants = asked.rows.said_by(self.entrants)
        blends = {name: each.score(entrants) for name, each in controls(RATING, self.name).items()}
        answering = self.answering(RATING)
        rows = asked.rows if self.parts[RATING].sanity.fallback is None else entrants
        fused = found[answering] if isinstance(answering, str) else answering.score(rows)
        bases = {label: said for label, said in found.items() if label not in self.helpers}
        return {**bases, self.name: fused, **blends}

    def _part(self, kind: str) -> Part:
        if kind not in self.parts:
            raise UsageError(f"{self.folder} fuses ratings and ranks no items; take a fusion that ranks")
        return self.parts[kind]

    def _check_columns(self, kind: str, block: Block) -> None:
        """A fuser reads columns by their place: they must be those it has learnt from."""
        if block.features != self._part(kind).features:
            raise DataError(f"{self.folder} was fused by another version of recx; fuse again")

    def _fused(self, asked: Asked, answers: Answers, fold: str) -> Float32:
        """The scores of who answers each user, in the order that lists are to have."""
        answering, who, scores = self.answering(RANKING), self.who(answers), None
        if isinstance(answering, str):
            found = answers.of(answering).copy()
        else:
            scores = answering.score(asked.rows)
            found = asked.candidates.spread(scores, answers.consensus)
        for at in np.unique(who[who != FUSER]):
            found[who == at] = instead(answers, at)[who == at]
        if (reranker := self.reranker(fold)) is None:
            return found
        return asked.candidates.spread(reranker.order(self.pool(asked, answers, who, scores)), found)

    def pool(self, asked: Asked, answers: Answers, who: Int32, scores: Float32 | None) -> Pool:
        """The candidates with the scores of who answers each user; ``scores`` (pairs,) are a fuser's."""
        candidates = asked.candidates
        said = np.zeros(len(candidates), dtype=np.float32) if scores is None else scores.copy()
        by = who[candidates.rows]
        for at in np.unique(who[who != FUSER]):
            said[by == at] = candidates.of(instead(answers, at))[by == at]
        return Pool(candidates.indptr, candidates.items, said, answers.order[candidates.items])

    def _reranker(self, fold: str) -> Reranker | None:
        """What puts lists together; None where relevance is all that counts."""
        config = self.parts[RANKING].config
        if not config.objectives:
            return None
        goods = Goods.read(self.folder / GOODS / f"{fold}.safetensors")
        return Reranker(config.weight, config.floor, config.length, goods)

    def _bases(self, fold: str) -> Bases:
        models = {}
        for label in self.base_runs:
            run = self.base(label)
            models[label] = load_model(run, run.scoring_fit if fold == FINAL else fold)
        if VECTORS not in self.breadth.groups:
            return Bases(models)
        return Bases(models, Space.read(self.folder / SPACE / f"{fold}.safetensors", models))

    def _facts(self, fold: str) -> ItemFacts:
        return ItemFacts.read(self.folder / KNOWN / f"{fold}.safetensors")

    def _fuser(self, kind: str) -> Fuser[Any]:
        part = self.parts[kind]
        return create(part.config).read(self.folder, part.name)


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
            gain = sanity.gain
            lines.append(
                f"  {sanity.fuser} {'gains' if gain.value >= 0 else 'loses'} {abs(gain.value):.4f} against "
                f"{sanity.best_base}, the best base there (95% interval {gain.low:+.4f} to {gain.high:+.4f})"
            )
            lines.append("")
        if fusion.candidate_recall is not None:
            lines.append(f"candidates hold {fusion.candidate_recall:.1%} of what these users took")
        if shared := [part for part in fusion.contributions if part.share]:
            shared.sort(key=lambda part: -(part.share or 0))
            lines.append(f"{fusion.name} listens to " + ", ".join(f"{p.label} {p.share:.0%}" for p in shared))
        if fusion.aims:
            lines += ["", *fusion.aims.lines()]
        if fusion.budget:
            lines += ["", *fusion.budget.lines(), fusion.budget.words()]
        if fusion.search:
            lines.append(fusion.search.words())
        if fusion.note:
            lines.append(f"{fusion.name} is not used: {fusion.note}")
        return lines


def open_fusion(folder: Path) -> Fusion:
    """Read a finished fuse run; DataError where it is unfinished, damaged or something else."""
    manifest = store.read_manifest(folder)
    if manifest.get("verb") != "fuse":
        raise DataError(f"{folder} is a {manifest.get('verb')} run, not a fuse run")
    return Fusion(folder, manifest)


def instead(answers: Answers, who: int) -> Float32:
    """Scores of who answers instead of the fuser: (n, n_items). A base that does not know a user says what
    is popular.
    """
    return answers.of(answers.labels[0 if who == POPULARITY else who])


def plain(part: Part) -> store.Json:
    """A part as the manifest holds it; its features stand in features.json."""
    return {"name": part.name, "config": asdict(part.config), "sanity": asdict(part.sanity)}

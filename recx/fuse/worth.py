"""What a fuser listens to, and what each base and each feature group is worth to it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recx.arrays import Float64
from recx.fuse import crossed
from recx.fuse.features import AGREEMENT, base_columns, joined
from recx.fuse.fusers import create
from recx.fuse.fusers.base import Lesson, Parts
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.judge import better
from recx.fuse.table import Table
from recx.fuse.vectors import VECTORS
from recx.metrics.statistics import Interval, Statistic

SAMPLE = 2000
"""Rows that are taken apart: shares settle long before."""
USERS = 400
"""Users that the fusers with something left out learn from."""


@dataclass(frozen=True)
class Contribution:
    """A base or a feature group."""

    label: str
    share: float | None  # of what makes the fuser's scores; sums to 1 over the labels
    without: Interval | None  # metric lost on the held-out users when it is left out, paired by user

    @staticmethod
    def read(plain: Mapping[str, Any]) -> Contribution:
        """The contribution that a manifest describes."""
        lost = plain["without"]
        return Contribution(plain["label"], plain["share"], Interval(**lost) if lost else None)


@dataclass(frozen=True)
class FeatureShare:
    """One column."""

    feature: str
    group: str
    share: float  # of the absolute contributions of all columns


def shares(parts: Parts, ranks: bool) -> tuple[dict[str, float], list[FeatureShare]]:
    """Mean absolute contribution per group and per feature, as shares.

    Those of a group are added before their size is taken, so that columns which cancel each other out do not
    count. Of rankings only differences matter: what every row gets alike says nothing.
    """
    by_group, by_feature = _sizes(parts.by_group(), ranks), _sizes(parts.values, ranks)
    features = [
        FeatureShare(column.name, column.group, float(share))
        for column, share in zip(parts.columns, by_feature, strict=True)
    ]
    return {group: float(share) for group, share in zip(parts.groups, by_group, strict=True)}, features


def sample(table: Table, seed: int) -> Table:
    """Some rows to be taken apart."""
    kept = np.zeros(len(table), dtype=np.bool_)
    kept[np.random.default_rng(seed).permutation(len(table))[:SAMPLE]] = True
    return table.keep(kept)


def left_out(
    table: Table | None, held_out: Table, config: FuserConfig, groups: Sequence[str], lesson: Lesson
) -> dict[str, Interval]:
    """By how much a fuser of everything does better than one without each base and each group of features.

    Both learn anew from some of the users and are measured on the held-out ones. A candidate that only the
    left-out base has brought is left out too. ``table`` is None for a fuser that does not learn.
    """
    if table is not None:
        few = np.zeros(len(table.sizes), dtype=np.bool_)
        few[np.random.default_rng(lesson.seed).permutation(len(few))[:USERS]] = True
        table = table.take(few)
    lighter = config.lighter()

    def measured(label: str | None) -> Statistic:
        asked = held_out if label is None else without(held_out, label)
        if table is None:
            return lesson.judge.on(asked).statistic(create(lighter).score(asked))
        learnt = table if label is None else without(table, label)
        return lesson.judge.on(asked).statistic(crossed.scores(lighter, learnt, asked, lesson))

    bases = held_out.votes.labels
    things = [*(bases if len(bases) > 1 else ()), *groups]
    if not things:
        return {}
    everything = measured(None)
    return {thing: better(everything, measured(thing), lesson.judge.sign) for thing in things}


def without(table: Table, label: str) -> Table:
    """The table as it would be without a base, or without a group of features."""
    votes = table.votes
    if label not in votes.labels:
        return table.columns([at for at, each in enumerate(table.features) if each.group != label])
    return among(table, [each for each in votes.labels if each != label])


def among(table: Table, bases: Sequence[str]) -> Table:
    """The table as it would be with some of the bases, and without the candidates that only others bring."""
    votes = table.votes
    others = votes.of(bases)
    of_bases = {*votes.labels, AGREEMENT}
    dropped = tuple(f"{label}." for label in votes.labels if label not in bases)
    left = [
        at
        for at, each in enumerate(table.features)
        if each.group not in of_bases and not (each.group == VECTORS and each.name.startswith(dropped))
    ]
    features, values = tuple(table.features[at] for at in left), table.values[:, left]
    if len(left) < len(table.features):
        # columns of one base may know of the others: they are made anew
        said, columns = joined(list(base_columns(others)), len(table))
        features, values = (*said, *features), np.column_stack([columns, values])
    found = replace(table, features=features, values=values, votes=others)
    if others.ranks is None:
        return found
    return found.keep(np.asarray((others.ranks > 0).any(axis=1)))


def attribution_csv(features: list[FeatureShare]) -> str:
    """The shares as a table, largest first."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["feature", "group", "share"])
    for row in sorted(features, key=lambda feature: -feature.share):
        rows.writerow([row.feature, row.group, f"{row.share:.6f}"])
    return text.getvalue()


def _sizes(parts: Float64, ranks: bool) -> Float64:
    if ranks:
        parts = parts - parts.mean(axis=0)
    sizes = np.abs(parts).mean(axis=0)
    return np.asarray(sizes / max(float(sizes.sum()), 1e-300))

"""What the stack listens to, and what each base is worth to it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from recx.arrays import Float32, Float64
from recx.fuse.config import StackConfig
from recx.fuse.stack import Stack, fit_stack
from recx.fuse.table import Table

SAMPLE = 2000
"""Rows that are taken apart: shares settle long before."""
USERS = 400
"""Users that the stacks with a base left out learn from."""
TREES = 60
"""Trees of such a stack: the comparison is with one of the same size."""


@dataclass(frozen=True)
class Contribution:
    """A base or a feature group."""

    label: str
    share: float | None  # of the stack's attribution; sums to 1 over the labels
    without: float | None  # metric lost on the held-out users when the base is left out


@dataclass(frozen=True)
class FeatureShare:
    """One column."""

    feature: str
    group: str
    share: float  # of the absolute contributions of all columns
    gain: float  # LightGBM's: loss saved by splits on it, share


def shares(stack: Stack, table: Table, seed: int) -> tuple[dict[str, float], list[FeatureShare]]:
    """Mean absolute contribution per group and per feature, as shares, over a sample of the table's rows.

    Contributions (TreeSHAP) add up to a row's score; those of a group are added before their size is taken,
    so that columns which cancel each other out do not count.
    """
    rows = np.random.default_rng(seed).permutation(len(table))[:SAMPLE]
    parts = stack.contributions(table.values[np.sort(rows)])[:, :-1]
    # only differences rank: what every row gets alike says nothing
    parts = parts - parts.mean(axis=0) if table.start is None else parts
    groups = list(dict.fromkeys(feature.group for feature in stack.features))
    of_group = np.array([groups.index(feature.group) for feature in stack.features])
    sums = np.stack([parts[:, of_group == at].sum(axis=1) for at in range(len(groups))], axis=1)
    by_group = _as_shares(np.abs(sums).mean(axis=0))
    by_feature = _as_shares(np.abs(parts).mean(axis=0))
    gain = _as_shares(stack.gains)
    features = [
        FeatureShare(feature.name, feature.group, float(share), float(saved))
        for feature, share, saved in zip(stack.features, by_feature, gain, strict=True)
    ]
    return {group: float(share) for group, share in zip(groups, by_group, strict=True)}, features


def left_out(
    table: Table,
    held_out: Table,
    labels: tuple[str, ...],
    config: StackConfig,
    objective: str,
    seed: int,
    threads: int,
    measure: Callable[[Float32], float],
) -> dict[str, float]:
    """Metric of a small stack of all bases minus that of one without the base, per base.

    ``measure`` turns scores of the held-out rows into the metric. A candidate that only the left-out base has
    brought is left out too.
    """
    if len(labels) < 2:
        return {}
    few = np.zeros(len(table.sizes), dtype=np.bool_)
    few[np.random.default_rng(seed).permutation(len(few))[:USERS]] = True
    table = table.take(few)

    def metric(label: str | None) -> float:
        # columns of agreement know every base
        columns = [
            at for at, feature in enumerate(table.features) if feature.group not in ("agreement", label or "")
        ]
        learnt, asked = _without(table, labels, label), _without(held_out, labels, label)
        kept = _listed(learnt, labels, label)
        stack = fit_stack(learnt.keep(kept), None, config, objective, seed, threads, columns, TREES)
        scores = stack.score(asked.values[:, columns], asked.start)
        scores[~_listed(asked, labels, label)] = -np.inf
        return measure(scores)

    everyone = metric(None)
    return {label: everyone - metric(label) for label in labels}


def attribution_csv(features: list[FeatureShare]) -> str:
    """The shares as a table, largest first."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["feature", "group", "share", "gain"])
    for row in sorted(features, key=lambda feature: -feature.share):
        rows.writerow([row.feature, row.group, f"{row.share:.6f}", f"{row.gain:.6f}"])
    return text.getvalue()


def _as_shares(values: Float64) -> Float64:
    return np.asarray(values / max(float(values.sum()), 1e-300))


def _column(table: Table, name: str) -> Float32 | None:
    for at, feature in enumerate(table.features):
        if feature.name == name:
            return np.asarray(table.values[:, at])
    return None


def _listed(
    table: Table, labels: tuple[str, ...], label: str | None
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows that a base other than ``label`` lists; all rows of ratings."""
    others = [_column(table, f"{other}.rank") for other in labels if other != label]
    ranks = [column for column in others if column is not None]
    if label is None or not ranks:
        return np.ones(len(table), dtype=np.bool_)
    return np.asarray(np.any([~np.isnan(rank) for rank in ranks], axis=0))


def _without(table: Table, labels: tuple[str, ...], label: str | None) -> Table:
    """Ratings start from the mean of the other bases."""
    if table.start is None or label is None:
        return table
    columns = [_column(table, f"{other}.rating") for other in labels if other != label]
    known = np.stack([column for column in columns if column is not None], axis=1)
    there = ~np.isnan(known)
    total, count = np.where(there, known, 0).sum(axis=1), there.sum(axis=1)
    start = np.where(count > 0, total / np.maximum(count, 1), table.start).astype(np.float32)
    return replace(table, start=start)

"""Is the fusion worth it? A learnt one answers if it beats the best base and rrf on users it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recx.arrays import Bool, Float32
from recx.fuse.fusers import config_class, create
from recx.fuse.fusers.base import Fuser
from recx.fuse.judge import Contest, Judge, better
from recx.fuse.table import Table
from recx.metrics import Metric, parse
from recx.metrics.statistics import Interval, Statistic

CONTROLS = {"ranking": ("rrf", "combsum", "mean"), "rating": ("mean",)}
"""Fusers without learning that stand beside every fusion; a learnt one must beat the first."""


@dataclass(frozen=True)
class Sanity:
    """Everyone's metric on the window's held-out users."""

    metric: str
    users: int
    values: dict[str, float]  # label -> mean over the users, or over their ratings
    fuser: str
    learnt: bool
    best_base: str
    rival: str  # the better of the best base and the first control
    gain: Interval  # by how much the fuser does better than the best base, paired by user

    @staticmethod
    def of(
        metric: Metric,
        users: int,
        entrants: Mapping[str, Statistic],
        bases: tuple[str, ...],
        fuser: str,
        learnt: bool,
    ) -> Sanity:
        """Find the fuser's rival."""
        sign = 1 if metric.higher_is_better else -1
        control = CONTROLS["ranking" if metric.higher_is_better else "rating"][0]
        values = {label: each.value for label, each in entrants.items()}
        best_base = max(bases, key=lambda label: sign * values[label])
        rival = max((best_base, control), key=lambda label: sign * values[label])
        gain = better(entrants[fuser], entrants[best_base], sign)
        return Sanity(str(metric), users, values, fuser, learnt, best_base, rival, gain)

    @staticmethod
    def read(plain: Mapping[str, object]) -> Sanity:
        """The comparison that a manifest describes."""
        gain = plain["gain"]
        assert isinstance(gain, dict)
        return Sanity(**{**plain, "gain": Interval(**gain)})  # type: ignore[arg-type]

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if parse(self.metric).higher_is_better else -1

    @property
    def fallback(self) -> str | None:
        """Who answers instead of a learnt fuser; None where it has earned its place."""
        if not self.learnt or self.sign * self.values[self.fuser] > self.sign * self.values[self.rival]:
            return None
        return self.rival

    @property
    def note(self) -> str | None:
        """What a reader must know where the fuser does not answer."""
        if self.fallback is None:
            return None
        return (
            f"{self.metric} on {self.users:,} held-out users is {self.values[self.fuser]:.4f} for the "
            f"{self.fuser} and {self.values[self.rival]:.4f} for {self.rival}, so {self.rival} answers"
        )


def controls(kind: str, name: str) -> dict[str, Fuser[Any]]:
    """The blends without learning that stand beside the fuser called ``name``."""
    return {label: create(config_class(label)()) for label in CONTROLS[kind] if label != name}


def blends(kind: str, contest: Contest, bases: tuple[str, ...], fuser: str) -> dict[str, Statistic]:
    """The fusers without learning, on what the bases say, by label."""
    entrant = contest.table.said_by(bases)
    return {
        label: contest.statistic(control.score(entrant)) for label, control in controls(kind, fuser).items()
    }


def by_halves(
    kind: str,
    judge: Judge,
    asked: Table,
    halves: Iterable[tuple[Bool, Float32]],
    bases: tuple[str, ...],
    fuser: str,
) -> dict[str, Statistic]:
    """Bases, blends and fuser on each of ``halves`` (see recx.fuse.crossed) alone, and the mean of both.

    The halves are scored by two fusers, whose scores are not of one scale: in lists that mixed them the fuser
    would stand below rivals that score all items alike. On Complete Journey, repeat=new, it had .0556 there
    and rrf .0567; half by half they have .0538 and .0482, and on test .0715 and .0590.
    """
    found: dict[str, list[Statistic]] = {}
    for rows, scores in halves:
        contest = judge.on(asked.keep(rows))
        votes = contest.table.votes
        entrants = {
            label: contest.statistic(votes.standard[:, at])
            for at, label in enumerate(votes.labels)
            if label in bases
        }
        entrants |= blends(kind, contest, bases, fuser) | {fuser: contest.statistic(scores)}
        for label, each in entrants.items():
            found.setdefault(label, []).append(each)
    values = {
        label: np.mean([each.influence + each.value for each in both], axis=0)
        for label, both in found.items()
    }
    return {label: Statistic.mean(each) for label, each in values.items()}

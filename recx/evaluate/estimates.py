"""How sure each number of an entrant is, and how entrants differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recx.arrays import Int32
from recx.evaluate.result import Comparison, Estimate
from recx.metrics import GATHERED, INTEREST, RATING, gathered_metric, parse
from recx.metrics.coverage import coverage_influence, gini_influence
from recx.metrics.families import benjamini_hochberg, holm
from recx.metrics.measure import Measured
from recx.metrics.ratings import Errors, surprises, user_rmse
from recx.metrics.repeats import repeated
from recx.metrics.statistics import Difference, Interval, Statistic, bootstrap_sums, interval, tested

Statistics = dict[str, Statistic]
"""Metric -> the number with what its interval needs."""
INFLUENCE = {"coverage": coverage_influence, "gini": gini_influence}


def statistics_of(measured: Measured, seed: int, paired: bool, names: Int32 | None = None) -> Statistics:
    """Every metric of one entrant; ``paired`` draws the replicates that comparisons need for plain means too.

    Equal seeds resample the same users, so that the replicates of two entrants are paired. ``names``
    (n_users,) numbers users across data sets, where numbers of several are to be joined.
    """
    found: Statistics = {}

    def known_as(users: Int32) -> Int32:
        return users if names is None else names[users]

    if len(measured.users):
        metrics, columns = list(measured.per_user), np.column_stack(list(measured.per_user.values()))
        drawn = bootstrap_sums(columns, seed) / len(columns) if paired else None
        who = known_as(measured.users)
        for at, name in enumerate(metrics):
            found[name] = Statistic.mean(columns[:, at], None if drawn is None else drawn[:, at], who)
        found |= _gathered(measured, who)
    if measured.errors is not None:
        ratings = _rating_statistics(measured.errors, seed)
        who = known_as(measured.errors.distinct_users)
        found |= {name: replace(ratings[name], users=who) for name in measured.among(RATING)}
    elif measured.interest is not None:
        interest = _interest_statistics(measured.interest, seed)
        who = known_as(measured.interest.distinct_users)
        found |= {name: replace(interest[name], users=who) for name in measured.among(INTEREST)}
    return found


def _gathered(measured: Measured, who: Int32) -> Statistics:
    """What is counted over all lists, by what each user's list pulls."""
    found = {}
    for name in measured.among(GATHERED):
        for k in measured.k:
            value = gathered_metric(name)(measured.shown(k), measured.candidates)
            pulls = INFLUENCE[name](measured.items[:, :k], measured.candidates)
            found[f"{name}@{k}"] = Statistic(value, len(measured.users), pulls, additive=False, users=who)
    return found


def _rating_statistics(errors: Errors, seed: int) -> Statistics:
    mse, rmse = _squared(errors, seed)
    absolute, counts = errors.sums(np.abs(errors.values)), errors.counts.astype(np.float64)
    each = user_rmse(errors)
    drawn = bootstrap_sums(np.column_stack([absolute, counts, each]), seed)
    found = {
        "rmse": rmse,
        "mse": mse,
        "mae": Statistic.ratio(absolute, counts, drawn[:, 0] / drawn[:, 1]),
        "rmse_user": Statistic.mean(each, drawn[:, 2] / len(each)),
    }
    if errors.span is not None:
        found["mse_norm"] = _squared(replace(errors, values=errors.values / errors.span), seed)[0]
    return found


def _interest_statistics(errors: Errors, seed: int) -> Statistics:
    squares, losses = errors.sums(errors.values**2), errors.sums(surprises(errors))
    counts = errors.counts.astype(np.float64)
    drawn = bootstrap_sums(np.column_stack([squares, losses, counts]), seed)
    return {
        "mse": Statistic.ratio(squares, counts, drawn[:, 0] / drawn[:, 2]),
        "log_loss": Statistic.ratio(losses, counts, drawn[:, 1] / drawn[:, 2]),
    }


def _squared(errors: Errors, seed: int) -> tuple[Statistic, Statistic]:
    """Mse and rmse, with users resampled whole: a user's errors are alike."""
    squares, counts = errors.sums(errors.values**2), errors.counts.astype(np.float64)
    drawn = bootstrap_sums(np.column_stack([squares, counts]), seed)
    ratio = drawn[:, 0] / drawn[:, 1]
    return Statistic.ratio(squares, counts, ratio), Statistic.ratio(
        squares, counts, np.sqrt(ratio), root=True
    )


def estimates(statistics: Statistics) -> dict[str, Estimate]:
    """The numbers with their 95 % intervals."""
    return {name: estimate(interval(statistic)) for name, statistic in statistics.items()}


@dataclass(frozen=True, eq=False)
class Runs:
    """The numbers of one entrant: of every part (a data set and its split), of every run on it."""

    parts: Sequence[Sequence[Statistics]]
    overlap: float = 0.0
    """Test rows / training rows where parts are folds of the same rows."""

    @cached_property
    def statistics(self) -> Statistics:
        """The mean over the runs of each metric that all of them have."""
        return {name: self._joined(name, None) for name in self._metrics}

    def minus(self, other: Runs) -> Statistics:
        """The difference of each metric, paired by user, and part by part."""
        return {name: self._joined(name, other) for name in self._metrics if name in other._metrics}

    @cached_property
    def _metrics(self) -> list[str]:
        every = [run for part in self.parts for run in part]
        return [name for name in every[0] if all(name in run for run in every)]

    def _joined(self, name: str, other: Runs | None) -> Statistic:
        found = []
        for at, part in enumerate(self.parts):
            mean = repeated([run[name] for run in part])
            if other is not None:
                mean = mean.minus(repeated([run[name] for run in other.parts[at]]))
            found.append(mean)
        return repeated(found, self.overlap)


def compare(entrants: Mapping[str, Runs], reference: str) -> list[Comparison]:
    """Every entrant minus ``reference`` on every metric both have.

    Holm over the entrants of a metric; Benjamini and Hochberg over all entrants and metrics.
    """
    base = entrants[reference]
    found: list[Comparison] = []
    paired = {name: each.minus(base) for name, each in entrants.items() if name != reference}
    for metric, b in base.statistics.items():
        differences = {name: tested(each[metric]) for name, each in paired.items() if metric in each}
        adjusted = holm([each.p_t for each in differences.values()])
        for (name, each), p in zip(differences.items(), adjusted, strict=True):
            found.append(_comparison(metric, name, reference, each, b.value, p))
    every = benjamini_hochberg([each.p_t for each in found])
    return [replace(each, p_bh=p) for each, p in zip(found, every, strict=True)]


def compare_pairs(entrants: Mapping[str, Statistics], pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
    """The first minus the second of each pair, on every metric both have; adjusted as in ``compare``."""
    found: list[Comparison] = []
    for metric in dict.fromkeys(name for each in entrants.values() for name in each):
        both = [(a, b) for a, b in pairs if metric in entrants[a] and metric in entrants[b]]
        tests = [tested(entrants[a][metric].minus(entrants[b][metric])) for a, b in both]
        adjusted = holm([each.p_t for each in tests])
        for (a, b), each, p in zip(both, tests, adjusted, strict=True):
            value = entrants[b][metric].value
            found.append(_comparison(metric, a, b, each, value, p))
    every = benjamini_hochberg([each.p_t for each in found])
    return [replace(each, p_bh=p) for each, p in zip(found, every, strict=True)]


def _comparison(metric: str, a: str, b: str, found: Difference, value: float, p_holm: float) -> Comparison:
    """``a`` minus ``b``, whose number is ``value``; not adjusted over all metrics yet."""
    relative = found.interval.value / abs(value) if value else None
    difference = estimate(found.interval)
    return Comparison(
        metric, a, b, difference, relative, found.p_t, found.p_bootstrap, p_holm, 1.0, found.detectable
    )


def best_of(values: Mapping[str, float], metric: str) -> str | None:
    """The name with the best value of ``metric``; the first of equals, None where there is none."""
    if not values:
        return None
    sign = 1 if parse(metric).higher_is_better else -1
    return max(values, key=lambda name: sign * values[name])


def headline_of(ranking: str, kinds: Mapping[str, str], entrants: Mapping[str, Statistics]) -> str:
    """The metric that decides: rmse where what is to be judged rates, else the ranking metric."""
    judged = [name for name, kind in kinds.items() if kind == "fusion"] or list(kinds)
    rating = next(iter(RATING))
    return rating if judged and all(rating in entrants[name] for name in judged) else ranking


def estimate(found: Interval) -> Estimate:
    """As a report holds it."""
    return Estimate(found.value, found.low, found.high, found.se, found.n)

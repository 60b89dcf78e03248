"""One number out of several runs of one configuration: its mean, with the spread between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recx.arrays import Float64, Int32
from recx.metrics.statistics import Chance, Statistic


def repeated(runs: Sequence[Statistic], overlap: float = 0.0) -> Statistic:
    """The mean over ``runs`` that differ in their seed or fold.

    Runs differ because their users do, as far as they are others, and because chance in training differs.
    The first is known from the users, who may have answered in several runs; what the runs differ beyond it
    is a source of chance of its own, with one degree of freedom less than there are runs.

    ``overlap`` is test rows / training rows where every run has a split of its own, else 0: runs that learnt
    from much the same rows differ less from each other than from another sample (Nadeau and Bengio 2003).
    """
    if len(runs) == 1:
        return runs[0]
    k = len(runs)
    values = np.array([run.value for run in runs])
    spread = tuple(Chance(each.variance / k**2, each.df) for run in runs for each in run.spread)
    same = all(_same_users(runs[0], run) for run in runs)
    users, shares = _aligned(runs, same)
    n = len(shares)
    between = shares.T @ shares * (n / max(1, n - 1))
    # what a sample variance of the runs' numbers would be if nothing but their users made them differ
    alike = (float(between.sum()) - float(np.trace(between))) / (k * (k - 1))
    by_users = float(np.trace(between)) / k - alike
    excess = max(0.0, float(np.var(values, ddof=1)) - by_users)
    counted = runs[0].n if same else n if runs[0].additive else sum(run.n for run in runs)
    return replace(
        runs[0],
        value=float(np.mean(values)),
        n=counted,
        influence=n * shares.mean(1),
        replicates=None,
        spread=(*spread, Chance((1 / k + overlap) * excess, k - 1)),
        users=users,
    )


def _same_users(a: Statistic, b: Statistic) -> bool:
    if a.users is None or b.users is None:
        return a.n == b.n
    return np.array_equal(a.users, b.users)


def _aligned(runs: Sequence[Statistic], same: bool) -> tuple[Int32 | None, Float64]:
    """All users of the runs, and by how much each pulls the number of each run: (users, runs)."""
    if same:
        return runs[0].users, np.column_stack([run.influence / len(run.influence) for run in runs])
    named = [run.users for run in runs if run.users is not None]
    if len(named) < len(runs):
        raise ValueError("runs over different users need to say who they are")
    if any(len(np.unique(own)) < len(own) for own in named):
        raise ValueError("users are to be distinct")
    users = np.unique(np.concatenate(named)).astype(np.int32)
    shares = np.zeros((len(users), len(runs)))
    for column, (own, run) in enumerate(zip(named, runs, strict=True)):
        shares[np.searchsorted(users, own), column] = run.influence / len(run.influence)
    return users, shares

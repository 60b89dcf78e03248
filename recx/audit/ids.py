"""Do the numbers of items or users tell when they came, or how often? Ties by id would then be no ties."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import rankdata

from recx.arrays import Float64
from recx.audit.finding import Check, Finding
from recx.audit.folder import FINAL, Folder
from recx.prepare.stored import ITEMS, USERS

NAME = "ordered-ids"
STRONG = 0.5
"""Rank correlation from which an id says something."""
FEWEST = 20


def check_ids(data: Folder) -> Check:
    """The check ordered-ids: a note, as ties are broken by a seeded permutation."""
    sizes = {"item": data.n_items, "user": data.n_users}
    first = {role: np.full(n, np.inf) for role, n in sizes.items()}
    counts = {role: np.zeros(n) for role, n in sizes.items()}
    asked = {role: np.zeros(n) for role, n in sizes.items()}
    for block in data.blocks("time"):
        moments = block.times if data.dated else block.numbers
        test = block.asked(FINAL)
        for role, groups in (("item", block.items), ("user", block.users)):
            np.minimum.at(first[role], groups, moments.astype(np.float64))
            counts[role] += np.bincount(groups, minlength=sizes[role])
            asked[role] += np.bincount(groups[test], minlength=sizes[role])
    told: list[Finding] = []
    for role, file in (("item", ITEMS), ("user", USERS)):
        known = np.isfinite(first[role])
        if known.sum() < FEWEST:
            continue
        order = "first appearance" if data.dated else "first row"
        read = {order: first[role], "number of rows": counts[role], "number of test rows": asked[role]}
        if role == "user" and not data.dated:
            del read[order]  # rows are sorted by user
        told += _findings(role, file, {name: values[known] for name, values in read.items()}, known)
    return Check(
        NAME, data.name, "numbers of items and users against first appearance and counts", tuple(told)
    )


def _findings(
    role: str, file: str, read: dict[str, Float64], known: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Iterator[Finding]:
    numbers = np.flatnonzero(known).astype(np.float64)
    rhos = {
        name: float(np.corrcoef(numbers, rankdata(values))[0, 1])
        for name, values in read.items()
        if np.ptp(values) > 0
    }
    strong = {name: rho for name, rho in rhos.items() if abs(rho) >= STRONG}
    if strong:
        words = ", ".join(f"{name} ({rho:+.2f})" for name, rho in strong.items())
        yield Finding(
            "note",
            f"{role} numbers follow {words}",
            f"{file}, column id",
            "nothing in recx reads them: ties are broken by a seeded permutation; elsewhere shuffle the ids",
            {name.replace(" ", "_"): rho for name, rho in strong.items()},
        )

"""The same pair of user and item on both sides of a division, and the same row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from recx.arrays import Bool, Int64
from recx.audit.finding import Check, Finding, Rows
from recx.audit.folder import FINAL, Block, Folder
from recx.prepare.stored import INTERACTIONS

OFTEN = 3.0
"""Users come back: pairs that are asked for may have been learnt this many times as often as pairs that are
learnt have been learnt before."""
ALIKE = 1.5
"""And this many times as often as in another fold."""
SURE = 3.0
"""Standard deviations that are left to chance."""


@dataclass
class Tally:
    """One fold's rows."""

    asked: int = 0
    learnt: int = 0
    again: int = 0  # learnt rows whose pair is learnt more than once, beyond the first
    both: Rows = field(default_factory=Rows)  # asked rows whose pair, or moment, is learnt too


def check_pairs(data: Folder) -> list[Check]:
    """The checks same-pair and duplicates of a data set."""
    pairs: dict[str, Tally] = {fold: Tally() for fold in data.folds}
    moments: dict[str, Tally] = {fold: Tally() for fold in data.folds}
    for block in data.blocks("time", "event"):
        order, new_pair, new_moment = _grouped(block, data.n_items, data.dated)
        for fold in data.folds:
            _count(pairs[fold], block, fold, order, new_pair)
            if data.dated:
                _count(moments[fold], block, fold, order, new_moment)
    return [_same_pair(data, pairs), _duplicates(data, moments)]


def _grouped(block: Block, n_items: int, dated: bool) -> tuple[Int64, Bool, Bool]:
    """An order of the rows, and where in it a new pair begins, and a new row of all that is known: (n,)."""
    pairs = block.users.astype(np.int64) * n_items + block.items
    keys = [pairs]
    if dated:
        keys.insert(0, block.times)
        if block.events is not None:
            keys.insert(0, block.events.astype(np.int64))
    order = np.lexsort(keys)
    changes = [np.append(True, np.diff(key[order]) != 0)[: len(order)] for key in keys]
    return order, changes[-1], np.logical_or.reduce(changes)


def _count(tally: Tally, block: Block, fold: str, order: Int64, new: Bool) -> None:
    starts = np.flatnonzero(new)
    if not len(starts):
        return
    learnt, asked = block.learnt(fold)[order], block.asked(fold)[order]
    known = np.add.reduceat(learnt.astype(np.int64), starts)
    group = np.cumsum(new) - 1
    tally.asked += int(asked.sum())
    tally.learnt += int(learnt.sum())
    tally.again += int(np.maximum(known - 1, 0).sum())
    tally.both.add(np.sort(block.numbers[order[asked & (known[group] > 0)]]))


def _same_pair(data: Folder, tallies: dict[str, Tally]) -> Check:
    if data.repeats:
        why = "users come back to an item here (dataset.repeats=yes), so that a pair may be in both"
        return Check("same-pair", data.name, why, applies=False)
    looked = (
        f"pairs of user and item that {', '.join(data.folds)} ask for against those they learn or are given"
    )
    return Check("same-pair", data.name, looked, tuple(_pair_findings(data, tallies)))


def _pair_findings(data: Folder, tallies: dict[str, Tally]) -> Iterator[Finding]:
    for fold, tally in tallies.items():
        seen = tally.both.count
        if not seen:
            continue
        others = [other.both.count / max(1, other.asked) for name, other in tallies.items() if name != fold]
        usual = tally.asked * max(OFTEN * tally.again / max(1, tally.learnt), ALIKE * max(others))
        natural = tally.again and seen <= usual + SURE * np.sqrt(usual)
        where = "test" if fold == FINAL else f"what {fold} asks for"
        yield Finding(
            "note" if natural else "leak",
            f"{seen:,} of {tally.asked:,} rows of {where} hold a pair that is learnt"
            + (f"; so do {tally.again:,} of the {tally.learnt:,} learnt rows" if natural else ""),
            f"{INTERACTIONS}, columns user, item and fold:{fold}",
            "users come back to items: say dataset.repeats=yes, or keep one row of each pair"
            if natural
            else "keep one row of each pair before dividing; where users come back, say dataset.repeats=yes",
            {"rows": seen, "asked": tally.asked, "repeated_in_train": tally.again},
            tally.both.first,
        )


def _duplicates(data: Folder, tallies: dict[str, Tally]) -> Check:
    if not data.dated:
        why = "rows have no times that would tell a copy from a second event"
        return Check("duplicates", data.name, why, applies=False)
    findings = [
        Finding(
            "leak",
            f"{tally.both.count:,} of {tally.asked:,} rows of {'test' if fold == FINAL else fold} are copies "
            "of learnt rows: same user, item and time",
            f"{INTERACTIONS}, columns user, item, time and fold:{fold}",
            "prepare again with dataset.clean.duplicates=drop",
            {"rows": tally.both.count, "asked": tally.asked},
            tally.both.first,
        )
        for fold, tally in tallies.items()
        if tally.both.count
    ]
    return Check("duplicates", data.name, "rows equal in user, item, time and event", tuple(findings))

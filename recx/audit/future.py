"""Events that are learnt and lie in the future of what is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from recx.arrays import Bool, Int64
from recx.audit.finding import Check, Finding, Rows
from recx.audit.folder import FINAL, Block, Folder
from recx.prepare.stored import INTERACTIONS

NAME = "future-events"
BINS = 1 << 20
APART = 0.8
"""Distance (Kolmogorov-Smirnov) between the times learnt and asked from which files are divided by time."""
NEARLY = 0.5
"""And from which they are, where test does not lie behind each user's input: much may be out of place.
Files divided at random are .02 to .04 apart (the official ones of ml-100k).
"""
MOSTLY = 0.9
"""Share of what is asked that lies behind all its user's input, from which files are divided inside users."""


@dataclass
class Times:
    """What is out of place in one fold."""

    late: Rows = field(default_factory=Rows)  # learnt or given, after what is asked
    early: Rows = field(default_factory=Rows)  # asked, before the cut


def check_future(data: Folder) -> Check:
    """The check future-events: by cut-off, or inside each user, as the split divides."""
    if data.order == "none":
        return _none(data, "rows have neither times nor an order")
    if data.method == "time":
        return _by_cut(data, {fold: _known(data, fold) for fold in data.folds}, "known_at of every fold")
    if data.method in ("last", "users"):
        return _inside_users(data, data.folds, f"each user's input against what is asked; {_overlap(data)}")
    if data.method != "files":
        return _none(data, f"split={data.method} draws without regard to time")
    apart, cut = _divided_by_time(data) if data.dated else (0.0, 0)
    by_time = "the files are divided by time: train against the first row of test"
    if apart >= APART:
        return _by_cut(data, {FINAL: cut}, by_time)
    in_place, asked = _behind(data)
    if asked and in_place >= MOSTLY * asked:
        return _inside_users(data, [FINAL], "test lies behind each user's input: one against the other")
    if apart >= NEARLY:
        return _by_cut(data, {FINAL: cut}, by_time)
    return _none(data, "the files are not divided by time")


def _none(data: Folder, why: str) -> Check:
    return Check(NAME, data.name, why, applies=False)


def _known(data: Folder, fold: str) -> int:
    known_at = data.known_at[fold]
    return 0 if known_at is None else known_at


def _by_cut(data: Folder, cuts: dict[str, int], looked: str) -> Check:
    """``cuts``: the first moment that may be asked for."""
    found = {fold: Times() for fold in cuts}
    for block in data.blocks("time"):
        for fold, cut in cuts.items():
            late = block.times >= cut
            # files may hold rows of the very second on both sides
            after = late if data.method == "time" else block.times > cut
            found[fold].late.add(block.numbers[block.learnt(fold) & after])
            found[fold].early.add(block.numbers[block.asked(fold) & ~late])
    return Check(NAME, data.name, looked, tuple(_findings(found, "the cut-off of")))


def _findings(found: dict[str, Times], behind: str) -> Iterable[Finding]:
    for fold, times in found.items():
        asked = "test" if fold == FINAL else fold
        for rows, words, part in (
            (times.late, f"learnt rows are dated after {behind} {asked}", "late"),
            (times.early, f"rows of {asked} are dated before its cut-off", "early"),
        ):
            if rows.count:
                yield Finding(
                    "leak",
                    f"{rows.count:,} {words}",
                    f"{INTERACTIONS}, columns time and fold:{fold}",
                    "divide by time again: recx prepare with split=time, or correct the files",
                    {part: rows.count},
                    rows.first,
                )


def _moments(block: Block, data: Folder) -> Int64:
    """Times, or places in the order of the rows."""  # (n,)
    return block.times if data.dated else np.arange(len(block), dtype=np.int64)


def _first_asked(block: Block, moments: Int64, asked: Bool) -> Int64:
    """The first moment that each user is asked about, the end of time for others: (n,)."""
    never = np.iinfo(np.int64).max
    return np.minimum.reduceat(np.where(asked, moments, never), block.bounds)[block.row_user]


def _inside_users(data: Folder, folds: Iterable[str], looked: str) -> Check:
    found = {fold: Times() for fold in folds}
    for block in data.blocks("time"):
        moments = _moments(block, data)
        for fold in found:
            asked = block.asked(fold)
            given = block.learnt(fold)
            late = given & (moments > _first_asked(block, moments, asked))
            found[fold].late.add(block.numbers[late])
    return Check(NAME, data.name, looked, tuple(_findings(found, "the same user's first row of")))


def _overlap(data: Folder) -> str:
    """How much of what is learnt is dated after the first row of test, in words."""
    if not data.dated:
        return f"split={data.method} is no division in time"
    first = min(
        (
            int(block.times[block.asked(FINAL)].min())
            for block in data.blocks("time")
            if block.asked(FINAL).any()
        ),
        default=0,
    )
    late = total = 0
    for block in data.blocks("time"):
        learnt = block.learnt(FINAL)
        late += int((learnt & (block.times >= first)).sum())
        total += int(learnt.sum())
    share = late / max(1, total)
    return f"split={data.method} is no division in time: {share:.0%} is learnt after test begins"


def _behind(data: Folder) -> tuple[int, int]:
    """Rows of test that lie behind all of their user's input, and rows of test of users with input."""
    in_place = asked_rows = 0
    for block in data.blocks("time"):
        moments = _moments(block, data)
        asked, given = block.asked(FINAL), block.learnt(FINAL)
        before = np.iinfo(np.int64).min
        newest = np.maximum.reduceat(np.where(given, moments, before), block.bounds)[block.row_user]
        in_place += int((asked & (moments >= newest) & (newest > before)).sum())
        asked_rows += int((asked & (newest > before)).sum())
    return in_place, asked_rows


def _divided_by_time(data: Folder) -> tuple[float, int]:
    """How far the times learnt and asked are apart, 0 to 1, and the moment that parts them best."""
    low, high = _ends(data)
    width = max(1, -(-(high - low + 1) // BINS))
    learnt, asked = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for block in data.blocks("time"):
        bins = (block.times - low) // width
        learnt += np.bincount(bins[block.learnt(FINAL)], minlength=BINS)
        asked += np.bincount(bins[block.asked(FINAL)], minlength=BINS)
    if not learnt.any() or not asked.any():
        return 0.0, 0
    apart = np.cumsum(learnt) / learnt.sum() - np.cumsum(asked) / asked.sum()
    best = int(np.argmax(apart))
    # the exact moment: the one with the fewest rows out of place, among those close to it
    near_learnt, near_asked = list[Int64](), list[Int64]()
    begin, end = low + best * width, low + (best + 2) * width
    for block in data.blocks("time"):
        near = (block.times >= begin) & (block.times < end)
        near_learnt.append(block.times[near & block.learnt(FINAL)])
        near_asked.append(block.times[near & block.asked(FINAL)])
    before, after = np.sort(np.concatenate(near_learnt)), np.sort(np.concatenate(near_asked))
    cuts = np.unique(np.concatenate([before, after, [end]]))
    wrong = len(before) - np.searchsorted(before, cuts, "right") + np.searchsorted(after, cuts, "left")
    return float(apart[best]), int(cuts[np.argmin(wrong)])


def _ends(data: Folder) -> tuple[int, int]:
    ends = [(int(block.times.min()), int(block.times.max())) for block in data.blocks("time")]
    return min(low for low, _ in ends), max(high for _, high in ends)

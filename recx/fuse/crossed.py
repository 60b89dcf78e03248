"""Judged on what was not learnt: scores of pairs by fusers that have met neither their user nor their item.

The labels of a window that begins at one moment are all of the same weeks. A fuser that sees what items are
like learns by heart what sold in those weeks; users held out from the same weeks confirm it and the next
weeks do not. So the items are dealt into two parts, and each is scored by a fuser that has learnt from the
other. On Complete Journey this puts settings in the order test does, which held-out users alone do not: of
stack (60 trees, two parts), linear and stack (120 trees of 15 leaves, one part) on repeat=new they say .073,
.069 and .076, crossed .057, .063 and .041 (in lists that mixed the scores as they were; see ``together``),
and test .071, .073 and .066.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from recx.arrays import Bool, Float32
from recx.fuse.fusers import create
from recx.fuse.fusers.base import Fuser, Lesson
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.table import Table

PARTS = 2


def scores(config: FuserConfig, table: Table, asked: Table, lesson: Lesson) -> Float32:
    """Scores of ``asked``, whose users ``table`` does not hold, by fusers that learn for it: (rows,)."""
    if not lesson.crossed:
        return _learnt(config, table, asked, lesson).score(asked)
    return together(halves(config, table, asked, lesson), asked)


def together(parts: Iterable[tuple[Bool, Float32]], asked: Table) -> Float32:
    """What ``halves`` has found, in one list per user: (rows,).

    Two fusers have no common scale, but each user's items were dealt to them at random: what both say of them
    is alike once it is in the user's standard deviations. Ratings are of one scale as they are.
    """
    found = np.zeros(len(asked), dtype=np.float32)
    bare = asked.columns([])  # features are most of a table, and tell nothing of its scores
    for mine, said in parts:
        mean, deviation = bare.keep(mine).moments(said)
        found[mine] = (said - mean) / deviation
    return found


def halves(config: FuserConfig, table: Table, asked: Table, lesson: Lesson) -> Iterator[tuple[Bool, Float32]]:
    """Which rows of ``asked`` are of each part of the items, and their scores by the fuser that learns for
    it.

    Scores of two parts are of two fusers: within a part alone they can be held against those of others.
    """
    most = int(max(table.items.max(initial=0), asked.items.max(initial=0))) + 1
    part_of = np.random.default_rng([lesson.seed, 15, lesson.depth]).integers(0, PARTS, most)
    # a fuser that deals them once more must deal them otherwise, or one of its parts is empty
    deeper = replace(lesson, depth=lesson.depth + 1)
    for part in range(PARTS):
        mine = part_of[asked.items] == part
        fuser = _learnt(config, table.keep(part_of[table.items] != part), asked.keep(~mine), deeper)
        yield mine, fuser.score(asked.keep(mine))


def _learnt(config: FuserConfig, table: Table, held_out: Table, lesson: Lesson) -> Fuser[Any]:
    return create(config).fit(table, held_out, lesson)

"""Who gained and who lost, and what is recommended and found more or less often: b against a."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recx.arrays import Bool, Float64, Int32, Int64
from recx.data import Rankings
from recx.evaluate.compare.result import Found, ItemChange, Moved, UserChange
from recx.metrics import parse
from recx.metrics.lists import Lists
from recx.metrics.measure import Measured
from recx.metrics.question import Question

EQUAL = 1e-12
"""Per-user numbers closer than this are the same."""
NAMES = ("title", "name")
"""Columns of the catalogue that say what an item is called."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Both runs on the same question, their lists cut at ``k``."""

    question: Question
    a: Measured
    b: Measured
    k: int

    def moved(self) -> list[Moved]:
        """Of every metric that both have for each user."""
        found = []
        for metric, (a, b) in self._columns.items():
            gain = _gain(metric, a, b)
            up, down = int((gain > EQUAL).sum()), int((gain < -EQUAL).sum())
            found.append(Moved(metric, up, down, len(gain) - up - down))
        return found

    def users(self, metric: str, most: int) -> tuple[list[UserChange], list[UserChange]]:
        """Those who gained and those who lost most on ``metric``, the largest change first."""
        a, b = self._columns[metric]
        users = self.a.users if "@" in metric else self._rated
        gain = _gain(metric, a, b)
        history = self.question.fold.history.histories().lengths
        # of equal changes the user with more behind it says more
        order = np.lexsort((users, -history[users], -np.abs(gain)))
        sides = [order[gain[order] > EQUAL][:most], order[gain[order] < -EQUAL][:most]]
        gained, lost = (
            [self._user(users[at], a[at], b[at], metric, history) for at in side] for side in sides
        )
        return gained, lost

    def items(self, most: int) -> tuple[list[ItemChange], list[ItemChange]]:
        """Those that b recommends more often than a, and less often, the largest change first."""
        return self._items(self.a.shown(self.k), self.b.shown(self.k), most)

    def found(self, most: int) -> Found:
        """Which of the items to be found stand in whose lists."""
        in_a, in_b = self._hit
        items = self.question.targets.items
        alone = [
            np.bincount(items[marks], minlength=self.question.dataset.n_items)
            for marks in (in_a & ~in_b, in_b & ~in_a)
        ]
        by_b, by_a = self._items(alone[0], alone[1], most)
        return Found(
            int((in_a & in_b).sum()),
            int(alone[0].sum()),
            int(alone[1].sum()),
            int((~in_a & ~in_b).sum()),
            by_a,
            by_b,
        )

    @property
    def _columns(self) -> Mapping[str, tuple[Float64, Float64]]:
        """Numbers of every user that both runs have, metric by metric."""
        found = {
            name: (column, self.b.per_user[name])
            for name, column in self.a.per_user.items()
            if name in self.b.per_user
        }
        if self.a.errors is not None and self.b.errors is not None:
            from recx.metrics.ratings import user_rmse

            found["rmse"] = user_rmse(self.a.errors), user_rmse(self.b.errors)
        return found

    @property
    def _rated(self) -> Int32:
        assert self.a.errors is not None
        return self.a.errors.distinct_users.astype(np.int32)

    @property
    def _hit(self) -> tuple[Bool, Bool]:
        """Which of the items to be found stand in the lists of a, and of b: (relevant,)."""
        targets = self.question.targets
        marks = []
        for measured in (self.a, self.b):
            items = np.ascontiguousarray(measured.items[:, : self.k])
            lists = Lists.judge(Rankings(measured.users, items, np.zeros(items.shape, np.float32)), targets)
            hit = np.zeros(len(targets.items), dtype=np.bool_)
            rows, ranks = np.nonzero(lists.place >= 0)
            hit[targets.indptr[rows] + lists.place[rows, ranks]] = True
            marks.append(hit)
        return marks[0], marks[1]

    def _user(self, user: int, a: float, b: float, metric: str, history: Int64) -> UserChange:
        dataset, targets = self.question.dataset, self.question.targets
        row = int(np.searchsorted(targets.users, user))
        ranked = row < len(targets) and targets.users[row] == user
        wanted = (
            set(targets.items[targets.indptr[row] : targets.indptr[row + 1]].tolist()) if ranked else set()
        )
        lists = [
            set(each.items[row, : self.k].tolist()) & wanted if ranked else set() for each in (self.a, self.b)
        ]
        asked = len(wanted)
        if "@" not in metric:
            asked = int((self.question.fold.target.users == user).sum())
        both, only_a, only_b = lists[0] & lists[1], lists[0] - lists[1], lists[1] - lists[0]
        named = [[dataset.items[item] for item in sorted(part)] for part in (both, only_a, only_b)]
        return UserChange(dataset.users[int(user)], int(history[user]), asked, float(a), float(b), *named)

    def _items(self, a: Int64, b: Int64, most: int) -> tuple[list[ItemChange], list[ItemChange]]:
        events = self.question.fold.fit.item_counts
        change = b - a
        order = np.lexsort((np.arange(len(a)), -events, -np.abs(change)))
        sides = [order[change[order] > 0][:most], order[change[order] < 0][:most]]
        catalog, names = self.question.dataset.catalog, self.question.dataset.items
        called = next((catalog.items[name] for name in NAMES if name in catalog.items), None)
        more, less = (
            [
                ItemChange(
                    names[int(item)],
                    "" if called is None else str(called[item]),
                    int(events[item]),
                    int(a[item]),
                    int(b[item]),
                )
                for item in side
            ]
            for side in sides
        )
        return more, less


def _gain(metric: str, a: Float64, b: Float64) -> Float64:
    """By how much b is better, user by user."""
    return b - a if parse(metric).higher_is_better else a - b

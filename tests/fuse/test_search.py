"""A search of settings, on windows alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recx.errors import UsageError
from recx.fuse import crossed
from recx.fuse.fusers.config import LinearConfig, StackConfig, WeightedConfig
from recx.fuse.search import Searched, search
from recx.fuse.table import Table
from tests.fuse.tables import lesson, planted


def found(config: LinearConfig | StackConfig, *windows: Table, crossed: bool = False) -> Searched:
    return search(config, windows, replace(lesson(), crossed=crossed), lambda number: None)


def test_a_search_leaves_settings_that_spoil_everything() -> None:
    table = planted(np.random.default_rng(0), (1.5, 0.5), users=120)
    # so strong a penalty that the weights are noise
    done = found(LinearConfig(reg=1e12, search=6), table)
    assert len(done.trials) == 6 and done.best > 0
    assert done.trials[0].settings == {"reg": 1e12}
    assert done.settings["reg"] <= 1  # type: ignore[operator]
    assert done.trials[done.best].value > done.trials[0].value
    assert done.judged == "users of the window in 3 folds"


def test_the_same_seed_searches_the_same() -> None:
    table = planted(np.random.default_rng(0), (1.0, 0.5), users=60)
    one, two = (found(LinearConfig(search=5), table) for _ in range(2))
    assert one == two
    assert one.csv().splitlines()[0] == "trial,ndcg@10,reg" and len(one.csv().splitlines()) == 6


def test_with_several_windows_the_last_one_judges() -> None:
    rng = np.random.default_rng(0)
    earlier, last = planted(rng, (1.0, 0.5), users=80), planted(rng, (1.0, 0.5), users=40)
    config = LinearConfig(search=3)
    done = found(config, earlier, last)
    assert done.judged == "users of the last window"
    contest = lesson().judge.on(last)
    assert done.trials[0].value == contest.value(crossed.scores(config, earlier, last, lesson()))


def test_nothing_to_search_and_nobody_to_search_on_are_one_line() -> None:
    with pytest.raises(UsageError, match="needs 3 users or more"):
        found(LinearConfig(search=2), planted(np.random.default_rng(0), (1.0, 0.5), users=2))
    with pytest.raises(UsageError, match=r"fuser\.search=-1: expected 0 or more"):
        WeightedConfig(search=-1).check()


def test_crossed_scores_do_not_know_what_was_learnt_by_heart_of_items() -> None:
    # what is taken depends on the item alone, which the features tell; other items tell nothing of it
    rng = np.random.default_rng(0)
    table, asked = (planted(rng, (0.0, 0.0), users=150, extra=1) for _ in range(2))
    hot = np.arange(30) % 7 == 3

    def by_item(at: Table) -> Table:
        values = at.values.copy()
        values[:, -1] = at.items
        labels = hot[at.items].astype(np.float32)
        indptr = np.arange(len(at.users) + 1) * hot.sum()
        items = np.tile(np.flatnonzero(hot).astype(np.int32), len(at.users))
        assert at.targets is not None
        targets = replace(at.targets, indptr=indptr, items=items, grades=np.ones(len(items), np.float32))
        return replace(at, values=values, labels=labels, targets=targets)

    table, asked = by_item(table), by_item(asked)
    config = StackConfig(trees=40, parts=1, min_leaf=5, leaves=31)
    contest = lesson().judge.on(asked)
    by_heart = contest.value(crossed.scores(config, table, asked, lesson()))
    honest = contest.value(crossed.scores(config, table, asked, replace(lesson(), crossed=True)))
    assert by_heart > 0.95
    assert honest < 0.6

"""layered: what level 1 learns from, and how its scores are taken apart."""

from dataclasses import replace

import numpy as np
import pytest

from recx.errors import UsageError
from recx.fuse import crossed
from recx.fuse.fusers import config_class, layered
from recx.fuse.fusers.config import LayeredConfig, StackConfig
from recx.fuse.fusers.layered import Layered
from tests.fuse.fusers.contract import FuserContract, RatingContract
from tests.fuse.tables import lesson, planted


class TestLayered(FuserContract, RatingContract):
    config = LayeredConfig(level0=["linear", "greedy"], folds=2)


def test_a_fuser_that_learns_its_users_by_heart_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    # stack may grow a leaf for every row; out of fold it is worth less than linear, in fold it is perfect
    by_heart = StackConfig(trees=60, leaves=400, min_leaf=1, reg=0.0, lr=0.3)
    monkeypatch.setattr(
        layered, "config_class", lambda name: (lambda: by_heart) if name == "stack" else config_class(name)
    )
    table = planted(np.random.default_rng(0), (1.0, 1.0), users=150, extra=6)
    found = Layered(LayeredConfig()).fit(table, None, lesson())
    contest = lesson().judge.on(table)
    assert contest.value(found.level0["stack"].score(table)) > 0.99
    weights = dict(zip(found.level0, found.level1.weights, strict=True))
    assert weights["linear"] > weights["stack"]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (LayeredConfig(level0=["stack"]), "expected two or more different fusers"),
        (LayeredConfig(level0=["stack", "rrf"]), "rrf does not learn from a table of bases"),
        (LayeredConfig(level0=["stack", "layered"]), "layered does not learn"),
        (LayeredConfig(level0=["stack", "lineal"]), "no fuser called 'lineal'; did you mean 'linear'"),
        (LayeredConfig(level1="stack"), "expected weighted or greedy"),
        (LayeredConfig(folds=1), "fuser.folds=1: expected 2 or more"),
    ],
)
def test_layers_that_cannot_be_are_one_line(config: LayeredConfig, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        config.check()
    assert says in str(caught.value)


def test_a_fuser_that_crosses_items_is_judged_on_crossed_items() -> None:
    table = planted(np.random.default_rng(0), (1.0, 1.0), users=80, extra=6)
    half = np.arange(80) < 40
    how = replace(lesson(), crossed=True)
    found = crossed.scores(
        LayeredConfig(level0=["linear", "stack"], folds=2), table.take(half), table.take(~half), how
    )
    assert lesson().judge.on(table.take(~half)).value(found) > 0.2
    assert np.ptp(found) > 0

"""The stack on planted tables; on whole fusions see test_stacking."""

import numpy as np

from recx.fuse.fusers import create
from recx.fuse.fusers.config import StackConfig
from tests.fuse.fusers.contract import FuserContract, RatingContract
from tests.fuse.tables import lesson, planted


class TestStack(FuserContract, RatingContract):
    config = StackConfig(trees=40, min_leaf=20)


def test_as_many_trees_are_kept_as_serve_the_held_out_users() -> None:
    rng = np.random.default_rng(0)
    table, held_out = planted(rng, (1.0, 0.0), users=60), planted(rng, (1.0, 0.0), users=200)
    many = StackConfig(trees=150, parts=1, min_leaf=5, leaves=31)
    stack = create(many).fit(table, held_out, lesson())
    assert stack.boosters[0].num_trees() < 100

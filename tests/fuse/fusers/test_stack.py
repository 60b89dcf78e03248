"""The stack on planted tables; on whole fusions see test_stacking."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.fuse.fusers import create
from recx.fuse.fusers.config import StackConfig
from tests.fuse.fusers.contract import FuserContract, RatingContract
from tests.fuse.tables import lesson, planted


class TestStack(FuserContract, RatingContract):
    config = StackConfig(trees=40, min_leaf=20, bags=1)


def test_as_many_trees_are_kept_as_serve_the_held_out_users() -> None:
    rng = np.random.default_rng(0)
    table, held_out = planted(rng, (1.0, 0.0), users=60), planted(rng, (1.0, 0.0), users=200)
    many = StackConfig(trees=150, bags=1, min_leaf=5, leaves=31)
    stack = create(many).fit(table, held_out, lesson())
    assert stack.boosters[0].num_trees() < 100


def test_where_labels_are_of_the_same_weeks_boosters_learn_from_parts_of_the_items() -> None:
    table = planted(np.random.default_rng(0), (1.0, 1.0), users=60)
    config = StackConfig(trees=5, min_leaf=20, parts=2, bags=3)
    dated, undated = (replace(lesson(), dated=dated) for dated in (True, False))
    assert len(create(config).fit(table, None, dated).boosters) == 6
    assert len(create(config).fit(table, None, undated).boosters) == 3


def test_the_number_of_threads_changes_no_byte(tmp_path: Path) -> None:
    table = planted(np.random.default_rng(0), (1.0, 0.0), users=80)
    held_out = planted(np.random.default_rng(1), (1.0, 0.0), users=40)
    config = StackConfig(trees=20, min_leaf=20)
    for threads in (1, 2, 5):
        stack = create(config).fit(table, held_out, replace(lesson(), threads=threads, dated=True))
        stack.write(tmp_path / str(threads), "meta")
    one, two, five = (
        [path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in ("1", "2", "5")
    )
    assert len(one) == config.parts * config.bags
    assert one == two == five

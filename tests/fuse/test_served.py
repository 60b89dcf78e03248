"""Who answers whom in a finished fusion, in lists as in evaluation, and what their scores are made of."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recx.arrays import Bool, Float32
from recx.data import UserBatch
from recx.fuse.fusers.config import BordaConfig, MedianConfig
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.runs import FUSER, POPULARITY
from recx.fuse.served import serve
from recx.metrics.protocol import Protocol
from recx.models.base import Allowed
from tests.fuse.conftest import N_USERS, SMALL, Fused, World, hints, world

Fuse = Callable[..., Fused]
EVERYWHERE: Bool = np.ones((N_USERS, 40), dtype=np.bool_)


def three(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
    """One base that tells all, one that tells some, one that tells nothing."""
    return {
        "noise": hints(rng, taken, ~EVERYWHERE),
        "good": hints(rng, taken, EVERYWHERE, 5.0),
        "fair": hints(rng, taken, EVERYWHERE, 3.0),
    }


def halves(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
    """Each base tells what users take of one half of the items."""
    even = EVERYWHERE & (np.arange(40) % 2 == 0)
    return {"even": hints(rng, taken, even), "odd": hints(rng, taken, ~even)}


def question(at: World, done: Fused) -> tuple[UserBatch, Allowed]:
    fold = at.dataset.split.final
    users = np.arange(12, dtype=np.int32)
    batch = UserBatch(users, fold.history.histories().take(users))
    return batch, Protocol.read(done.fusion.protocol).allowed(at.dataset, fold)


def test_where_a_base_stands_in_the_next_best_answers_those_it_does_not_know(fused: Fuse) -> None:
    users = np.arange(N_USERS)
    # nobody knows user 3, noise alone knows user 2, good does not know user 1
    known = {"good": users == 0, "fair": users < 2, "noise": users < 3}
    rest = users > 3
    at = replace(world(three), known={label: some | rest for label, some in known.items()})
    done = fused(at, replace(SMALL, trees=1, leaves=2))
    assert done.fusion.stand_in == "good"
    batch, allowed = question(at, done)
    served = serve(done.fusion, batch, 5, allowed, explain=True)
    labels = list(done.fusion.base_runs)
    assert [labels[by] if by >= 0 else by for by in served.who[:4]] == ["good", "fair", "noise", POPULARITY]
    assert served.told[1][0].parts == {"fair": pytest.approx(served.lists.scores[1, 0])}
    # evaluation ranks each of them by the same base
    scores = dict(done.fusion.score_all(batch, allowed))
    for row, label in enumerate(["good", "fair", "noise", "good"]):
        assert np.array_equal(scores["stack"][row], scores[label][row])
        assert np.array_equal(served.lists.scores[row], -np.sort(-scores["stack"][row])[:5])


@pytest.mark.parametrize("settings", [SMALL, BordaConfig(), MedianConfig()], ids=lambda made: made.name)
def test_parts_add_up_to_the_scores_of_the_lists(fused: Fuse, settings: FuserConfig) -> None:
    at = world(halves)
    at = replace(at, known={label: np.arange(N_USERS) != 3 for label in at.tables})
    done = fused(at, settings)
    batch, allowed = question(at, done)
    served = serve(done.fusion, batch, 5, allowed, explain=True)
    assert served.who.tolist() == [FUSER] * 3 + [POPULARITY] + [FUSER] * 8
    for row, told in enumerate(served.told):
        assert [one.item for one in told] == served.lists.items[row].tolist()
        sums = [sum(one.parts.values()) for one in told]
        assert sums == pytest.approx(served.lists.scores[row].tolist(), abs=1e-4)
    # one user alone is told the same
    alone = serve(
        done.fusion, UserBatch(batch.users[5:6], batch.histories.take(np.array([5]))), 5, allowed, True
    )
    assert alone.told[0] == served.told[5]

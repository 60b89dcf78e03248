"""Two fusers' scores of a user's items, in one list."""

import numpy as np
import pytest

from recx.fuse.crossed import together
from tests.fuse.tables import lesson, planted


def test_two_fusers_that_agree_but_for_their_scale_rank_as_one() -> None:
    asked = planted(np.random.default_rng(0), (1.0, 0.0), users=60)
    contest, half = lesson().judge.on(asked), asked.items % 2 == 0
    truth = asked.votes.standard[:, 0]
    # the second has a scale of its own, and a mean that is another for every user
    other = np.float32(5) * truth + 100 * asked.users[asked.groups].astype(np.float32)
    found = together([(half, truth[half]), (~half, other[~half])], asked)
    mixed = np.where(half, truth, other)
    assert contest.value(found) == pytest.approx(contest.value(truth), rel=0.03)
    assert contest.value(mixed) < 0.9 * contest.value(truth)
    for rows in (half, ~half):
        mean, deviation = asked.keep(rows).moments(found[rows])
        np.testing.assert_allclose(mean, 0, atol=1e-4)
        np.testing.assert_allclose(deviation, 1, atol=1e-3)

"""Who is held against whom before a fuser may answer."""

import numpy as np
import pytest

from recx.fuse.sanity import by_halves
from tests.fuse.tables import lesson, planted


def test_two_fusers_of_different_scales_are_held_against_the_bases_half_by_half() -> None:
    asked = planted(np.random.default_rng(0), (1.0, 0.0), users=60)
    judge = lesson().judge
    half = asked.items % 2 == 0
    # both know the truth; in one list all items of the second stand behind those of the first
    said = [(half, asked.labels[half] + 100), (~half, asked.labels[~half])]
    mixed = np.zeros(len(asked), dtype=np.float32)
    for rows, scores in said:
        mixed[rows] = scores
    found = by_halves("ranking", judge, asked, said, ("a", "b"), "stack")
    assert set(found) == {"a", "b", "rrf", "combsum", "mean", "stack"}
    best = np.mean([judge.on(asked.keep(rows)).value(asked.labels[rows]) for rows in (half, ~half)])
    assert found["stack"].value == pytest.approx(best)
    assert found["stack"].value > max(found[label].value for label in ("a", "b", "rrf", "combsum", "mean"))
    whole = judge.on(asked)
    assert whole.value(mixed) < whole.value(asked.labels)
    assert found["stack"].n == len(asked.users)


def test_everyone_is_measured_on_the_same_rows() -> None:
    asked = planted(np.random.default_rng(1), (1.0, 0.5), users=40)
    half = asked.items % 2 == 0
    votes = asked.votes.standard[:, 0]
    found = by_halves(
        "ranking", lesson().judge, asked, [(half, votes[half]), (~half, votes[~half])], ("a", "b"), "stack"
    )
    assert found["stack"].value == found["a"].value
    np.testing.assert_array_equal(found["stack"].influence, found["a"].influence)

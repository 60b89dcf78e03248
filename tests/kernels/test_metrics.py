from itertools import pairwise

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels.metrics import distinct_items, judge, standardise_pairs


def test_grades_are_looked_up_rank_by_rank_beside_those_of_an_ideal_list() -> None:
    generator = np.random.default_rng(0)
    items = np.stack([generator.permutation(30)[:8] for _ in range(25)]).astype(np.int32)
    items[generator.random(25) < 0.4, 5:] = -1
    items[3, 4] = items[3, 1]
    held = [np.sort(generator.permutation(30)[:size]) for size in generator.integers(0, 12, 25)]
    indptr = np.append(0, np.cumsum([len(mine) for mine in held]))
    grades = generator.integers(1, 5, indptr[-1]).astype(np.float32)
    best = np.concatenate([np.sort(grades[a:b])[::-1] for a, b in pairwise(indptr)])
    found, ideal, returned, twice = judge(items, indptr, np.concatenate(held).astype(np.int32), grades, best)
    for row, mine in enumerate(held):
        mine_grades = grades[indptr[row] : indptr[row + 1]]
        of = dict(zip(mine.tolist(), mine_grades.tolist(), strict=True))
        assert_array_equal(found[row], [of.get(item, 0) for item in items[row].tolist()])
        assert_array_equal(ideal[row], [*sorted(of.values(), reverse=True), *[0] * 8][:8])
        listed = items[row][items[row] >= 0]
        assert returned[row] == len(listed)
        assert twice[row] == (len(set(listed.tolist())) < len(listed))
    assert twice[3] and twice.sum() == 1


def test_pairs_are_standardised_by_the_finite_scores_of_their_row() -> None:
    generator = np.random.default_rng(1)
    scores = (1e3 + generator.standard_normal((6, 40))).astype(np.float32)
    scores[generator.random((6, 40)) < 0.2] = -np.inf
    scores[2], scores[3] = 5.0, -np.inf
    items = np.tile(np.arange(40, dtype=np.int32), 6)
    found = standardise_pairs(scores, 40 * np.arange(7), items).reshape(6, 40)
    for row, line in enumerate(scores.astype(np.float64)):
        seen = line[np.isfinite(line)]
        if len(np.unique(seen)) < 2:
            assert not found[row].any()
            continue
        filled = np.where(np.isfinite(line), line, seen.min())
        assert_allclose(found[row], (filled - seen.mean()) / seen.std(), rtol=1e-6, atol=1e-6)


def test_distinct_items_are_those_of_a_set() -> None:
    generator = np.random.default_rng(2)
    items = generator.integers(-1, 15, (10, 4)).astype(np.int32)
    resamples = generator.integers(0, 10, (7, 10)).astype(np.int32)
    expected = [len(set(items[draw].ravel().tolist()) - {-1}) for draw in resamples]
    assert_array_equal(distinct_items(items, resamples, 15), expected)

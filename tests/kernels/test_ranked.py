from itertools import combinations, pairwise

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels.ranked import copeland, first_rows


def test_the_first_rows_are_the_best_of_each_group_and_equal_scores_go_by_their_ties() -> None:
    generator = np.random.default_rng(0)
    bounds = np.append(0, np.cumsum(generator.integers(0, 12, 40)))
    scores = np.round(generator.standard_normal(bounds[-1]), 1).astype(np.float32)
    ties = generator.permutation(bounds[-1]).astype(np.int32)
    found = first_rows(bounds, scores, ties, 5)
    for group, (start, end) in enumerate(pairwise(bounds.tolist())):
        order = sorted(range(start, end), key=lambda row: (-scores[row], ties[row]))
        assert found[group].tolist() == [*order, *[-1] * 5][:5]


def test_pairs_are_won_by_a_majority_of_the_lists() -> None:
    generator = np.random.default_rng(1)
    bounds = np.append(0, np.cumsum(generator.integers(1, 9, 20)))
    ranks = generator.integers(0, 6, (bounds[-1], 3)).astype(np.int32)
    behind = np.where(ranks == 0, 99, ranks)
    won, margin = np.zeros(len(ranks)), np.zeros(len(ranks))
    for start, end in pairwise(bounds.tolist()):
        for a, b in combinations(range(start, end), 2):
            lead = int(np.sum(behind[a] < behind[b])) - int(np.sum(behind[a] > behind[b]))
            for row, sign in ((a, 1), (b, -1)):
                won[row] += sign * np.sign(lead)
                margin[row] += sign * lead
    most = 2 * 3 * np.repeat(np.diff(bounds), np.diff(bounds))
    assert_allclose(copeland(bounds, ranks), won + margin / most, rtol=1e-6)
    assert_array_equal(np.round(copeland(bounds, ranks)), won)

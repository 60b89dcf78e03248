import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels.candidates import add_standard, lay_over, moments, unite


@pytest.mark.parametrize("most", [1, 7, 60])
def test_the_union_holds_the_items_with_the_largest_sums_of_reciprocal_ranks(most: int) -> None:
    generator = np.random.default_rng(0)
    tops = np.stack([[generator.permutation(30)[:12] for _ in range(3)] for _ in range(20)]).astype(np.int32)
    tops[generator.random((20, 3)) < 0.2, 5:] = -1  # short lists
    items, ranks = unite(tops, most, 30)
    for row in range(20):
        weight: dict[int, float] = {}  # in the order in which items are met: rank by rank, base by base
        for rank in range(12):
            for item in tops[row, :, rank].tolist():
                if item >= 0:
                    weight[item] = weight.get(item, 0.0) + 1 / (rank + 1)
        kept = sorted(sorted(weight, key=lambda item: -weight[item])[:most])  # a stable sort keeps the order
        assert_array_equal(items[row], kept + [-1] * (most - len(kept)))
        for at, item in enumerate(kept):
            expected = [1 + line.index(item) if item in line else 0 for line in tops[row].tolist()]
            assert_array_equal(ranks[row, at], expected)
        assert not ranks[row, len(kept) :].any()


def test_moments_are_those_of_what_is_finite() -> None:
    generator = np.random.default_rng(1)
    scores = (1e4 + generator.standard_normal((9, 50))).astype(np.float32)
    scores[generator.random((9, 50)) < 0.3] = -np.inf
    scores[4] = -np.inf
    found = moments(scores)
    for row, line in enumerate(scores.astype(np.float64)):
        seen = line[np.isfinite(line)]
        told = [seen.mean(), seen.std(), seen.min(), seen.max()] if len(seen) else [0, 0, 0, 0]
        assert_allclose(found[row], told, rtol=1e-5)


def test_values_behind_are_dealt_out_anew_candidates_first() -> None:
    generator = np.random.default_rng(2)
    behind = generator.integers(0, 9, (12, 20)).astype(np.float32)
    behind[:, 17:] = -np.inf
    held = [np.sort(generator.permutation(17)[:size]) for size in range(12)]
    indptr = np.append(0, np.cumsum([len(items) for items in held]))
    scores = generator.integers(0, 4, indptr[-1]).astype(np.float32)
    found = lay_over(indptr, np.concatenate(held).astype(np.int32), scores, behind)
    for row, items in enumerate(held):
        mine = scores[indptr[row] : indptr[row + 1]]
        told = found[row]
        assert (told[17:] == -np.inf).all()
        # candidates as their scores order them, equal ones alike
        assert_array_equal(np.sign(np.subtract.outer(told[items], told[items])),
                           np.sign(np.subtract.outer(mine, mine)))  # fmt: skip
        # the others below them all, in the order they had
        rest = np.setdiff1d(np.arange(17), items)
        assert not len(items) or told[rest].max() < told[items].min()
        before, after = behind[row, rest], told[rest]
        assert (np.subtract.outer(after, after)[np.subtract.outer(before, before) > 0] >= 0).all()
        # and nothing above what lay behind
        assert told.max() <= behind[row].max()


def test_scores_are_added_in_standard_deviations_of_their_row_where_it_votes() -> None:
    generator = np.random.default_rng(3)
    scores = (50 + 3 * generator.standard_normal((6, 40))).astype(np.float32)
    scores[2] = 7.0
    before = generator.standard_normal((6, 40)).astype(np.float32)
    votes = np.array([True, False, True, True, False, True])
    total = before.copy()
    add_standard(total, scores, moments(scores), votes)
    for row in range(6):
        spread = scores[row].std()
        standard = (scores[row] - scores[row].mean()) / spread if spread else 0.0 * scores[row]
        assert_allclose(total[row], before[row] + standard * votes[row], atol=1e-4)

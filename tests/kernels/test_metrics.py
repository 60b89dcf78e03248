from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from recx.arrays import Float32, Int32, Int64
from recx.kernels.metrics import (
    areas,
    first_hits,
    judge,
    running_gains,
    running_ideal,
    running_precisions,
    similarity_within,
    standardise_pairs,
    sums_over,
    surprising_hits,
)
from recx.models.recency import csr


class Judged:
    """Twenty-five lists of eight of thirty items, some short, and what each user took, with grades."""

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        self.items: Int32 = np.stack([generator.permutation(30)[:8] for _ in range(25)]).astype(np.int32)
        self.items[generator.random(25) < 0.4, 5:] = -1
        self.taken = [np.sort(generator.permutation(30)[:size]) for size in generator.integers(0, 12, 25)]
        self.indptr: Int64 = np.append(0, np.cumsum([len(mine) for mine in self.taken]))
        self.relevant = np.concatenate(self.taken).astype(np.int32)
        self.grades: Float32 = generator.integers(1, 5, self.indptr[-1]).astype(np.float32)
        self.place = judge(self.items, self.indptr, self.relevant)[0]

    def of(self, row: int) -> dict[int, float]:
        """What the user of a row took: item -> grade."""
        mine = self.grades[self.indptr[row] : self.indptr[row + 1]]
        return dict(zip(self.taken[row].tolist(), mine.tolist(), strict=True))

    def hits(self, row: int) -> list[bool]:
        """Which ranks of a row are hits."""
        return [item in self.of(row) for item in self.items[row].tolist()]


DISCOUNTS = 1 / np.log2(np.arange(2, 10))


def test_lists_are_looked_up_among_what_their_users_took() -> None:
    case = Judged()
    case.items[3, 4] = case.items[3, 1]
    place, found, returned, twice = judge(case.items, case.indptr, case.relevant)
    for row, taken in enumerate(case.taken):
        mine = taken.tolist()
        assert_array_equal(place[row], [mine.index(i) if i in mine else -1 for i in case.items[row].tolist()])
        assert_array_equal(found[row], np.cumsum(case.hits(row)))
        listed = case.items[row][case.items[row] >= 0]
        assert returned[row] == len(listed)
        assert twice[row] == (len(set(listed.tolist())) < len(listed))
    assert twice[3] and twice.sum() == 1


def test_gains_are_grades_times_discounts_and_the_ideal_ones_come_best_first() -> None:
    case = Judged()
    best = np.concatenate([np.sort(case.grades[a:b])[::-1] for a, b in pairwise(case.indptr)])
    gains = running_gains(case.place, case.indptr, case.grades, DISCOUNTS)
    ideal = running_ideal(case.indptr, best, DISCOUNTS)
    for row in range(25):
        grades = case.of(row)
        gained = [grades.get(item, 0.0) for item in case.items[row].tolist()]
        assert_allclose(gains[row], np.cumsum(gained * DISCOUNTS))
        assert_allclose(
            ideal[row],
            np.cumsum(np.array([*sorted(grades.values(), reverse=True), *[0] * 8][:8]) * DISCOUNTS),
        )


def test_precisions_are_summed_over_the_hits() -> None:
    case = Judged()
    precisions, first = running_precisions(case.place), first_hits(case.place)
    for row in range(25):
        hits = np.array(case.hits(row))
        assert_allclose(precisions[row], np.cumsum(hits * np.cumsum(hits) / np.arange(1, 9)))
        assert first[row] == (1 + int(np.argmax(hits)) if hits.any() else 0)


def test_values_are_summed_over_the_head_of_a_list() -> None:
    case, values = Judged(), np.random.default_rng(1).random(30)
    expected = [sum(values[item] for item in row[:5] if item >= 0) for row in case.items]
    assert_allclose(sums_over(case.items, values, 5), expected)


def test_a_hit_surprises_whose_place_in_the_users_own_popularity_is_k_or_below() -> None:
    case, generator = Judged(), np.random.default_rng(2)
    rank_of = generator.permutation(30).astype(np.int32)
    users = generator.permutation(40)[:25].astype(np.int32)
    owned = [generator.permutation(30)[: generator.integers(0, 9)] for _ in range(40)]
    indptr = np.append(0, np.cumsum([len(mine) for mine in owned]))
    had = np.concatenate([rank_of[mine] for mine in owned]).astype(np.int32)
    expected = []
    for row, user in enumerate(users):
        own = [item for item in np.argsort(rank_of) if item not in owned[user]]
        listed = [i for i, hit in zip(case.items[row].tolist(), case.hits(row), strict=True) if hit]
        head = [item for item in case.items[row, :4].tolist() if item in listed]
        expected.append(sum(item not in own[:4] for item in head if item in own))
        # an item that the user had stands nowhere in it: its place is where it would be let in
        expected[-1] += sum(sum(rank_of[o] < rank_of[i] for o in own) >= 4 for i in head if i not in own)
    found = surprising_hits(case.place, case.items, users, rank_of, indptr, had, 4)
    assert_array_equal(found, expected)
    assert found.sum() > 5


@pytest.mark.parametrize("jaccard", [False, True])
def test_items_of_a_list_are_compared_pair_by_pair(jaccard: bool) -> None:
    case, generator = Judged(), np.random.default_rng(3)
    terms = np.where(generator.random((30, 12)) < 0.4, 1 if jaccard else generator.random((30, 12)), 0)
    indptr, columns, weights = csr(csr_array(terms.astype(np.float32)))
    expected = np.zeros(25)
    for row, items in enumerate(case.items):
        for a, b in combinations([item for item in items[:6] if item >= 0], 2):
            together = np.count_nonzero(terms[a] + terms[b]) if jaccard else 1
            expected[row] += terms[a].astype(np.float32) @ terms[b].astype(np.float32) / max(1, together)
    assert_allclose(similarity_within(case.items, 6, indptr, columns, weights, jaccard), expected, rtol=1e-5)


def test_an_area_is_the_share_of_pairs_in_the_right_order() -> None:
    case, generator = Judged(), np.random.default_rng(4)
    scores = np.round(generator.standard_normal((25, 30)), 1).astype(np.float32)
    scores[generator.random((25, 30)) < 0.2] = -np.inf
    expected = []
    for row, taken in enumerate(case.taken):
        line, mine = scores[row], set(taken.tolist())
        others = [line[item] for item in range(30) if item not in mine and line[item] > -np.inf]
        each = [
            np.mean([(line[item] > o) + (line[item] == o) / 2 for o in others]) if line[item] > -np.inf else 0
            for item in taken
        ]
        expected.append(np.mean(each) if each else 0.0)
    assert_allclose(areas(scores, case.indptr, case.relevant), expected, atol=1e-12)


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

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from recx.kernels.differences import differences, moved_pairs, moved_rows
from recx.kernels.nearest import pack
from recx.models.recency import csr


@pytest.fixture
def ratings() -> csr_array:
    generator = np.random.default_rng(0)
    held = generator.random((40, 12)) < 0.25
    return csr_array((generator.integers(1, 6, (40, 12)) * held).astype(np.float32))


def twin(ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differences r_j - r_i and counts, (items, items), pair by pair."""
    n = ratings.shape[1]
    means, counts = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            both = (ratings[:, i] > 0) & (ratings[:, j] > 0)
            if i != j and both.any():
                means[i, j] = (ratings[both, j] - ratings[both, i]).mean()
                counts[i, j] = both.sum()
    return means, counts


def test_differences_equal_those_of_every_pair(ratings: csr_array) -> None:
    means, counts = twin(ratings.toarray())
    counts[counts < 2] = 0
    others, found, common = differences(*csr(ratings.T.tocsr()), *csr(ratings), 2, 12)
    for item in range(12):
        met = np.flatnonzero(counts[item])
        assert_array_equal(others[item, : len(met)], met)
        assert (others[item, len(met) :] == -1).all()
        assert_allclose(found[item, : len(met)], means[item, met], atol=1e-6)
        assert_array_equal(common[item, : len(met)], counts[item, met])


def test_those_with_most_common_users_are_kept(ratings: csr_array) -> None:
    _, counts = twin(ratings.toarray())
    others, _, common = differences(*csr(ratings.T.tocsr()), *csr(ratings), 1, 4)
    for item in range(12):
        best = np.sort(np.lexsort((np.arange(12), -counts[item]))[:4])
        assert_array_equal(others[item], best)
        assert_array_equal(common[item], counts[item, best])


def test_a_history_moves_every_item_by_its_differences(ratings: csr_array) -> None:
    means, counts = twin(ratings.toarray())
    others, found, common = differences(*csr(ratings.T.tocsr()), *csr(ratings), 1, 12)
    lists = (*pack(others, found), pack(others, common)[2])
    history = ratings[:5]
    expected = np.full((5, 12), np.nan)
    for row in range(5):
        held = history.toarray()[row]
        for j in range(12):
            weights = counts[:, j] * (held > 0)
            if weights.any():
                expected[row, j] = weights @ (held + means[:, j]) / weights.sum()
    assert_allclose(moved_rows(*csr(history), *lists, 12), expected, rtol=1e-5)
    row, column = (index.ravel().astype(np.int32) for index in np.indices((5, 12)))
    assert_allclose(moved_pairs(*csr(history), *lists, row, column), expected.ravel(), rtol=1e-5)

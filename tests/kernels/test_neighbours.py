import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from recx.kernels.neighbours import add_pairs, add_rows, listed_mean, weighted_mean
from recx.models.recency import csr


def sparse(generator: np.random.Generator, rows: int, columns: int) -> csr_array:
    held = generator.random((rows, columns)) < 0.4
    matrix = csr_array((generator.integers(1, 6, (rows, columns)) * held).astype(np.float32))
    matrix.sort_indices()
    return matrix


@pytest.fixture
def pair() -> tuple[csr_array, csr_array]:
    generator = np.random.default_rng(0)
    return sparse(generator, 30, 20), sparse(generator, 70, 20)


def test_add_rows_equals_the_product_and_add_pairs_its_entries(
    pair: tuple[csr_array, csr_array],
) -> None:
    _, b = pair
    weights = sparse(np.random.default_rng(1), 25, 70)
    expected = (weights @ b).toarray()
    assert_allclose(add_rows(*csr(weights), *csr(b), 20), expected, rtol=1e-6)
    row, column = (index.ravel().astype(np.int32) for index in np.indices((25, 20)))
    assert_allclose(add_pairs(*csr(weights), *csr(b), row, column), expected.ravel(), rtol=1e-6)


def test_weighted_mean_takes_the_nearest_holders_only() -> None:
    # row 0 is near users 0 (.5), 1 (.4), 2 (.1), who hold 1, 2, 9 of item 0; user 3 alone holds item 1
    holders = csr(csr_array(np.array([[1, 2, 9, 0], [0, 0, 0, 4]], dtype=np.float32)))
    near = np.array([[0, 1, 2, -1]], dtype=np.int32), np.array([[0.5, 0.4, 0.1, 0]], dtype=np.float32)
    starts, column = np.array([0, 2]), np.array([0, 1], dtype=np.int32)
    means, counts = weighted_mean(*near, *holders, 4, starts, column, 2)
    assert_allclose(means, [(0.5 * 1 + 0.4 * 2) / 0.9, 0], rtol=1e-6)
    assert_array_equal(counts, [2, 0])
    means, counts = weighted_mean(*near, *holders, 4, starts, column, 40)
    assert_allclose(means, [0.5 * 1 + 0.4 * 2 + 0.1 * 9, 0], rtol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 20])
def test_listed_mean_takes_the_most_similar_of_what_a_row_holds(k: int) -> None:
    generator = np.random.default_rng(2)
    held, lists = sparse(generator, 15, 20), sparse(generator, 20, 20)
    lists.data[:] = generator.permutation(len(lists.data)) + 1  # no ties
    row, column = (index.ravel().astype(np.int32) for index in np.indices((15, 20)))
    means, counts = listed_mean(*csr(held), *csr(lists), row, column, k)
    values, similarity = held.toarray(), lists.toarray()
    for r, c, mean, count in zip(row, column, means, counts, strict=True):
        near = similarity[:, c] * (values[r] > 0)
        best = [i for i in np.argsort(-near)[:k] if near[i] > 0]
        assert count == len(best)
        assert_allclose(mean, near[best] @ values[r, best] / near[best].sum() if best else 0, rtol=1e-5)

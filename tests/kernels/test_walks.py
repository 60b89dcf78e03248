import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.kernels.walks import walks
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse


def pagerank(x: np.ndarray, restart: float) -> np.ndarray:
    """restart sum_t (1 - restart)^t P^t as a matrix inverse; rows without an entry end where they begin."""

    def shares(matrix: np.ndarray) -> np.ndarray:
        return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1e-9)

    step = shares(x) @ shares(x.T)
    return restart * np.linalg.inv(np.eye(len(x)) - (1 - restart) * step)


@pytest.mark.parametrize("restart", [0.15, 0.6])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-8])
def test_walks_end_where_pagerank_says_short_of_the_tolerance(restart: float, tolerance: float) -> None:
    matrix = sparse(np.random.default_rng(3), 40, 25).tolil()
    matrix[5] = 0
    matrix = matrix.tocsr()
    found = np.full((30, 40), 7, dtype=np.float32)
    walks(*csr(matrix), *csr(matrix.T.tocsr()), restart, tolerance, 2, found)
    x = matrix.toarray().astype(np.float64)
    short = pagerank(x, restart)[2:32] - found
    assert short.min() > -1e-6
    assert (short <= tolerance * x.sum(axis=1) + 1e-6).all()


def test_a_walk_from_a_row_without_entries_stays_there() -> None:
    matrix = sparse(np.random.default_rng(3), 6, 4).tolil()
    matrix[5] = 0
    matrix = matrix.tocsr()
    found = np.empty((1, 6), dtype=np.float32)
    walks(*csr(matrix), *csr(matrix.T.tocsr()), 0.25, 1e-6, 5, found)
    assert_allclose(found, [[0, 0, 0, 0, 0, 0.25]])

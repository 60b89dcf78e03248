import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.kernels.als import PANEL, loss_of_rows, solve_rows
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse


@pytest.mark.parametrize("factors", [1, 4, 7, 16])
def test_every_row_is_the_solution_of_its_normal_equations(factors: int) -> None:
    generator = np.random.default_rng(2)
    matrix = sparse(generator, 12, PANEL * 3)
    matrix.data[:] = np.where(matrix.data > 2, matrix.data, 0.5)
    rows = csr(matrix)
    y = generator.standard_normal((PANEL * 3, factors)).astype(np.float32)
    everywhere = (0.1 * y.T @ y).astype(np.float32)
    reg = np.linspace(0.1, 3, 12, dtype=np.float32)
    solved = solve_rows(*rows, y, everywhere, reg)
    for row, weights in enumerate(matrix.toarray().astype(np.float64)):
        left = 0.1 * y.T @ y + (y.T * weights) @ y + reg[row] * np.eye(factors)
        assert_allclose(solved[row], np.linalg.solve(left, weights @ y), rtol=2e-3, atol=1e-5)


def test_a_row_without_entries_is_zero() -> None:
    nothing = np.zeros(3, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    eye = np.eye(2, dtype=np.float32)
    assert_allclose(solve_rows(*nothing, eye, eye, np.ones(2, dtype=np.float32)), 0)


def test_the_loss_is_the_sum_over_all_pairs_and_least_at_the_solution() -> None:
    generator = np.random.default_rng(3)
    matrix = sparse(generator, 9, 15)
    x, y = (generator.standard_normal((n, 5)).astype(np.float32) for n in (9, 15))
    everywhere, reg = (0.3 * y.T @ y).astype(np.float32), np.linspace(1, 2, 9, dtype=np.float32)
    predicted = x @ y.T
    expected = (matrix.toarray() * (1 - predicted) ** 2).sum(axis=1) + 0.3 * (predicted**2).sum(axis=1)
    expected += reg * (x**2).sum(axis=1)
    rows = csr(matrix)
    assert_allclose(loss_of_rows(*rows, x, y, everywhere, reg), expected, rtol=1e-4)
    solved = solve_rows(*rows, y, everywhere, reg)
    least = loss_of_rows(*rows, solved, y, everywhere, reg)
    for direction in (1e-2, -1e-2):
        assert (loss_of_rows(*rows, solved + np.float32(direction), y, everywhere, reg) > least).all()

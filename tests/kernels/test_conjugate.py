import numba as nb
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.arrays import Float32
from recx.kernels.als import loss_of_rows, solve_rows
from recx.kernels.conjugate import gram_parts, improve_rows, turn
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse

Problem = tuple[tuple, Float32, Float32, Float32, Float32]


def problem(factors: int, n: int = 40, m: int = 60) -> Problem:
    """Rows with 0 to 40 entries, others with a diagonal Gram matrix, the spectrum, penalties, a start."""
    generator = np.random.default_rng(2)
    matrix = sparse(generator, n, m).tolil()
    matrix[3] = 0
    matrix[4, :40] = 0.5
    y, _ = np.linalg.qr(generator.standard_normal((m, factors)))
    y *= generator.uniform(0.5, 3, factors)
    spectrum = 0.1 * (y**2).sum(axis=0)
    start = generator.standard_normal((n, factors))
    reg = np.linspace(0.1, 3, n)
    single = (np.ascontiguousarray(array, dtype=np.float32) for array in (y, spectrum, reg, start))
    return csr(matrix.tocsr()), *single


def plain(rows: tuple, y: Float32, spectrum: Float32, reg: Float32, x: Float32, steps: int) -> np.ndarray:
    """Textbook preconditioned conjugate gradients in float64."""
    indptr, indices, weights = rows
    out = x.astype(np.float64)
    for row in range(len(out)):
        at = slice(indptr[row], indptr[row + 1])
        held, w = y[indices[at]].astype(np.float64), weights[at].astype(np.float64)
        if not len(w):
            out[row] = 0
            continue
        inverse = 1 / (spectrum + reg[row])
        left = np.diag(spectrum + reg[row]) + (held.T * w) @ held
        r = held.T @ w - left @ out[row]
        p = z = inverse * r
        for _ in range(steps):
            alpha = (r @ z) / (p @ left @ p)
            out[row] += alpha * p
            following = r - alpha * left @ p
            beta = (following @ (inverse * following)) / (r @ z)
            r, z = following, inverse * following
            p = z + beta * p
    return out


@pytest.mark.parametrize("factors", [8, 24])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_row_takes_the_steps_of_preconditioned_conjugate_gradients(factors: int, steps: int) -> None:
    rows, y, spectrum, reg, x = problem(factors)
    expected = plain(rows, y, spectrum, reg, x, steps)
    improve_rows(*rows, y, spectrum, reg, x, steps)
    assert_allclose(x, expected, rtol=1e-3, atol=1e-4)


def test_the_objective_it_returns_is_that_of_the_rows_it_leaves() -> None:
    rows, y, spectrum, reg, x = problem(16)
    told = improve_rows(*rows, y, spectrum, reg, x, 2)
    assert_allclose(told, loss_of_rows(*rows, x, y, np.diag(spectrum), reg), rtol=1e-4, atol=1e-4)
    assert told[3] == 0 and not x[3].any()


def test_many_steps_lead_to_the_exact_solution() -> None:
    rows, y, spectrum, reg, x = problem(8)
    improve_rows(*rows, y, spectrum, reg, x, 20)
    assert_allclose(x, solve_rows(*rows, y, np.diag(spectrum), reg), rtol=1e-3, atol=1e-4)


def test_the_rows_are_the_same_bits_whatever_the_number_of_threads() -> None:
    rows, y, spectrum, reg, x = problem(16)
    alone, threads = x.copy(), nb.get_num_threads()
    improve_rows(*rows, y, spectrum, reg, x, 3)
    nb.set_num_threads(1)
    try:
        improve_rows(*rows, y, spectrum, reg, alone, 3)
    finally:
        nb.set_num_threads(threads)
    assert_array_equal(alone, x)


@pytest.mark.parametrize("n", [1, 300, 1111])
def test_gram_and_turn_are_matrix_products(n: int) -> None:
    generator = np.random.default_rng(1)
    table = generator.standard_normal((n, 8)).astype(np.float32)
    basis = generator.standard_normal((8, 8)).astype(np.float32)
    assert_allclose(gram_parts(table).sum(axis=0), table.T @ table, rtol=1e-3, atol=1e-3)
    expected = table @ basis
    turn(table, basis)
    assert_allclose(table, expected, rtol=1e-4, atol=1e-4)

"""The inverse in place, as one and by halves."""

import numpy as np
import pytest
from numpy.linalg import LinAlgError
from numpy.testing import assert_allclose

from recx.models.linear.inverse import invert


def positive(n: int) -> np.ndarray:
    """A Gram matrix with something on its diagonal, float64."""
    rows = np.random.default_rng(n).normal(size=(n, 2 * n))
    return rows @ rows.T / n + np.eye(n)


@pytest.mark.parametrize("n, whole", [(1, 4), (4, 4), (5, 4), (37, 4), (64, 16), (90, 40)])
def test_the_inverse_takes_the_place_of_a_matrix_known_below_its_diagonal(n: int, whole: int) -> None:
    matrix = positive(n)
    held = np.tril(matrix).astype(np.float32)
    invert(held, whole)
    assert_allclose(held, np.linalg.inv(matrix), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("whole", [8, 4])
def test_a_matrix_that_is_not_positive_definite_is_refused(whole: int) -> None:
    matrix = np.diag(np.array([1, 1, 1, 1, 1, -1, 1, 1], dtype=np.float32))
    with pytest.raises(LinAlgError):
        invert(matrix, whole)

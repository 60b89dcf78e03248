import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from recx.kernels.elastic_net import FIRST, nets_on_gram, nets_on_rows
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse

L1, L2 = 4.0, 60.0
ALL = np.zeros((150, 0), dtype=np.int32)


def plain(
    matrix: csr_array, target: int, free: np.ndarray, signed: bool, l1: float = L1, l2: float = L2
) -> np.ndarray:
    """Textbook coordinate descent in float64: every coordinate in turn until none moves."""
    gram = (matrix.T @ matrix).toarray().astype(np.float64)
    w, slope, square = np.zeros(len(gram)), gram[target].copy(), np.diag(gram)
    largest = 1.0
    while largest > 1e-10:
        largest = 0.0
        for k in free:
            pull = slope[k] + square[k] * w[k]
            to = np.sign(pull) * max(abs(pull) - l1, 0) / (square[k] + l2) if signed or pull > 0 else 0.0
            if to != w[k]:
                slope -= (to - w[k]) * gram[k]
                largest, w[k] = max(largest, abs(to - w[k])), to
    return w


def nets(matrix: csr_array, candidates: np.ndarray, first: int, out: np.ndarray, how: str, *more: object):
    """The weights of some columns by one of the two kernels; the sweeps it made."""
    if how == "rows":
        return nets_on_rows(*csr(matrix), *csr(matrix.T.tocsr()), candidates, first, out, L1, L2, *more)
    return nets_on_gram((matrix.T @ matrix).toarray(), candidates, first, out, L1, L2, *more)


@pytest.mark.parametrize("how", ["gram", "rows"])
@pytest.mark.parametrize("signed", [False, True], ids=["nonnegative", "signed"])
def test_the_weights_are_those_of_plain_coordinate_descent(how: str, signed: bool) -> None:
    matrix = sparse(np.random.default_rng(0), 90, 150)
    pulls, out = (matrix.T @ matrix).toarray(), np.empty((3, 150), dtype=np.float32)
    sweeps = nets(matrix, ALL, 20, out, how, signed, 5000, 1e-7)
    assert (sweeps < 5000).all()
    for row, target in enumerate((20, 21, 22)):
        free = np.arange(150) != target
        if how == "rows":
            free &= pulls[target] > L1
        expected = plain(matrix, target, np.flatnonzero(free), signed)
        assert_allclose(out[row], expected, atol=2e-5)
        assert (expected < 0).any() == signed and expected.any()


def test_more_coordinates_than_one_round_takes_up_are_solved_too() -> None:
    n = 5 * FIRST
    matrix = (sparse(np.random.default_rng(1), 400, n) > 4).astype(np.float32)
    gram, out = (matrix.T @ matrix).toarray(), np.empty((1, n), dtype=np.float32)
    sweeps = nets_on_gram(gram, np.zeros((n, 0), np.int32), 3, out, 0.02, 50.0, True, 5000, 1e-5)
    expected = plain(matrix, 3, np.delete(np.arange(n), 3), True, 0.02, 50.0)
    assert np.count_nonzero(expected) > 4 * FIRST and sweeps < 5000  # the local Gram matrix has grown
    assert_allclose(out[0], expected, atol=1e-4)


@pytest.mark.parametrize("how", ["gram", "rows"])
def test_only_candidates_have_a_weight_and_a_column_none_for_itself(how: str) -> None:
    matrix = sparse(np.random.default_rng(0), 90, 150)
    candidates = np.full((150, 3), -1, dtype=np.int32)
    candidates[7, :2] = 4, 9
    out = np.empty((1, 150), dtype=np.float32)
    nets(matrix, candidates, 7, out, how, False, 5000, 1e-7)
    assert_allclose(out[0], plain(matrix, 7, np.array([4, 9]), False), atol=1e-5)
    assert out[0, [4, 9]].all() and np.count_nonzero(out) == 2


@pytest.mark.parametrize("how", ["gram", "rows"])
def test_it_says_when_it_was_stopped_before_the_end(how: str) -> None:
    matrix = sparse(np.random.default_rng(0), 90, 150)
    out = np.empty((2, 150), dtype=np.float32)
    assert (nets(matrix, ALL, 0, out, how, True, 3, 1e-9) == 3).all()

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels.gram import add_dense_rows, diagonal_of_form, gram, mirror
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse

MATRIX = sparse(np.random.default_rng(4), 300, 40)


def test_gram_fills_the_lower_half_and_mirror_the_rest() -> None:
    square = np.zeros((300, 300), dtype=np.float32)
    gram(*csr(MATRIX), *csr(MATRIX.T.tocsr()), square)
    expected = (MATRIX @ MATRIX.T).toarray()
    assert_allclose(square, np.tril(expected), rtol=1e-6)
    mirror(square)
    assert_allclose(square, expected, rtol=1e-6)


def test_add_dense_rows_equals_the_product() -> None:
    dense = np.random.default_rng(5).standard_normal((40, 13)).astype(np.float32)
    assert_allclose(add_dense_rows(*csr(MATRIX), dense), MATRIX @ dense, rtol=1e-4, atol=1e-5)


def test_the_diagonal_of_a_form_is_that_of_the_triple_product() -> None:
    factor = np.random.default_rng(6).standard_normal((40, 40)).astype(np.float32)
    square = factor @ factor.T
    expected = np.diag(MATRIX @ square @ MATRIX.T)
    assert_allclose(diagonal_of_form(*csr(MATRIX), square), expected, rtol=1e-3)


def test_no_rows_give_an_empty_product() -> None:
    nothing = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    out = add_dense_rows(*nothing, np.ones((4, 3), dtype=np.float32))
    assert_array_equal(out.shape, (0, 3))

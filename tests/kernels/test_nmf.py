import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import random_array

from recx.kernels.nmf import multiply_rows


@pytest.mark.parametrize("unobserved", [0.0, 0.3, 1.0])
def test_an_update_equals_plain_numpy(unobserved: float) -> None:
    generator = np.random.default_rng(0)
    matrix = random_array((11, 8), density=0.4, rng=generator, format="csr", dtype=np.float64)
    own, others = generator.random((11, 3)), generator.random((8, 3))
    values, known = matrix.toarray(), matrix.toarray() > 0
    lengths = known.sum(axis=1)
    lengths_column = lengths[:, None]
    predicted = own @ others.T
    weights = np.where(known, 1.0, unobserved)
    expected = own * (values @ others) / ((weights * predicted) @ others + 0.1 * lengths_column * own)
    expected[lengths == 0] = own[lengths == 0]
    fast = own.astype(np.float32)
    everywhere = (unobserved * others.T @ others).astype(np.float32)
    loss = multiply_rows(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32),
        fast, others.astype(np.float32), everywhere, 0.1, unobserved,
    )  # fmt: skip
    assert_allclose(fast, expected, rtol=1e-5)
    assert_allclose(loss, np.sum((values - predicted)[known] ** 2), rtol=1e-5)

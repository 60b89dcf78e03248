import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.kernels.implicit_sgd import implicit_epoch
from recx.kernels.sgd import shuffled_by_row


def plain(order, rows, columns, values, members, mean, b, c, p, q, y, w, lr, reg_bias, reg, reg_implicit):
    """Koren's step for every rating, in double precision."""
    total = 0.0
    for at in order:
        u, i, of_u = rows[at], columns[at], members[rows[at]]
        z = y[of_u].sum(axis=0) / np.sqrt(len(of_u))
        mine, theirs, q_old = p[u] + z, q[i] + w[i], q[i].copy()
        error = values[at] - mean - b[u] - c[i] - mine @ theirs
        total += error**2
        b[u] += lr * (error - reg_bias * b[u])
        c[i] += lr * (error - reg_bias * c[i])
        p[u] += lr * (error * theirs - reg * p[u])
        q[i] += lr * (error * mine - reg * q_old)
        y[of_u] += lr * (error * theirs / np.sqrt(len(of_u)) - reg_implicit * y[of_u])
    return total / len(order)


@pytest.mark.parametrize("by_row", [True, False], ids=["by row", "any order"])
def test_an_epoch_equals_the_step_of_the_paper_rating_by_rating(by_row: bool) -> None:
    generator = np.random.default_rng(0)
    n_rows, n_columns, factors = 9, 12, 5
    rows = np.sort(generator.integers(0, n_rows, 150)).astype(np.int32)
    columns = generator.integers(0, n_columns, 150).astype(np.int32)
    values = generator.integers(1, 6, 150).astype(np.float32)
    members = [np.unique(columns[rows == row]) for row in range(n_rows)]
    sets = np.append(0, np.cumsum([len(m) for m in members])).astype(np.int64)
    indptr = np.append(0, np.cumsum(np.bincount(rows, minlength=n_rows))).astype(np.int64)
    draws = generator.integers(0, 1 << 32, 150 + n_rows, dtype=np.uint32)
    order = shuffled_by_row(draws, indptr) if by_row else generator.permutation(150).astype(np.int32)
    shapes = ((n_rows,), (n_columns,), (n_rows, factors), *[(n_columns, factors)] * 3)
    slow = [generator.standard_normal(shape) * 0.3 for shape in shapes]
    fast = [array.astype(np.float32) for array in slow]
    settings = (0.03, 0.05, 0.1, 0.2)
    loss = implicit_epoch(
        order, rows, columns, values, sets, np.concatenate(members).astype(np.int32), 3.0, *fast, *settings
    )
    assert_allclose(loss, plain(order, rows, columns, values, members, 3.0, *slow, *settings), rtol=1e-5)
    for quick, right in zip(fast, slow, strict=True):
        assert_allclose(quick, right, atol=1e-5)

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels.sgd import rating_epoch, shuffled, shuffled_by_row


def test_one_step_is_the_one_worked_by_hand() -> None:
    # r 5, mean 3, b_u .5, b_i .25, p (1, 0), q (.5, 2): prediction 4.25, error .75
    user_bias, item_bias = np.array([0.5], dtype=np.float32), np.array([0.25], dtype=np.float32)
    p, q = np.array([[1.0, 0.0]], dtype=np.float32), np.array([[0.5, 2.0]], dtype=np.float32)
    at = np.zeros(1, dtype=np.int64)
    who = np.zeros(1, dtype=np.int32)
    loss = rating_epoch(
        at, who, who, np.array([5], dtype=np.float32), 3.0, user_bias, item_bias, p, q, 0.1, 0.2
    )
    assert_allclose(loss, 0.75**2)
    assert_allclose(user_bias, [0.5 + 0.1 * (0.75 - 0.2 * 0.5)], rtol=1e-6)
    assert_allclose(item_bias, [0.25 + 0.1 * (0.75 - 0.2 * 0.25)], rtol=1e-6)
    assert_allclose(p, [[1 + 0.1 * (0.75 * 0.5 - 0.2), 0.1 * 0.75 * 2]], rtol=1e-6)
    assert_allclose(q, [[0.5 + 0.1 * (0.75 - 0.2 * 0.5), 2 - 0.1 * 0.2 * 2]], rtol=1e-6)


def test_an_epoch_equals_plain_numpy() -> None:
    generator = np.random.default_rng(0)
    users, items = (generator.integers(0, n, 200).astype(np.int32) for n in (9, 12))
    values = generator.integers(1, 6, 200).astype(np.float32)
    order = generator.permutation(200)
    bias = [np.zeros(9), np.zeros(12)]
    factors = [generator.standard_normal((n, 4)) * 0.1 for n in (9, 12)]
    fast = [array.astype(np.float32) for array in (*bias, *factors)]
    loss = rating_epoch(order, users, items, values, 3.0, *fast, 0.05, 0.1)
    total = 0.0
    for at in order:
        u, i = users[at], items[at]
        p, q = factors[0][u].copy(), factors[1][i].copy()
        error = values[at] - 3.0 - bias[0][u] - bias[1][i] - p @ q
        total += error**2
        bias[0][u] += 0.05 * (error - 0.1 * bias[0][u])
        bias[1][i] += 0.05 * (error - 0.1 * bias[1][i])
        factors[0][u] += 0.05 * (error * q - 0.1 * p)
        factors[1][i] += 0.05 * (error * p - 0.1 * q)
    assert_allclose(loss, total / 200, rtol=1e-5)
    for quick, slow in zip(fast, (*bias, *factors), strict=True):
        assert_allclose(quick, slow, atol=1e-5)


def fisher_yates(draws: list[int]) -> list[int]:
    """Inside out, on Python's own integers."""
    order: list[int] = []
    for i, draw in enumerate(draws):
        j = draw * (i + 1) >> 32
        order.append(order[j] if j < i else i)
        order[j] = i
    return order


def test_shuffles_are_those_of_fisher_and_yates() -> None:
    drawn = np.random.default_rng(2).integers(0, 1 << 32, 60, dtype=np.uint32)
    assert_array_equal(shuffled(drawn), fisher_yates(drawn.tolist()))
    lengths = np.array([7, 0, 12, 31])
    indptr = np.append(0, np.cumsum(lengths))
    owner = np.repeat(np.arange(4), lengths)
    entries = fisher_yates(drawn[:50].tolist())
    rows = fisher_yates(drawn[50:54].tolist())
    expected = [entry for row in rows for entry in entries if owner[entry] == row]
    assert_array_equal(shuffled_by_row(drawn[:54], indptr), expected)


def test_a_shuffle_holds_everything_once_and_every_place_is_as_likely() -> None:
    generator = np.random.default_rng(0)
    where = np.zeros((5, 5))
    for _ in range(4000):
        order = shuffled(generator.integers(0, 1 << 32, 5, dtype=np.uint32))
        where[np.arange(5), order] += 1
    assert (where.sum(axis=0) == 4000).all()
    assert np.abs(where / 4000 - 1 / 5).max() < 0.03
    assert len(shuffled(np.zeros(0, dtype=np.uint32))) == 0


def test_a_shuffle_by_row_keeps_rows_together() -> None:
    generator = np.random.default_rng(1)
    indptr = np.array([0, 3, 3, 4, 9])
    owner = np.repeat(np.arange(4), np.diff(indptr))
    rows, entries = set(), set()
    for _ in range(200):
        order = shuffled_by_row(generator.integers(0, 1 << 32, 9 + 4, dtype=np.uint32), indptr)
        assert sorted(order) == list(range(9))
        runs = owner[order]
        assert np.count_nonzero(np.diff(runs)) == 2
        rows.add(tuple(dict.fromkeys(runs.tolist())))
        entries.add(tuple(order[runs == 0].tolist()))
    assert len(rows) == 6 and len(entries) == 6

import numba as nb
import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.kernels.lanes import LANES, REACH, add_eight, fetch, reaches


@nb.njit
def added(indices, weights, at, others, x, out, shift, scale):
    fetch(indices, at, others)  # asks for memory, changes nothing
    return add_eight(indices, weights, at, others, x, out, shift, scale)


@nb.njit
def reached(values, at, bound):
    return reaches(values, at, bound)


@pytest.mark.parametrize("factors", [LANES, 5 * LANES])
@pytest.mark.parametrize(("shift", "scale"), [(1.0, -1.0), (0.0, 1.0), (0.5, 2.0)])
def test_eight_entries_are_added_as_by_matrix_products(factors: int, shift: float, scale: float) -> None:
    generator = np.random.default_rng(0)
    others = generator.standard_normal((30, factors)).astype(np.float32)
    x, out = (generator.standard_normal(factors).astype(np.float32) for _ in range(2))
    indices = generator.integers(0, 30, 20).astype(np.int32)
    weights = generator.random(20).astype(np.float32)
    y, w = others[indices[5 : 5 + LANES]].astype(np.float64), weights[5 : 5 + LANES]
    d = shift + scale * (y @ x)
    expected = out + (w * d) @ y
    total = added(indices, weights, 5, others, x, out, np.float32(shift), np.float32(scale))
    assert_allclose(out, expected, rtol=1e-4, atol=1e-5)
    assert_allclose(total, w @ d**2, rtol=1e-5)


@pytest.mark.parametrize("at", [0, 3, REACH - 1])
@pytest.mark.parametrize(("value", "seen"), [(2.0, True), (1.0, True), (np.nan, True), (0.99, False)])
def test_an_entry_is_seen_where_it_is_not_below_the_bound(at: int, value: float, seen: bool) -> None:
    values = np.full((3, 2 * REACH), -np.inf, dtype=np.float32)
    start = 2 * REACH + 5  # in row 1
    values.ravel()[start + at] = value
    values.ravel()[[start - 1, start + REACH]] = 9.0  # beside those that are looked at
    assert reached(values, start, np.float32(1.0)) == seen

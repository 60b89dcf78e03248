import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from recx.kernels.nearest import correlated, pack, push, similar, value_of, write_best
from recx.models.recency import csr
from tests.kernels.test_neighbours import sparse


@pytest.fixture
def pair() -> tuple[csr_array, csr_array]:
    generator = np.random.default_rng(0)
    return sparse(generator, 30, 20), sparse(generator, 70, 20)


def best(similarity: np.ndarray, k: int, exclude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same lists from a dense matrix of similarities."""
    neighbours = np.full((len(similarity), k), -1)
    values = np.zeros((len(similarity), k), dtype=np.float32)
    for row, line in enumerate(similarity):
        line = line.copy()
        if exclude[row] >= 0:
            line[exclude[row]] = 0
        order = np.lexsort((np.arange(len(line)), -line))
        kept = np.sort([b for b in order[:k] if line[b] > 0])
        neighbours[row, : len(kept)] = kept
        values[row, : len(kept)] = line[kept.astype(int)]
    return neighbours, values


@pytest.mark.parametrize("k", [3, 100])
@pytest.mark.parametrize("jaccard", [False, True])
def test_similar_equals_the_dense_product(pair: tuple[csr_array, csr_array], k: int, jaccard: bool) -> None:
    a, b = pair
    if jaccard:
        a, b = (csr_array((np.ones_like(m.data), m.indices, m.indptr), shape=m.shape) for m in pair)
    power = 1.0 if jaccard else 0.5
    norms = [np.asarray((m * m).sum(axis=1)).astype(np.float32) ** np.float32(power) for m in (a, b)]
    shifts = [np.linspace(0, 0 if jaccard else 0.1, m.shape[0], dtype=np.float32) for m in (a, b)]
    exclude = np.where(np.arange(30) % 2, np.arange(30), -1).astype(np.int32)
    common = (a @ b.T).toarray()
    if jaccard:
        expected = common / (norms[0][:, None] + norms[1] - common + 2)
    else:
        expected = (common - np.outer(*shifts)) / (np.outer(*norms) + 2)
    expected[common == 0] = 0
    neighbours, values = similar(
        *csr(a), *csr(b.T.tocsr()), *norms, *shifts, jaccard, 2.0, exclude, min(k, 70)
    )
    wanted, wanted_values = best(expected.astype(np.float32), min(k, 70), exclude)
    assert_allclose(values.sum(axis=1), wanted_values.sum(axis=1), rtol=1e-5)
    agree = (neighbours == wanted).all(axis=1)
    assert agree.mean() > 0.9, "lists may differ where rounding breaks a tie, rarely"
    assert_allclose(values[agree], wanted_values[agree], rtol=1e-5)


def test_of_equal_neighbours_the_first_are_kept() -> None:
    a = csr_array(np.ones((1, 1), dtype=np.float32))
    b = csr_array(np.array([[1], [2], [1], [1], [2]], dtype=np.float32))
    ones, none = np.ones(5, dtype=np.float32), np.zeros(5, dtype=np.float32)
    nobody = np.full(1, -1, dtype=np.int32)
    neighbours, values = similar(
        *csr(a), *csr(b.T.tocsr()), ones[:1], ones, none[:1], none, False, 0.0, nobody, 3
    )
    assert_array_equal(neighbours, [[0, 1, 4]])
    assert_array_equal(values, [[1, 2, 2]])


def test_correlated_equals_the_correlation_over_what_both_hold(pair: tuple[csr_array, csr_array]) -> None:
    a, b = (csr_array((m.data - 3.1, m.indices, m.indptr), shape=m.shape).astype(np.float32) for m in pair)
    left, right = a.toarray(), b.toarray()
    expected = np.zeros((30, 70))
    for x in range(30):
        for y in range(70):
            both = (left[x] != 0) & (right[y] != 0)
            if both.sum() >= 2:
                u, v = left[x, both], right[y, both]
                c = both.sum()
                expected[x, y] = u @ v / np.sqrt((u @ u) * (v @ v)) * (c - 1) / (c - 1 + 10)
    nobody = np.full(30, -1, dtype=np.int32)
    neighbours, values = correlated(*csr(a), *csr(b.T.tocsr()), 70, 10.0, 2, nobody, 70)
    dense = np.zeros((30, 70))
    rows, at = np.nonzero(neighbours >= 0)
    dense[rows, neighbours[rows, at]] = values[rows, at]
    assert_allclose(dense, np.maximum(expected, 0), atol=1e-6)


@pytest.mark.parametrize("k", [1, 5, 40])
def test_of_what_is_pushed_the_k_best_are_written_in_order(k: int) -> None:
    values = np.random.default_rng(3).integers(1, 30, 100).astype(np.float32) / 7
    keys = np.empty(max(2 * k, 4), dtype=np.uint64)
    kept, bar = 0, np.uint64(0)
    for index, value in enumerate(values):
        kept, bar = push(keys, kept, np.uint64(bar), value, index, k)
    neighbours, similarity = np.full(k, -1, dtype=np.int32), np.zeros(k, dtype=np.float32)
    write_best(keys, kept, k, neighbours, similarity)
    best = np.sort(np.lexsort((np.arange(100), -values))[:k])
    assert_array_equal(neighbours, best)
    assert_array_equal(similarity, values[best])
    assert value_of(np.uint64(bar)) <= similarity.min()


def test_packing_leaves_the_padding_out() -> None:
    indptr, indices, values = pack(
        np.array([[3, 5, -1], [-1, -1, -1], [0, 1, 2]], dtype=np.int32),
        np.array([[0.5, 0.25, 0], [0, 0, 0], [1, 2, 3]], dtype=np.float32),
    )
    assert_array_equal(indptr, [0, 2, 2, 5])
    assert_array_equal(indices, [3, 5, 0, 1, 2])
    assert_array_equal(values, [0.5, 0.25, 1, 2, 3])

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from recx.errors import UsageError
from recx.models.neighbour.weighting import Weighting


def test_bm25_is_the_published_formula_for_counts_and_for_new_rows() -> None:
    generator = np.random.default_rng(0)
    counts = generator.integers(0, 4, (30, 12)) * (generator.random((30, 12)) < 0.5)
    known, new = counts[:20].astype(np.float64), counts[20:].astype(np.float64)
    weighting = Weighting.of(csr_array(known, dtype=np.float32), "bm25", "user_knn")
    lengths = known.sum(axis=1)
    mean = lengths[lengths > 0].mean()
    idf = np.log1p(20 / (known > 0).sum(axis=0))
    for part in (known, new):
        norm = 1.2 * (0.25 + 0.75 * part.sum(axis=1, keepdims=True) / mean)
        expected = part * 2.2 / (part + norm) * idf
        found = weighting.apply(csr_array(part, dtype=np.float32)).toarray()
        assert_allclose(found, expected, rtol=1e-5)


def test_tfidf_is_the_root_of_the_count_times_how_rare_it_is() -> None:
    matrix = csr_array(np.array([[4.0, 0], [1, 9]], dtype=np.float32))
    found = Weighting.of(matrix, "tfidf", "user_knn").apply(matrix).toarray()
    assert_allclose(found, np.array([[2.0, 0], [1, 3]]) * np.log1p([1, 2]), rtol=1e-6)


def test_another_weighting_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'bm25'"):
        Weighting.of(csr_array(np.eye(2, dtype=np.float32)), "bm52", "user_knn")

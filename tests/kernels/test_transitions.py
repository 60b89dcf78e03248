import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from recx.kernels.transitions import transitions


@pytest.mark.parametrize("window", [1, 3, 50])
def test_followers_count_their_weight_over_the_gap(window: int) -> None:
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, 15, 30)
    indptr = np.append(0, np.cumsum(lengths))
    items = generator.integers(0, 9, indptr[-1]).astype(np.int32)
    weights = generator.integers(0, 40, indptr[-1])
    expected = np.zeros((9, 9), dtype=np.int64)
    for row in range(30):
        events = items[indptr[row] : indptr[row + 1]]
        for at in range(len(events)):
            for later in range(at + 1, min(at + window + 1, len(events))):
                expected[events[at], events[later]] += weights[indptr[row] + later] // (later - at)
    out, followers, counts = transitions(indptr, items, weights, 9, window)
    counted = csr_array((counts, followers, out), shape=(9, 9))
    assert counted.has_canonical_format and counted.data.all()
    assert_array_equal(counted.toarray(), expected)

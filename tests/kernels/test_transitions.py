import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from recx.kernels.transitions import transitions


@pytest.mark.parametrize("window", [1, 3, 50])
def test_followers_count_one_over_their_gap_in_parts_of_a_unit(window: int) -> None:
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, 15, 30)
    indptr = np.append(0, np.cumsum(lengths))
    items = generator.integers(0, 9, indptr[-1]).astype(np.int32)
    expected = np.zeros((9, 9), dtype=np.int64)
    for row in range(30):
        events = items[indptr[row] : indptr[row + 1]]
        for at in range(len(events)):
            for later in range(at + 1, min(at + window + 1, len(events))):
                expected[events[at], events[later]] += 1000 // (later - at)
    out, followers, counts = transitions(indptr, items, 9, window, 1000)
    counted = csr_array((counts, followers, out), shape=(9, 9))
    assert counted.has_canonical_format
    assert_array_equal(counted.toarray(), expected)

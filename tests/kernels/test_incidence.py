import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recx.kernels.incidence import incidence


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=40))
def test_every_column_lists_its_rows_once_and_in_order(pairs: list[tuple[int, int]]) -> None:
    pairs.sort(key=lambda pair: pair[0])
    rows, columns = (np.array([pair[at] for pair in pairs], dtype=np.int32) for at in (0, 1))
    indptr, listed = incidence(rows, columns, 5)
    for column in range(5):
        expected = sorted({row for row, other in pairs if other == column})
        assert_array_equal(listed[indptr[column] : indptr[column + 1]], expected)

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recx.kernels.incidence import by_column, values_by_column

FIRST = settings(deadline=None)
"""The first example may have to compile the kernel."""
events = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(1, 9)), max_size=40)


def as_rows(log: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    log.sort(key=lambda event: event[0])
    lengths = np.bincount([event[0] for event in log], minlength=6) if log else np.zeros(6, dtype=np.int64)
    indptr = np.append(0, np.cumsum(lengths)).astype(np.int64)
    columns = np.array([event[1] for event in log], dtype=np.int32)
    return indptr, columns, np.array([event[2] for event in log], dtype=np.float32)


@FIRST
@given(events)
def test_every_column_lists_its_rows_once_and_in_order(log: list[tuple[int, int, int]]) -> None:
    indptr, columns, _ = as_rows(log)
    starts, rows = by_column(indptr, columns, 5)
    for column in range(5):
        expected = sorted({row for row, other, _ in log if other == column})
        assert_array_equal(rows[starts[column] : starts[column + 1]], expected)


@FIRST
@given(events)
def test_values_of_equal_pairs_are_added_or_the_last_is_kept(log: list[tuple[int, int, int]]) -> None:
    indptr, columns, values = as_rows(log)
    total, last = np.zeros((5, 6)), np.zeros((5, 6))
    for row, column, value in log:
        total[column, row] += value
        last[column, row] = value
    for dense, keep in ((total, False), (last, True)):
        starts, rows, merged = values_by_column(indptr, columns, values, 5, keep)
        for column in range(5):
            part = slice(starts[column], starts[column + 1])
            assert_array_equal(rows[part], np.flatnonzero(dense[column]))
            assert_array_equal(merged[part], dense[column][dense[column] != 0])

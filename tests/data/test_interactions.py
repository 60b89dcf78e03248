import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recx.data import Interactions, UserBatch, user_batches
from recx.data.interactions import Histories


def log(users, items, values=None, n_users=4, n_items=5, times=None) -> Interactions:
    return Interactions(
        np.array(users, dtype=np.int32),
        np.array(items, dtype=np.int32),
        np.array(values if values is not None else np.ones(len(users)), dtype=np.float32),
        n_users,
        n_items,
        None if times is None else np.array(times, dtype=np.int64),
    )


def test_matrix_merges_repeats_as_asked() -> None:
    rows = log([0, 0, 0, 2], [1, 3, 1, 0], [2, 1, 5, 4])
    assert rows.matrix("sum").toarray()[0].tolist() == [0, 7, 0, 1, 0]
    assert rows.matrix("last").toarray()[0].tolist() == [0, 5, 0, 1, 0]
    assert rows.matrix("binary").toarray()[2].tolist() == [1, 0, 0, 0, 0]


def test_histories_keep_the_order_of_events_and_users_without_any() -> None:
    histories = log([0, 0, 2], [3, 1, 4]).histories()
    assert histories.lengths.tolist() == [2, 0, 1, 0]
    assert histories.items.tolist() == [3, 1, 4]
    assert histories.ages.tolist() == [1, 0, 0]


def test_taking_histories_follows_the_order_asked_for() -> None:
    taken = log([0, 0, 2], [3, 1, 4]).histories().take(np.array([2, 1, 0, 2]))
    assert taken.indptr.tolist() == [0, 1, 1, 3, 4]
    assert taken.items.tolist() == [4, 3, 1, 4]
    assert taken.rows.tolist() == [0, 2, 2, 3]


@pytest.mark.parametrize(
    ("users", "items"), [([1, 0], [0, 0]), ([0, 4], [0, 0]), ([0, 1], [0, 5]), ([0, -1], [0, 0])]
)
def test_rows_outside_the_id_space_or_out_of_order_are_refused(users, items) -> None:
    with pytest.raises(ValueError, match="must"):
        log(users, items)


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        log([0], [0], [np.nan])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 9)), max_size=30))
def test_every_matrix_equals_a_loop_over_the_rows(events) -> None:
    events = sorted(events, key=lambda event: event[0])
    rows = log([e[0] for e in events], [e[1] for e in events], [e[2] for e in events])
    total, last = np.zeros((4, 5)), np.zeros((4, 5))
    for user, item, value in events:
        total[user, item] += value
        last[user, item] = value
    assert np.array_equal(rows.matrix("sum").toarray(), total)
    assert np.array_equal(rows.matrix("last").toarray(), last)
    assert np.array_equal(rows.matrix("binary").toarray(), total > 0)


def test_blocks_of_users_cover_all_and_carry_the_moment() -> None:
    rows = log([0, 0, 2], [3, 1, 4])
    batches = list(user_batches(np.array([2, 3, 0], dtype=np.int32), rows, 99, size=2))
    assert [batch.users.tolist() for batch in batches] == [[2, 3], [0]]
    assert batches[0].at is not None and batches[0].at.tolist() == [99, 99]
    assert batches[1].histories.items.tolist() == [3, 1]


def test_a_batch_needs_one_history_per_user() -> None:
    with pytest.raises(ValueError, match="2 users with 0"):
        empty = Histories(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        UserBatch(np.array([0, 1], dtype=np.int32), empty)


def ragged(rows: list[list[tuple[int, int]]], dated: bool = True, kinds: bool = True) -> Histories:
    """Rows of (item, time); the kind of an event is its item plus 1."""
    events = [event for row in rows for event in row]
    items = np.array([item for item, _ in events], dtype=np.int32)
    return Histories(
        np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64),
        items,
        items.astype(np.float32) / 2,
        np.array([time for _, time in events], dtype=np.int64) if dated else None,
        (items + 1).astype(np.int8) if kinds else None,
    )


def test_histories_followed_by_new_events_keep_kinds_weights_and_the_order_of_dates() -> None:
    before = ragged([[(1, 10), (2, 30)], [], [(3, 5)]])
    after = before.followed_by(ragged([[(4, 20)], [(0, 7)], [(3, 5), (2, 5)]]))
    assert after.indptr.tolist() == [0, 3, 4, 7]
    assert after.items.tolist() == [1, 4, 2, 0, 3, 3, 2]
    assert after.times is not None and after.times.tolist() == [10, 20, 30, 7, 5, 5, 5]
    assert after.events is not None and after.events.tolist() == [2, 5, 3, 1, 4, 4, 3]
    assert after.values.tolist() == [0.5, 2, 1, 0, 1.5, 1.5, 1]


def test_undated_new_events_come_last_and_a_side_that_lacks_something_is_refused() -> None:
    before = ragged([[(1, 0), (2, 0)], [(3, 0)]], dated=False)
    assert before.followed_by(ragged([[(0, 0)], []], dated=False)).items.tolist() == [1, 2, 0, 3]
    for lacking, what in (
        (ragged([[(0, 0)], []]), "dates"),
        (ragged([[(0, 0)], []], dated=False, kinds=False), "kinds of events"),
        (ragged([[(0, 0)]], dated=False), "followed by 1"),
    ):
        with pytest.raises(ValueError, match=what):
            before.followed_by(lacking)
    nothing = ragged([[], []])
    assert before.followed_by(nothing) is before and nothing.followed_by(before) is before

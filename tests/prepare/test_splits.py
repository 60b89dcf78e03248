"""What each split learns, gives and asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.data import FIT, HISTORY, TARGET
from recx.errors import DataError, UsageError
from recx.prepare.log import GIVEN, TEST, TRAIN, VALID, Log
from recx.prepare.split.base import FoldRoles, create_split
from recx.prepare.split.config import (
    FilesSplit,
    HoldoutWindows,
    KFoldSplit,
    KFoldWindows,
    LastSplit,
    RandomSplit,
    RollingWindows,
    SplitConfig,
    TimeSplit,
    UsersSplit,
    WindowsConfig,
)

HOLDOUT = HoldoutWindows()


def log(users: list[int], times: list[int] | None = None, order: Any = "time", parts: Any = None) -> Log:
    """Rows of these users; every row another item."""
    n = len(users)
    made = Log(
        [f"u{number}" for number in range(max(users) + 1)],
        [f"i{number}" for number in range(n)],
        np.array(users, np.int32),
        np.arange(n, dtype=np.int32),
        np.ones(n, np.float32),
        np.arange(n, dtype=np.int64) if times is None and order == "time" else _ints(times),
        order=order,
        parts=None if parts is None else np.array(parts, np.uint8),
    )
    return made.sorted()


def _ints(times: list[int] | None) -> Any:
    return None if times is None else np.array(times, np.int64)


def divide(
    rows: Log, config: SplitConfig, seed: int = 0, windows: WindowsConfig = HOLDOUT
) -> list[FoldRoles]:
    method = create_split(config, windows, seed)
    test = method.test_rows(rows)
    folds = method.folds(rows, test)
    np.testing.assert_array_equal((folds[-1].roles & TARGET) > 0, test)
    return folds


def items(rows: Log, fold: FoldRoles, bit: int) -> list[int]:
    return sorted(rows.items[(fold.roles & bit) > 0].tolist())


def test_time_cuts_everybody_at_the_same_moments() -> None:
    rows = log([0, 1] * 50)
    select, window, final = divide(rows, TimeSplit())
    assert [fold.name for fold in (select, window, final)] == ["select", "window-0", "final"]
    assert items(rows, final, FIT) == list(range(90))
    assert items(rows, final, TARGET) == list(range(90, 100))
    assert items(rows, window, TARGET) == list(range(80, 90))
    assert items(rows, select, FIT) == list(range(72))
    assert items(rows, select, TARGET) == list(range(72, 80))
    assert [fold.known_at for fold in (select, window, final)] == [72, 80, 90]


def test_time_puts_ties_at_a_cut_into_the_later_part() -> None:
    rows = log([0, 1] * 10, times=[*range(15), 15, 15, 15, 15, 15])
    final = divide(rows, TimeSplit(test=0.1, valid=0.3))[-1]
    assert final.known_at == 15
    assert items(rows, final, TARGET) == [15, 16, 17, 18, 19]


def test_time_takes_several_windows_one_after_the_other_and_watch_before_them() -> None:
    rows = log([0, 1] * 50)
    select, *windows, _ = divide(rows, TimeSplit(), windows=RollingWindows(number=3))
    assert [(fold.name, fold.known_at) for fold in windows] == [
        ("window-0", 60),
        ("window-1", 70),
        ("window-2", 80),
    ]
    assert items(rows, windows[1], TARGET) == list(range(70, 80))
    assert max(items(rows, select, TARGET)) < 60


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_time_never_learns_what_happened_at_or_after_known_at(data: st.DataObject) -> None:
    times = data.draw(st.lists(st.integers(0, 30), min_size=20, max_size=60))
    users = data.draw(st.lists(st.integers(0, 4), min_size=len(times), max_size=len(times)))
    rows = log(users, times)
    try:
        folds = divide(rows, TimeSplit(), windows=RollingWindows(number=data.draw(st.integers(1, 3))))
    except DataError:
        return  # too many ties to cut
    assert rows.times is not None
    for fold in folds:
        assert fold.known_at is not None
        past, target = (fold.roles & (FIT | HISTORY)) > 0, (fold.roles & TARGET) > 0
        assert (rows.times[past] < fold.known_at).all()
        assert (rows.times[target] >= fold.known_at).all()
        assert not (past & target).any()
    test = (folds[-1].roles & TARGET) > 0
    for fold in folds[:-1]:
        assert not fold.roles[test].any()


def test_watch_may_be_valid_itself_to_reproduce_papers() -> None:
    rows = log([0, 1] * 50)
    select, window, _ = divide(rows, TimeSplit(watch="valid"))
    assert select.name == "select"
    np.testing.assert_array_equal(select.roles, window.roles)
    assert select.known_at == window.known_at


def test_last_leaves_one_row_of_each_user_for_test_valid_and_watch() -> None:
    rows = log([0] * 5 + [1] * 3 + [2] * 2 + [3], order="sequence")
    select, window, final = divide(rows, LastSplit())
    assert items(rows, final, TARGET) == [4, 7, 9]  # a lone row is never a target
    assert items(rows, window, TARGET) == [3, 6]
    assert items(rows, window, FIT) == [0, 1, 2, 5, 8, 10]
    assert items(rows, select, TARGET) == [2]
    assert items(rows, select, FIT) == [0, 1, 5, 8, 10]
    assert final.known_at is None


def test_last_steps_one_row_further_back_for_each_rolling_window() -> None:
    rows = log([0] * 6 + [1] * 4 + [2] * 2, order="sequence")
    select, *windows, final = divide(rows, LastSplit(), windows=RollingWindows(number=2))
    assert [fold.name for fold in windows] == ["window-0", "window-1"]
    assert items(rows, final, TARGET) == [5, 9, 11]
    assert items(rows, windows[1], TARGET) == [4, 8]
    assert items(rows, windows[1], FIT) == [0, 1, 2, 3, 6, 7, 10]
    assert items(rows, windows[0], TARGET) == [3, 7]
    assert items(rows, windows[0], FIT) == [0, 1, 2, 6, 10]
    # watch lies before every window, so that what stops a fit is no label
    assert items(rows, select, TARGET) == [2]
    assert items(rows, select, FIT) == [0, 1, 6, 10]


def test_last_knows_the_newest_second_it_learns_from() -> None:
    rows = log([0] * 4 + [1] * 4, times=[10, 20, 30, 40, 11, 21, 31, 41])
    assert [fold.known_at for fold in divide(rows, LastSplit())] == [12, 22, 32]


def test_random_draws_the_share_of_every_user() -> None:
    rows = log([0] * 100 + [1] * 20, order="none")
    select, window, final = divide(rows, RandomSplit(), seed=3)
    for fold, wanted in ((final, [10, 2]), (window, [10, 2]), (select, [8, 2])):
        target = (fold.roles & TARGET) > 0
        assert np.bincount(rows.users[target]).tolist() == wanted
    assert not set(items(rows, window, TARGET)) & set(items(rows, final, TARGET))
    assert items(rows, final, FIT) == sorted(set(range(120)) - set(items(rows, final, TARGET)))


def test_random_draws_the_share_of_all_rows_when_asked() -> None:
    rows = log([0] * 100 + [1] * 20, order="none")
    assert len(items(rows, divide(rows, RandomSplit(per_user=False, test=0.25))[-1], TARGET)) == 30


def test_kfold_tests_every_row_exactly_once() -> None:
    rows = log([0, 1, 2] * 33 + [0], order="none")
    tested = [items(rows, divide(rows, KFoldSplit(fold=fold))[-1], TARGET) for fold in range(5)]
    assert [len(part) for part in tested] == [20] * 5
    assert sorted(item for part in tested for item in part) == list(range(100))


PARTS = ([TRAIN] * 10 + [TEST] * 2 + [VALID] * 3) * 6


@pytest.mark.parametrize(
    ("config", "per_user"),
    [
        (KFoldSplit(fold=1), False),
        (RandomSplit(), True),
        (RandomSplit(per_user=False), False),
        (FilesSplit(), True),
        (FilesSplit(draw="rows"), False),
    ],
    ids=repr,
)
def test_kfold_predicts_every_row_but_those_of_watch_once_by_a_base_that_has_not_seen_it(
    config: SplitConfig, per_user: bool
) -> None:
    rows = log(sorted([0, 1, 2] * 30), order="none", parts=PARTS)
    select, *windows, final = divide(rows, config, windows=KFoldWindows(folds=4))
    assert [fold.name for fold in windows] == ["window-0", "window-1", "window-2", "window-3"]
    known, watch = items(rows, final, FIT), items(rows, select, TARGET)
    labels = [item for window in windows for item in items(rows, window, TARGET)]
    assert len(watch) == pytest.approx(len(known) / 10, abs=2)
    assert sorted([*labels, *watch]) == known
    assert items(rows, select, FIT) == sorted(set(known) - set(watch))
    for window in windows:
        assert items(rows, window, FIT) == sorted(set(known) - set(items(rows, window, TARGET)))
    sizes = [
        np.bincount(rows.users[(window.roles & TARGET) > 0], minlength=3).tolist() if per_user
        else [np.count_nonzero(window.roles & TARGET)]
        for window in windows
    ]  # fmt: skip
    assert np.ptp(sizes, axis=0).max() <= 1


def test_kfold_deals_differently_for_another_seed_and_alike_for_the_same() -> None:
    rows = log(sorted([0, 1, 2] * 30), order="none")
    one, same, other = (
        [items(rows, fold, TARGET) for fold in divide(rows, RandomSplit(), seed, KFoldWindows())]
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("config", "windows", "says"),
    [
        (KFoldSplit(fold=5), HOLDOUT, "split.fold=5: expected 0 to 4"),
        (TimeSplit(), KFoldWindows(), "windows=kfold: split=time takes windows=holdout or windows=rolling"),
        (LastSplit(), KFoldWindows(), "split=last takes windows=holdout or windows=rolling"),
        (RandomSplit(), RollingWindows(), "split=random takes windows=holdout or windows=kfold"),
        (FilesSplit(), RollingWindows(), "split=files takes windows=holdout or windows=kfold"),
        (UsersSplit(), KFoldWindows(), "windows=kfold: split=users takes windows=holdout$"),
        (FilesSplit(draw="users"), KFoldWindows(), "whole users are asked about"),
        (RandomSplit(), KFoldWindows(folds=1), "windows.folds=1: expected 2 or more"),
        (TimeSplit(), RollingWindows(number=0), "windows.number=0: expected 1 or more"),
        (TimeSplit(), RollingWindows(number=9), "9 x split.valid=0.1 leave no train"),
    ],
)  # fmt: skip
def test_windows_that_make_no_sense_are_refused(
    config: SplitConfig, windows: WindowsConfig, says: str
) -> None:
    rows = log(sorted([0, 1, 2] * 30), parts=PARTS)
    with pytest.raises(UsageError, match=says):
        divide(rows, config, windows=windows)


def test_held_out_users_are_given_their_first_rows_and_never_learnt() -> None:
    rows = log(sorted(list(range(20)) * 10), order="sequence")
    select, window, final = divide(rows, UsersSplit(), seed=1)
    for fold, n in ((final, 2), (window, 2), (select, 2)):
        asked = np.unique(rows.users[(fold.roles & TARGET) > 0])
        assert len(asked) == n
        mine = np.isin(rows.users, asked)
        assert not (fold.roles[mine] & FIT).any()
        place = np.arange(len(rows)) % 10
        np.testing.assert_array_equal(fold.roles[mine] == HISTORY, place[mine] < 8)
        np.testing.assert_array_equal(fold.roles[mine] == TARGET, place[mine] >= 8)
    tested = np.isin(rows.users, rows.users[(final.roles & TARGET) > 0])
    assert not window.roles[tested].any()
    assert (final.roles[~tested] == FIT | HISTORY).all()


def test_held_out_users_without_an_order_are_given_random_rows() -> None:
    rows = log(sorted(list(range(20)) * 10), order="none")
    final = divide(rows, UsersSplit(), seed=1)[-1]
    places = [set(np.flatnonzero(final.roles == TARGET) % 10)]
    assert len(np.unique(rows.users[final.roles == TARGET])) == 2
    assert places != [{8, 9}]
    assert np.count_nonzero(final.roles == TARGET) == 4


def test_files_are_taken_as_they_come_and_valid_is_drawn_from_train() -> None:
    parts = ([TRAIN] * 20 + [TEST] * 5) * 4
    rows = log(sorted([0, 1, 2, 3] * 25), order="none", parts=parts)
    select, window, final = divide(rows, FilesSplit())
    assert items(rows, final, TARGET) == [item for item in range(100) if item % 25 >= 20]
    assert items(rows, final, FIT) == [item for item in range(100) if item % 25 < 20]
    assert np.bincount(rows.users[(window.roles & TARGET) > 0]).tolist() == [2, 2, 2, 2]
    assert np.bincount(rows.users[(select.roles & TARGET) > 0]).tolist() == [2, 2, 2, 2]
    assert not (window.roles[window.roles & TARGET > 0] & FIT).any()


def test_a_valid_file_is_valid() -> None:
    rows = log([0] * 12 + [1] * 12, order="none", parts=([TRAIN] * 8 + [VALID] * 2 + [TEST] * 2) * 2)
    _, window, final = divide(rows, FilesSplit())
    assert items(rows, window, TARGET) == [8, 9, 20, 21]
    assert len(items(rows, final, FIT)) == 20


def test_test_questions_of_newcomers_make_valid_ask_about_newcomers() -> None:
    # ten train sessions of four items; two questions of two given items and an answer
    users = sorted(list(range(10)) * 4) + [10] * 3 + [11] * 3
    parts = [TRAIN] * 40 + [GIVEN, GIVEN, TEST] * 2
    rows = log(users, order="sequence", parts=parts)
    select, window, final = divide(rows, FilesSplit(valid=0.2))
    assert items(rows, final, FIT) == list(range(40))
    assert items(rows, final, TARGET) == [42, 45]
    assert set(items(rows, final, HISTORY)) >= {40, 41, 43, 44}
    asked = np.unique(rows.users[(window.roles & TARGET) > 0])
    assert len(asked) == 2
    mine = np.isin(rows.users, asked)
    assert window.roles[mine].tolist() == [HISTORY, HISTORY, HISTORY, TARGET] * 2
    assert not (window.roles[40:]).any()
    assert np.count_nonzero(select.roles & TARGET) == 1

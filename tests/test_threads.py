import threading
import time

import pytest

from recx.threads import side_by_side


def test_results_come_in_order_whoever_is_ready_first() -> None:
    def work(number: int, stop: object) -> int:
        time.sleep(0.02 * (3 - number))
        return 10 * number

    assert side_by_side(work, 3, 3) == side_by_side(work, 3, 1) == [0, 10, 20]


def test_no_more_run_at_a_time_than_threads() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(number: int, stop: object) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    side_by_side(work, 6, 2)
    assert most == 2


def test_a_failure_stops_those_at_work_and_spares_the_rest() -> None:
    begun = []

    def work(number: int, stop) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("broken")
        while not stop():
            time.sleep(0.005)

    with pytest.raises(ValueError, match="broken"):
        side_by_side(work, 50, 2)
    assert len(begun) < 10

"""The clock of work, by events as numba sends them, and by a kernel that is compiled."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numba as nb
import pytest
from numba.core.event import end_event, start_event

from recx import clock, store
from recx.manifest import Record
from recx.session import Session, Silence


class Heard(Silence):
    """Writes down what it is told about kernels."""

    def __init__(self) -> None:
        self.lines: list[str | float] = []

    def compiling(self, kernel: str) -> None:
        self.lines.append(kernel)

    def compiled(self, seconds: float) -> None:
        self.lines.append(seconds)


def outer() -> None:
    """A kernel by name."""


def inner() -> None:
    """One that it calls."""


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Time goes on as told."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return lambda seconds: now.append(now.pop() + seconds)


def compile_both(pass_time: Callable[[float], None]) -> None:
    """Compile ``outer`` in 2 + 3 + 1 seconds, 3 of which are those of ``inner``."""
    start_event("numba:compile", {"dispatcher": outer})
    pass_time(2)
    start_event("numba:compile", {"dispatcher": inner})
    pass_time(3)
    end_event("numba:compile", {"dispatcher": inner})
    pass_time(1)
    end_event("numba:compile", {"dispatcher": outer})


def test_it_stands_still_while_a_kernel_is_compiled_with_all_it_calls(
    pass_time: Callable[[float], None],
) -> None:
    heard, working, compiling = Heard(), clock.working(), clock.compiling()
    pass_time(10)
    with clock.told(heard):
        compile_both(pass_time)
    pass_time(0.5)
    compile_both(pass_time)
    assert heard.lines == ["outer", 6.0]
    assert clock.working() - working == 10.5
    assert clock.compiling() - compiling == 12


def test_a_manifest_states_the_seconds_of_work_and_those_of_compiling_apart(
    pass_time: Callable[[float], None], tmp_path: Path
) -> None:
    record = Record(tmp_path, "train", Session(), {}, 0)
    with record.stage("first"):
        pass_time(0.25)
        compile_both(pass_time)
    with record.stage("second"):
        pass_time(0.25)
    record.note()
    stages = store.read_json(tmp_path / store.MANIFEST)["stages"]
    assert stages["first"]["seconds"] == 0.25 and stages["first"]["compiling"] == 6
    assert stages["second"]["seconds"] == 0.25 and "compiling" not in stages["second"]


def test_numba_tells_about_a_kernel_once() -> None:
    @nb.njit
    def doubled(x: float) -> float:
        return 2 * x

    heard = Heard()
    for listened in (clock.told(heard), clock.told(heard), nullcontext()):
        with listened:
            assert doubled(1.5) == 3
    name, seconds = heard.lines
    assert name == "doubled" and isinstance(seconds, float) and seconds > 0


def test_a_kernel_that_cannot_be_compiled_does_not_stop_the_clock_for_good() -> None:
    @nb.njit
    def broken(x: float) -> object:
        return x.nothing_of_this_name

    with pytest.raises(nb.core.errors.TypingError):
        broken(1.0)
    first = clock.working()
    assert clock.working() > first

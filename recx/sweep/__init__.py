"""Many trainings -> a leaderboard."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.sweep.verb import sweep as sweep


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "sweep":
        from recx.sweep.verb import sweep

        return sweep
    raise AttributeError(name)

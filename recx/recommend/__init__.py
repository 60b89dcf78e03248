"""Run -> lists for users, and why."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.recommend.verb import recommend as recommend


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "recommend":
        from recx.recommend.verb import recommend

        return recommend
    raise AttributeError(name)

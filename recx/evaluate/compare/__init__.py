"""Two runs held against each other: metric by metric, user by user, item by item."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.evaluate.compare.verb import compare as compare


def __getattr__(name: str) -> object:
    # imported on use: help must not pay for numba, torch and the rest
    if name == "compare":
        from recx.evaluate.compare.verb import compare

        return compare
    raise AttributeError(name)

"""Runs -> Report."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.evaluate.verb import evaluate as evaluate


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "evaluate":
        from recx.evaluate.verb import evaluate

        return evaluate
    raise AttributeError(name)

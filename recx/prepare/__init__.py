"""raw files -> Dataset."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.prepare.verb import prepare as prepare


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "prepare":
        from recx.prepare.verb import prepare

        return prepare
    raise AttributeError(name)

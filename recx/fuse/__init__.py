"""Scores of many models -> one ranking."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.fuse.verb import fuse as fuse


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "fuse":
        from recx.fuse.verb import fuse

        return fuse
    raise AttributeError(name)

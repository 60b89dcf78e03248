"""Runs made again from their manifests: what went in is compared first, then what came out, byte by byte."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.reproduce.verb import reproduce as reproduce


def __getattr__(name: str) -> object:
    # imported on use: help and settings must not pay for numba, torch and the rest
    if name == "reproduce":
        from recx.reproduce.verb import reproduce

        return reproduce
    raise AttributeError(name)

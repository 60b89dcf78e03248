"""prepare -> train -> fuse -> evaluate, in one command."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.run.verb import run as run


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "run":
        from recx.run.verb import run

        return run
    raise AttributeError(name)

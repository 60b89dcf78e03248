"""What lies on disk -> the leaks in it: of a prepared data set, or of a run and what it was made from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.audit.verb import audit as audit


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numpy, numba and the rest
    if name == "audit":
        from recx.audit.verb import audit

        return audit
    raise AttributeError(name)

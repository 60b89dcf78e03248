"""One model, fitted properly."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.train.verb import train as train


def __getattr__(name: str) -> object:
    # imported on use: settings and help must not pay for numba, torch and the rest
    if name == "train":
        from recx.train.verb import train

        return train
    raise AttributeError(name)

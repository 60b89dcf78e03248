"""Settings of `reproduce`."""

from dataclasses import dataclass


@dataclass
class ReproduceConfig:
    """Everything `recx reproduce` takes."""

    run: str = ""
    """A finished train, fuse or evaluate run, or a prepared data set (folder)."""
    out: str = ""
    """Folder for what is made again, new or empty; empty: a temporary one, which is removed afterwards."""

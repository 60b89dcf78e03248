"""Words, flags and printing: one file per verb, no logic."""

from recx.cli.main import main

__all__ = ["main"]

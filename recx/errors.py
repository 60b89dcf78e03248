"""The two ways a command can fail without a traceback, and the suggestion that goes with them."""

from collections.abc import Iterable
from difflib import get_close_matches

FEW = 15
"""So many names still read well in one line."""


class RecxError(Exception):
    """A failure told to the user in one line: what is wrong, what would be right, what to type next."""

    exit_code = 1


class UsageError(RecxError):
    """The command was wrong: exit code 2."""

    exit_code = 2


class DataError(RecxError):
    """The data or the environment was wrong: exit code 1."""

    exit_code = 1


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name; where none is close, all if few."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there is {', '.join(names)}" if 0 < len(names) <= FEW else ""

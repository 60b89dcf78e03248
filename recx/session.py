"""Who asked for a run and who is told about it: passed to every verb, never a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from recx.models.base import EpochReport


class Listener(Protocol):
    """Where progress goes."""

    def say(self, line: str) -> None:
        """Something worth a line has happened."""

    def stage(self, name: str) -> None:
        """A new piece of work has begun."""

    def epoch(self, name: str, report: EpochReport, epochs: int) -> None:
        """A model has finished an epoch out of at most ``epochs``."""

    def compiling(self, kernel: str) -> None:
        """Work waits for a kernel that this machine has not compiled before."""

    def compiled(self, seconds: float) -> None:
        """It goes on; compiling took ``seconds``."""


class Silence:
    """Tells nobody."""

    def say(self, line: str) -> None:
        """Drop it."""

    def stage(self, name: str) -> None:
        """Drop it."""

    def epoch(self, name: str, report: EpochReport, epochs: int) -> None:
        """Drop it."""

    def compiling(self, kernel: str) -> None:
        """Drop it."""

    def compiled(self, seconds: float) -> None:
        """Drop it."""


@dataclass(frozen=True)
class Session:
    """The command behind a run and its listener."""

    command: tuple[str, ...] = ()
    """As typed; empty when called from Python."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Dotted setting -> file or "command line"."""
    listener: Listener = field(default_factory=Silence)

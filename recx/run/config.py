"""Settings of `run`."""

from dataclasses import dataclass, field

from recx.fuse.config import FuseConfig


@dataclass
class RunConfig(FuseConfig):
    """Everything `recx run` takes: fuse's settings, and which tasks are reported."""

    tasks: list[str] = field(default_factory=lambda: ["auto"])
    """Values of repeat, a fusion and a chapter of the report each; auto: allow and new where users buy again,
    else new."""

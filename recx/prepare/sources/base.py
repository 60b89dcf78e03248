"""What a reader of raw data answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar

from recx.errors import UsageError, did_you_mean
from recx.prepare.config import DatasetConfig
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log
from recx.prepare.sources import SOURCES, source_config_class

D = TypeVar("D", bound=DatasetConfig)
FEEDBACK = ("implicit", "explicit")


@dataclass(frozen=True)
class Surroundings:
    """What a reader may need besides its settings."""

    data_dir: Path  # for downloads and for what does not fit into memory
    divided: bool  # split=files: rows come from the train, valid and test files
    say: Callable[[str], None]


class Source(ABC, Generic[D]):
    """Finds its raw files, and reads them into a Log with its own rules counted."""

    def __init__(self, config: D, around: Surroundings) -> None:
        self.config = config
        self.around = around

    @abstractmethod
    def files(self) -> list[Path]:
        """The raw files that ``read`` will read, all there; their content is part of the fingerprint."""

    @abstractmethod
    def read(self, ledger: Ledger) -> Log:
        """The log; DataError where a file is not what it should be."""


def create_source(config: DatasetConfig, around: Surroundings) -> Source[Any]:
    """The reader that ``config`` names; a plain DatasetConfig becomes the class of its source."""
    schema = source_config_class(config.source)
    if not isinstance(config, schema):
        config = schema(**{**asdict(config), "clean": config.clean})
    if config.feedback not in FEEDBACK:
        raise UsageError(f"dataset.feedback={config.feedback}{did_you_mean(config.feedback, FEEDBACK)}")
    module, _, name = SOURCES[config.source].partition(":")
    source: Source[Any] = getattr(import_module(module), name)(config, around)
    return source

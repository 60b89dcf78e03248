"""Readers of raw data.

To add one: its file, its settings in config.py, one line here, conf/dataset/<name>.yaml.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from recx.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from recx.prepare.config import DatasetConfig

SOURCES: dict[str, str] = {
    "complete_journey": "recx.prepare.sources.complete_journey:CompleteJourney",
    "ml-100k": "recx.prepare.sources.movielens:MovieLens",
    "online_retail": "recx.prepare.sources.online_retail:OnlineRetail",
    "sequences": "recx.prepare.sources.sequences:Sequences",
    "adjacency": "recx.prepare.sources.adjacency:Adjacency",
    "sessions": "recx.prepare.sources.sessions:Sessions",
    "csv": "recx.prepare.sources.tables:Tables",
    "synthetic": "recx.prepare.sources.synthetic:Synthetic",
}
"""Source -> "module:Class"."""


@cache
def source_config_class(name: str) -> "type[DatasetConfig]":
    """The settings class of a source, whose reader is not imported; UsageError if there is no such source."""
    from recx.prepare.sources.config import CONFIGS

    if name not in SOURCES:
        raise UsageError(f"dataset.source={name}: no such source{did_you_mean(name, SOURCES)}")
    found: type[DatasetConfig] = getattr(import_module("recx.prepare.sources.config"), CONFIGS[name])
    return found

"""Settings of the content models."""

from dataclasses import dataclass, field
from pathlib import Path

from recx.models.base import HistoryConfig, ModelConfig


@dataclass
class DescriptionConfig(ModelConfig):
    """How items are described: shared by the content models."""

    reads_catalogue = True
    columns: list[str] = field(default_factory=list)
    """Item columns of the prepared data set to read, such as [title,brand]; empty: all of them."""
    min_items: int = 2
    """Items a term must describe; below that it says nothing about any other item. 1 or more."""
    max_share: float = 0.5
    """Terms that describe a larger share of the items than this are left out; above 0 up to 1 (none)."""
    bands: int = 5
    """Bands, equally filled, into which a column of numbers such as the price is cut. 2 or more."""
    vectors: str | None = None
    """File of a vector per item (.npy, .safetensors, .parquet), of images, texts or sound; null: none."""
    vectors_weight: float = 1.0
    """What the vectors count against the terms, which count 1; above 0."""

    def files(self) -> tuple[Path, ...]:
        """The file of vectors: with other content it is another fit."""
        return (Path(self.vectors),) if self.vectors else ()


@dataclass
class ContentConfig(DescriptionConfig):
    """Settings of content."""

    name: str = "content"
    """Which model these settings are for."""
    values: str = "binary"
    """What an event says: binary, log (of the summed values) or sum."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""


@dataclass
class HybridConfig(HistoryConfig, DescriptionConfig):
    """Settings of hybrid."""

    name: str = "hybrid"
    """Which model these settings are for."""
    content: float = 50.0
    """What a description counts against the log, in users that two items share; above 0."""
    alike: int = 8
    """Items with events, described most like one without any, whose mean similarities it gets; 0: none."""
    neighbours: int = 200
    """Neighbours kept per item, and as many without an event that got theirs from ``alike``."""
    user_power: float = 0.0
    """a: co-occurrences count degree(user) ^ -a; 0 to about 1."""
    history_power: float = 0.5
    """h: similarities are divided by (users + content) ^ h of the history's item."""
    item_power: float = 0.6
    """b: and by (users + content) ^ b of the item to be scored; the lower, the more popular items gain."""

"""A prepared data set: what `prepare` writes and every other verb reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from recx.data.catalog import Catalog
from recx.data.exposures import Exposures
from recx.data.ids import IdMap
from recx.data.interactions import Interactions
from recx.data.split import Fold, Split

Feedback = Literal["explicit", "implicit"]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a model may see: nothing dated at or after ``known_at``."""

    interactions: Interactions
    catalog: Catalog
    known_at: int | None  # unix seconds
    feedback: Feedback | None = None  # what the values are; None where nobody says


@dataclass(frozen=True, eq=False)
class Dataset:
    """One id space, its split and what is known about it."""

    name: str
    fingerprint: str  # of the content and of every setting that shaped it, 16 hex digits
    users: IdMap
    items: IdMap
    split: Split
    catalog: Catalog
    feedback: Feedback
    value_range: tuple[float, float] | None  # explicit feedback: the ends of the scale
    relevant_from: float | None  # explicit feedback: from which value on a target counts as relevant
    repeats: bool  # users come back to the same item, so that recommending it again makes sense
    event_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # printed beside every number, such as "simulated data"
    facts: Mapping[str, Any] = field(default_factory=dict)  # counts, dates, the cleaning table
    exposures: Exposures | None = None  # where the log says with what chance its items were shown

    @property
    def n_users(self) -> int:
        """Size of the user id space."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Size of the item id space."""
        return len(self.items)

    def training_data(self, fold: Fold) -> TrainingData:
        """What a model fitted for ``fold`` may see."""
        return TrainingData(fold.fit, self.catalog.known_from(fold.fit), fold.known_at, self.feedback)

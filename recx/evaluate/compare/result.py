"""What a comparison found, as plain numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recx import store
from recx.evaluate.result import TaskResult

COMPARED = "compare.json"


@dataclass(frozen=True)
class Moved:
    """How many users a metric is better, worse and the same for in b."""

    metric: str
    gained: int
    lost: int
    same: int


@dataclass(frozen=True)
class UserChange:
    """A user in both runs."""

    user: str  # outside id
    history: int  # events before test
    targets: int  # items, or ratings, to be found
    a: float  # the headline
    b: float
    found: list[str]  # outside ids of hits in both lists
    found_a: list[str]  # hits of a alone
    found_b: list[str]  # hits of b alone


@dataclass(frozen=True)
class ItemChange:
    """An item in both runs."""

    item: str  # outside id
    about: str  # what the catalogue calls it, empty where it does not
    events: int  # before test
    a: int
    b: int


@dataclass(frozen=True)
class Found:
    """Items to be found, by who lists them."""

    both: int
    only_a: int
    only_b: int
    neither: int
    items_a: list[ItemChange]  # found most often by a alone: a holds how often, b how often by b alone
    items_b: list[ItemChange]


@dataclass(frozen=True)
class Overlap:
    """How alike the lists are."""

    k: int  # their length
    jaccard: float  # mean over users
    rbo: float  # rank-biased overlap, mean over users
    same: int  # users with the same list in the same order
    users: int


@dataclass(frozen=True)
class Compared:
    """What `recx compare` returns and report/ draws: gains and losses are those of b."""

    dataset: str
    dataset_notes: list[str]
    dataset_facts: dict[str, Any]
    task: TaskResult  # a and b as entrants, comparisons b minus a, slices
    a: str  # label of the entrant
    b: str
    k: int  # cut-off of lists
    verdict: str  # one line
    moved: list[Moved]  # metrics that every user has
    gained: list[UserChange]  # users who gained most
    lost: list[UserChange]
    more: list[ItemChange]  # items recommended more often by b
    less: list[ItemChange]
    found: Found
    overlap: Overlap
    manifest: dict[str, Any]
    folder: str


def write_compared(compared: Compared) -> None:
    """Write compare.json into the folder of the comparison."""
    store.write_json(Path(compared.folder) / COMPARED, asdict(compared))

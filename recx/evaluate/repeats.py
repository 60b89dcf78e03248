"""Which runs are one entrant: those of one configuration that differ in nothing but their seed or fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from recx.arrays import Int32
from recx.data import Dataset
from recx.errors import DataError
from recx.evaluate.sources import Source, find_dataset, load_dataset
from recx.prepare import stored

Key = tuple[Path, str]
"""Run folder of the source and the entrant's label in it."""
WHOLE = "the data"


@dataclass(frozen=True, eq=False)
class Part:
    """A prepared data set and the runs on it; of several, each is another fold of the same rows."""

    place: Path
    dataset: Dataset
    sources: Sequence[Source]
    name: str = WHOLE  # "fold 2" or "seed 3" where there are several
    period: tuple[str, str] | None = None
    """First and last day of test, where the parts are windows of a cross-validation over time."""
    numbers: Int32 | None = None
    """(n_users,) of its users among those of all parts; None where there is only one."""

    @property
    def overlap(self) -> float:
        """Test rows / rows that the final fits learnt from."""
        fold = self.dataset.split.final
        return len(fold.target) / max(1, len(fold.fit))


@dataclass(frozen=True)
class Named:
    """What entrants and their runs are called."""

    runs: dict[Key, str] = field(default_factory=dict)  # unique: "als seed 3"
    entrants: dict[str, list[str]] = field(default_factory=dict)  # "als" -> names of its runs
    differs: dict[str, str] = field(default_factory=dict)  # "als seed 3" -> "seed 3"


def parts_of(sources: Sequence[Source], data_dir: str) -> list[Part]:
    """The runs by the data set they were made on.

    Raises DataError where two data sets are not folds, windows or draws by another seed of the same rows.
    """
    by_data: dict[str, list[Source]] = {}
    for source in sources:
        by_data.setdefault(source.dataset[1], []).append(source)
    if len(by_data) == 1:
        place, dataset = load_dataset(sources[0], data_dir)
        return [Part(place, dataset, sources)]
    groups = list(by_data.values())
    facts = [stored.facts(find_dataset(group[0], data_dir)) for group in groups]
    for at, (one, other) in enumerate(pairwise(facts)):
        if _same_rows(one) is None or _same_rows(one) != _same_rows(other):
            first, second = groups[at][0], groups[at + 1][0]
            raise DataError(
                f"{first.folder} is on {first.dataset[0].name} and {second.folder} on "
                f"{second.dataset[0].name}: other data or another split is another table; evaluate them apart"
            )
    splits = [each["settings"]["split"] for each in facts]
    windows = all(split.get("window") is not None for split in splits)
    folds = [split.get("window" if windows else "fold") for split in splits]
    names = [f"{'window' if windows else 'fold'} {fold}" for fold in folds]
    if len(set(folds)) < len(folds):
        names = [f"seed {_seed(group[0])}" for group in groups]
    loaded = [load_dataset(group[0], data_dir) for group in groups]
    known: dict[str, int] = {}
    for _, dataset in loaded:
        for user in dataset.users.ids:
            known.setdefault(user, len(known))
    found = [
        Part(
            place,
            dataset,
            group,
            name,
            _period(told) if windows else None,
            np.array([known[user] for user in dataset.users.ids], np.int32),
        )
        for (place, dataset), group, name, told in zip(loaded, groups, names, facts, strict=True)
    ]
    return sorted(found, key=lambda part: (len(part.name), part.name))  # window 10 after window 9


def _period(facts: dict[str, Any]) -> tuple[str, str]:
    return str(facts["folds"][-1]["cut"])[:10], str(facts["last"])[:10]


def name_runs(parts: Sequence[tuple[Part, Sequence[Source]]]) -> Named:
    """Names for the entrants of ``sources`` of each part: their labels, and what tells equal ones apart.

    Runs of one configuration are one entrant, unless two of a part have the same seed. Raises DataError where
    an entrant has no run on one of the parts.
    """
    found: dict[Key, _Run] = {}
    for part, sources in parts:
        for source in sources:
            for label, kind in source.labels.items():
                about = source.about(label)
                home = str(Path(about.run).resolve()) if kind == "base" else str(source.folder)
                if kind != "base" or home not in {run.home for run in found.values()}:
                    found[source.folder, label] = _Run(
                        label, home, part.name, about.seed, f"{kind} {about.configuration}"
                    )
    named = Named()
    groups = _groups(found)
    for keys in groups:
        first = found[keys[0]]
        alone = sum(found[other[0]].label == first.label for other in groups) == 1
        entrant = first.label if alone else f"{first.label} {_id(first.home)}"
        seeds = {found[key].seed for key in keys}
        for key in keys:
            run = found[key]
            words = [] if run.part == WHOLE else [run.part]
            if len(seeds) > 1 and not run.part.startswith("seed"):
                words.append(f"seed {run.seed}")
            differs = " ".join(words)
            name = entrant if len(keys) == 1 else f"{entrant} {differs}"
            named.runs[key] = name
            named.entrants.setdefault(entrant, []).append(name)
            named.differs[name] = differs
        missing = [part.name for part, _ in parts if part.name not in {found[key].part for key in keys}]
        if missing:
            raise DataError(
                f"{entrant} has no run on {missing[0]}, which others have: train it there, or leave out "
                f"what is on {missing[0]}"
            )
    return named


@dataclass(frozen=True)
class _Run:
    label: str
    home: str  # folder of the entrant's own run
    part: str
    seed: int
    configuration: str


def _groups(found: dict[Key, _Run]) -> list[list[Key]]:
    by_configuration: dict[tuple[str, str], list[Key]] = {}
    for key, run in found.items():
        by_configuration.setdefault((run.label, run.configuration), []).append(key)
    groups: list[list[Key]] = []
    for keys in by_configuration.values():
        different = {(found[key].part, found[key].seed) for key in keys}
        groups += [keys] if len(different) == len(keys) else [[key] for key in keys]
    order = {key: place for place, key in enumerate(found)}
    return sorted(groups, key=lambda keys: order[keys[0]])


def _same_rows(facts: dict[str, Any]) -> object:
    """What folds of the same rows have in common; None where nothing is known."""
    settings = facts.get("settings")
    if not isinstance(settings, dict):
        return None
    split = {name: value for name, value in settings["split"].items() if name not in ("fold", "window")}
    files = [file["sha256"] for file in facts["source"]]
    return settings["dataset"], split, settings["windows"], files


def _seed(source: Source) -> int:
    return source.about(next(iter(source.labels))).seed


def _id(folder: str) -> str:
    """The end of a run's folder name, which no other run has."""
    return Path(folder).name.rpartition("-")[2]

"""What bases know of users and items as vectors, on axes that outlast a fit."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recx import store
from recx.arrays import Float32, Float64
from recx.data import Histories, Pairs, UserBatch
from recx.fuse.surroundings import TINY, Column, Feature
from recx.models.base import Recommender

VECTORS = "vectors"
"""Group of these columns."""
WIDTH = 8
"""Numbers that are kept of a vector: its part along the main directions of the items."""
USER, ITEM = "user", "item"

Models = Mapping[str, Recommender[Any]]


@dataclass(frozen=True, eq=False)
class Axes:
    """A base's vectors of one fold, turned to the axes that all folds share."""

    turn: Float32  # (d, width) from the axes of the fit
    items: Float32  # (n_items, width)


@dataclass(frozen=True, eq=False)
class Described:
    """A block of users and all items, by one base."""

    label: str
    users: Float32  # (n, width)
    items: Float32  # (n_items, width)


@dataclass(frozen=True, eq=False)
class Space:
    """The axes of every base that has vectors, by label, for one fold."""

    axes: Mapping[str, Axes]

    def among(self, labels: Collection[str]) -> Space:
        """The axes of some of the bases."""
        return Space({label: axes for label, axes in self.axes.items() if label in labels})

    @property
    def fingerprint(self) -> str:
        """Of where the axes point."""
        found = hashlib.sha256()
        for label, axes in self.axes.items():
            found.update(label.encode())
            found.update(np.ascontiguousarray(axes.turn).data)
        return found.hexdigest()[:16]

    def describe(self, models: Models, batch: UserBatch) -> tuple[Described, ...]:
        """What the models of the fold know of a block of users."""
        found = []
        for label, axes in self.axes.items():
            vectors = models[label].vectors(batch)
            assert vectors is not None
            found.append(Described(label, _directions(vectors[0]) @ axes.turn, axes.items))
        return tuple(found)

    def write(self, path: Path) -> None:
        """As ``read`` reads it."""
        store.write_arrays(
            path,
            {
                f"{part}.{label}": getattr(axes, part)
                for label, axes in self.axes.items()
                for part in ("turn", "items")
            },
        )

    @staticmethod
    def read(path: Path, labels: Iterable[str]) -> Space:
        """The space of the bases called ``labels``, in their order."""
        arrays = store.read_arrays(path)
        return Space(
            {
                label: Axes(arrays[f"turn.{label}"], arrays[f"items.{label}"])
                for label in labels
                if f"turn.{label}" in arrays
            }
        )


NOWHERE = Space({})
"""Where no vectors are asked for."""


def columns(described: tuple[Described, ...], pairs: Pairs) -> Iterator[Column]:
    """The vectors of both sides of each pair, a number a column."""
    for each in described:
        for at in range(each.items.shape[1]):
            yield Feature(f"{each.label}.{USER}{at}", VECTORS), each.users[pairs.row, at]
            yield Feature(f"{each.label}.{ITEM}{at}", VECTORS), each.items[pairs.item, at]


def of_user(feature: Feature) -> bool:
    """Whether a column says the same of all pairs of a user."""
    if feature.group == VECTORS:
        return feature.name.rpartition(".")[2].startswith(USER)
    return feature.group == USER


def item_vectors(model: Recommender[Any]) -> Float32 | None:
    """Directions of all items: (n_items, d); None where the model has no vectors."""
    nobody = Histories(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    vectors = model.vectors(UserBatch(np.zeros(0, dtype=np.int32), nobody))
    return None if vectors is None else _directions(vectors[1])


def align(items: Mapping[str, Float32]) -> dict[str, Axes]:
    """Axes of one base that mean the same in every fold; ``items`` holds its ``item_vectors`` by fold.

    Two fits of a factor model may hold the same knowledge on other axes: turned, mirrored, in another order.
    The first fold's are its main directions (principal components without centring); the others are turned
    onto them by the rotation that brings the same items closest together (orthogonal Procrustes, Schoenemann
    1966). Vectors are taken by direction: their length is popularity, which is known already.
    """
    first = next(iter(items.values())).astype(np.float64)
    main = np.linalg.svd(first.T @ first)[0][:, :WIDTH]
    wanted = first @ main
    found: dict[str, Axes] = {}
    for fold, vectors in items.items():
        turn = main
        if found:
            left, _, right = np.linalg.svd(vectors.astype(np.float64).T @ wanted, full_matrices=False)
            turn = left @ right
        found[fold] = Axes(turn.astype(np.float32), _placed(vectors, turn))
    return found


def _placed(vectors: Float32, turn: Float64) -> Float32:
    return np.ascontiguousarray(vectors @ turn.astype(np.float32))


def _directions(vectors: Float32) -> Float32:
    """Rows of length 1; of nothing, 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, TINY), dtype=np.float32)

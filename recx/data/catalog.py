"""What is known about items and users besides the log."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recx.arrays import Int64

Column = npt.NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Catalog:
    """Columns by name, all optional: float32 for numbers, str objects for categories and texts ("" where
    missing).
    """

    items: Mapping[str, Column] = field(default_factory=dict)  # name -> (n_items,)
    users: Mapping[str, Column] = field(default_factory=dict)  # name -> (n_users,)
    available_from: Int64 | None = None  # (n_items,) unix seconds from which an item can be recommended
    item_ids: Sequence[str] = ()  # (n_items,) names outside, for files that speak of items by name

    @cached_property
    def fingerprint(self) -> str:
        """Of what is known about items and users: 16 hex digits."""
        digest = hashlib.sha256()
        for name, column in (*self.items.items(), *self.users.items()):
            words = column.dtype.kind not in "fiub"
            content = (
                json.dumps(column.tolist()).encode() if words else np.ascontiguousarray(column).tobytes()
            )
            digest.update(f"{name} {len(content)} ".encode() + content)
        return digest.hexdigest()[:16]

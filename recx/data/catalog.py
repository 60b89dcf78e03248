"""What is known about items and users besides the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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

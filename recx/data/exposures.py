"""What was shown to whom, with what chance, and what came of it: the log of a policy that drew lots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool, Float32, Int32


@dataclass(frozen=True, eq=False)
class Exposures:
    """Parallel arrays, an event each; what nobody took is among them, with a value of 0 or less.

    Models learn from Interactions, which hold what was taken. These are there to say what another policy
    would have earned.
    """

    people: Int32  # (n,) whose event it is, numbered from 0: also those who are no users of the data set
    users: Int32  # (n,) in the data set's id space, -1 for others
    items: Int32  # (n,) in the data set's id space, -1 for others
    values: Float32  # (n,) reward: rating, or weight of the event
    propensities: Float32  # (n,) chance with which the item was shown, in (0, 1]
    test: Bool  # (n,) in the test period
    columns: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    """Further columns by name: (n,) each."""

    def __len__(self) -> int:
        return len(self.users)

"""What nothing else beats in everything at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recx.arrays import Bool


def front(points: npt.ArrayLike) -> Bool:
    """The non-dominated of ``points`` (n, objectives), all of them the larger the better: (n,).

    A point is dominated where another is at least as good in every objective and better in one; equal points
    do not dominate each other.
    """
    each = np.asarray(points, dtype=np.float64)
    found = np.ones(len(each), dtype=np.bool_)
    for at, point in enumerate(each):  # a few hundred points, a row of comparisons each
        found[at] = not ((each >= point).all(axis=1) & (each > point).any(axis=1)).any()
    return found

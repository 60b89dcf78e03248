"""Many comparisons at once: p-values of a family, adjusted so that 5 % still means 5 %."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979): bounds the chance of any false claim in the family."""
    order = np.argsort(p, kind="stable")
    m = len(order)
    scaled = np.asarray(p, dtype=np.float64)[order] * (m - np.arange(m))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Step-up adjustment of Benjamini and Hochberg (1995): bounds the share of false claims among all claims.

    For independent or positively dependent comparisons, as metrics of the same lists are.
    """
    order = np.argsort(p, kind="stable")[::-1]
    m = len(order)
    scaled = np.asarray(p, dtype=np.float64)[order] * m / np.arange(m, 0, -1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return [float(value) for value in adjusted]

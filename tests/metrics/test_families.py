from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from recx.metrics.families import benjamini_hochberg, holm


def test_holm_multiplies_the_smallest_by_their_number() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([]) == []


def test_benjamini_and_hochberg_go_up_from_the_largest() -> None:
    # step-up: .045 is below .05 and takes all the smaller ones along; a step-down would reject none
    adjusted = benjamini_hochberg([0.020, 0.021, 0.030, 0.045])
    assert adjusted == pytest.approx([0.04, 0.04, 0.04, 0.045])
    assert all(p < 0.05 for p in adjusted)
    assert not any(p < 0.05 for p in holm([0.020, 0.021, 0.030, 0.045]))
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_and_hochberg_agree_with_scipy_and_never_exceed_holm(p: list[float]) -> None:
    adjusted = benjamini_hochberg(p)
    assert adjusted == pytest.approx(list(false_discovery_control(p)))
    assert np.all(np.array(adjusted) <= np.array(holm(p)) + 1e-12)

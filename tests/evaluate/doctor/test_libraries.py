"""What other libraries make of the toy case, counted by hand, k = 5.

A: 8 relevant, hits at ranks 1 and 3, five returned. B: 1 relevant, three returned, hit at rank 2.
C: 2 relevant, nothing returned.
"""

from __future__ import annotations

import math
from math import log2

import numpy as np
import pytest

from recx.evaluate.doctor import LIBRARIES, load_library
from recx.evaluate.doctor.library import METRICS, View
from recx.metrics.lists import Lists
from tests.metrics.test_toy_case import RANKINGS, TARGETS

N_ITEMS = 40
KNOWN = np.arange(N_ITEMS) < 22
VIEW = View(Lists.judge(RANKINGS, TARGETS), N_ITEMS, KNOWN, 1.0)
FIVE = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5) + 1 / log2(6)
CLIPPED = 1 + 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
A, B = 1 + 1 / log2(4), 1 / log2(3)  # discounted gains
COUNTED = {
    ("RecBole", "ndcg"): (A / FIVE + B) / 3,
    ("RecBole", "map"): (1 / 5 * (1 + 2 / 3) + 1 / 2) / 3,
    # 0 20 1 21 22 and 30 once each, over forty items and the padding
    ("RecBole", "coverage"): 6 / 41,
    ("LensKit", "precision"): (2 / 5 + 1 / 3 + 0) / 3,
    ("LensKit", "recall"): (2 / 5 + 1 + 0) / 3,
    ("LensKit", "map"): (1 / 5 * (1 + 2 / 3) + 1 / 2) / 3,
    ("LensKit", "ndcg"): ((1 + 1 / log2(3)) / CLIPPED + 1 / 1) / 3,
    ("RecTools", "ndcg"): (A / FIVE + B / FIVE) / 3,
    ("RecTools", "map"): (1 / 8 * (1 + 2 / 3) + 1 / 2) / 3,
    ("RecTools", "f1"): (4 / 13 + 1 / 3) / 3,
    ("RecTools", "coverage"): 6 / 40,
    ("RePlay", "precision"): (2 / 5 + 1 / 5) / 3,
    # of the items shown, 0 20 1 and 21 are among the 22 that were learnt from
    ("RePlay", "coverage"): 4 / 22,
    ("Elliot", "precision"): (2 / 5 + 1 / 5) / 2,
    ("Elliot", "recall"): (2 / 8 + 1) / 2,
    ("Elliot", "map"): (
        (1 + 1 / 2 + 2 / 3 + 2 / 4 + 2 / 5) / 5 + (0 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5
    ) / 2,
    ("Elliot", "ndcg"): (A / FIVE + B) / 2,
    ("ranx", "map"): (1 / 8 * (1 + 2 / 3) + 1 / 2) / 3,
    ("ranx", "ndcg"): (A / FIVE + B) / 3,
    ("implicit", "precision"): (2 + 1 + 0) / (5 + 1 + 2),
    ("implicit", "map"): (1 / 5 * (1 + 2 / 3) + 1 / 2) / 3,
    ("DaisyRec", "ndcg"): (A / (1 + 1 / log2(3)) + B / 1) / 3,
    ("DaisyRec", "map"): ((1 + 2 / 3) / 2 + 1 / 2) / 3,
    ("DaisyRec", "mrr"): (1 + 1 / 2) / 3,
}  # fmt: skip


@pytest.mark.parametrize(("library", "metric"), COUNTED)
def test_a_definition_is_what_was_counted_by_hand(library: str, metric: str) -> None:
    found = load_library(library).definitions[metric].value(VIEW, 5)
    assert found == pytest.approx(COUNTED[library, metric], abs=1e-15)


def test_a_user_without_a_hit_makes_the_f1_of_daisyrec_not_a_number() -> None:
    assert math.isnan(load_library("DaisyRec").definitions["f1"].value(VIEW, 5))


def test_gains_of_elliot_are_counted_from_the_threshold() -> None:
    rated = TARGETS.graded(np.array([5, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5], np.float32))
    view = View(Lists.judge(RANKINGS, rated), N_ITEMS, KNOWN, 4.0)
    # a rating of 4 gains 1, one of 5 gains 3: user A finds the 5 first and a 4 third
    best = 3 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5) + 1 / log2(6)
    counted = ((3 + 1 / log2(4)) / best + 1 / log2(3)) / 2
    assert load_library("Elliot").definitions["ndcg"].value(view, 5) == pytest.approx(counted)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_says_where_it_was_read_and_knows_metrics_of_recx_only(name: str) -> None:
    library = load_library(name)
    assert library.version
    assert library.read
    assert set(library.definitions) <= set(METRICS)

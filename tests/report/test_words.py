"""How numbers are written."""

import math

import pytest

from recx.evaluate.result import Estimate
from recx.report import words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.44519, "0.4452"),
        (-0.00213, "−0.0021"),
        (-0.00001, "0.0000"),
        (12.345, "12.35"),
        (12345.6, "12,346"),
        (math.nan, "–"),
        (-math.inf, "–"),
        (None, "–"),
    ],
)
def test_a_number_keeps_the_digits_that_matter(value: float | None, shown: str) -> None:
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0213, "+2.1%"),
        (-0.0213, "−2.1%"),
        (0.0, "0.0%"),
        (-0.0001, "0.0%"),
        (12.0, "+1,200%"),
        (math.nan, "–"),
    ],
)
def test_a_change_carries_its_sign(share: float, shown: str) -> None:
    assert words.percent(share, sign=True) == shown


def test_an_interval_with_an_unknown_end_is_a_dash() -> None:
    assert words.interval(Estimate(0.5, 0.4, 0.6, 0.05, 9)) == "0.4000 to 0.6000"
    assert words.interval(Estimate(0.5, math.nan, 0.6, 0.05, 1)) == "–"
    assert words.percent_interval(Estimate(0.5, -math.inf, 0.6, 0.05, 1)) == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0423, "0.04 s"), (12.34, "12.3 s"), (250.2, "4 min 10 s"), (4320.0, "1 h 12 min"), (None, "–")],
)
def test_time_is_said_in_the_unit_that_fits(value: float | None, shown: str) -> None:
    assert words.seconds(value) == shown


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0341, ".034"), (0.0000002, "< .001"), (1.0, "1"), (math.nan, "–")]
)
def test_a_p_value_is_never_zero(p: float, shown: str) -> None:
    assert words.p_value(p) == shown


def test_any_fact_fits_on_a_line() -> None:
    fact = {"cut": None, "share": math.nan, "sizes": [64, 64], "ok": True, "rows": 1_147_117, "low": -0.5}
    assert words.plain(fact) == "cut=–, share=–, sizes=64, 64, ok=yes, rows=1147117, low=−0.5"


def test_every_metric_of_the_main_table_is_explained() -> None:
    from recx.metrics import METRICS

    for metric in METRICS:
        assert words.meaning(f"{metric}@10"), metric
    assert words.meaning("mse", "interest") != words.meaning("mse", "ratings")

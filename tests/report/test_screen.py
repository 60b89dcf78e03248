"""The report on a terminal: narrow, piped, coloured."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from recx.evaluate.result import Report
from recx.report import terminal
from tests.report.example import bare, example, hostile, ratings, sentences, spoilt

EVERY = {"example": example, "bare": bare, "ratings": ratings, "hostile": hostile}


def printed(report: Report, width: int = 80, colours: bool = False) -> str:
    file = io.StringIO()
    system = "standard" if colours else None
    terminal(report, Console(file=file, width=width, force_terminal=colours, color_system=system))
    return file.getvalue()


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    assert max(cell_len(line) for line in printed(EVERY[name](), width).splitlines()) <= width


def test_every_entrant_is_on_one_line_of_eighty_columns() -> None:
    lines = printed(example()).splitlines()
    for task in example().tasks:
        for entrant in task.entrants:
            value = f"{entrant.metrics['ndcg@10'].value:.4f}".removeprefix("0")
            row = [line for line in lines if f" {entrant.label} " in line and value in line]
            assert len(row) >= 1, entrant.label


def test_the_verdict_and_where_the_data_comes_from_are_said() -> None:
    text = " ".join(printed(example()).split())
    for task in example().tasks:
        assert all(sentence in text for sentence in task.verdict)
    assert text.count("simulated data") == 2


def test_a_wide_terminal_shows_more_metrics_and_a_narrow_one_fewer() -> None:
    narrow, usual, wide = (printed(example(), width) for width in (60, 80, 200))
    assert "Prec" in narrow
    assert "Cov" not in narrow
    assert "Cov" in usual
    assert "MRR" not in usual
    assert "MRR" in wide


def test_what_is_piped_has_no_colour_codes() -> None:
    assert "\x1b" not in printed(example())
    assert "\x1b" in printed(example(), colours=True)


def test_a_difference_whose_interval_holds_zero_is_marked() -> None:
    assert "~+2.9%" in printed(example())
    assert re.search(r" \+2\.7%", printed(example()))


@pytest.mark.parametrize("name", EVERY)
def test_numbers_that_are_none_are_dashes(name: str) -> None:
    text = printed(sentences(spoilt(EVERY[name]())))
    assert not re.search(r"\b(nan|inf|none|null)\b", text, re.IGNORECASE)


def test_a_report_without_any_task_prints_nothing() -> None:
    assert printed(Report("shop", [], {}, [], {})) == ""


def test_cold_items_are_told_in_a_sentence_where_somebody_was_measured_on_them() -> None:
    text = " ".join(printed(example()).split())
    assert "Cold items, 412 users: Recall@10 of stack" in text
    assert "Cold items" not in printed(bare())


def test_where_the_leader_is_ahead_and_where_behind_is_a_sentence() -> None:
    text = " ".join(printed(example()).split())
    assert "of 3 parts of users and items and behind in 1 (up to 12 events), p below .05 after Holm" in text

"""The report as markdown: tables that parse, text that stays text."""

import re

import pytest

from recx.evaluate.result import Report
from recx.report.markdown import markdown
from recx.report.words import number
from tests.report.example import bare, example, hostile, ratings, sentences, spoilt

EVERY = {"example": example, "bare": bare, "ratings": ratings, "hostile": hostile}


def tables(text: str) -> list[list[list[str]]]:
    blocks = re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE)
    return [[re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()] for block in blocks]


@pytest.mark.parametrize("name", EVERY)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(name: str) -> None:
    found = tables(markdown(EVERY[name]()))
    assert found
    for table in found:
        assert {len(row) for row in table} == {len(table[0])}
        assert all(set(cell.strip()) <= {"-", ":"} for cell in table[1])
        assert len(table) > 2


def test_every_entrant_and_the_headline_cut_off_are_there() -> None:
    report = example()
    text = markdown(report)
    for task in report.tasks:
        for entrant in task.entrants:
            assert f"`{entrant.label}`" in text
            assert number(entrant.metrics["ndcg@10"].value) in text
            assert number(entrant.metrics["coverage@10"].value) in text


def test_it_is_short_enough_for_a_comment() -> None:
    assert len(markdown(example())) < 20_000  # a comment on a pull request may hold 65,536


def test_tags_in_names_are_shown_and_not_obeyed() -> None:
    text = markdown(hostile())
    outside_code = re.sub(r"(`+).*?\1", "", text)
    assert "<script" not in outside_code
    assert not re.search(r"^# h", text, re.MULTILINE)
    # a summary is html, in which markdown means nothing
    assert "[l](u)" not in re.sub("<summary>.*?</summary>", "", outside_code)


def test_simulated_data_is_called_so_at_every_heading() -> None:
    heads = [line for line in markdown(example()).splitlines() if line.startswith("#")]
    assert len(heads) == 3
    assert all(line.endswith("(simulated data)") for line in heads)


@pytest.mark.parametrize("name", EVERY)
def test_numbers_that_are_none_are_dashes(name: str) -> None:
    text = markdown(sentences(spoilt(EVERY[name]())))
    assert not re.search(r"\b(nan|inf|none|null)\b", text, re.IGNORECASE)


def test_a_report_without_any_task_is_a_heading() -> None:
    assert markdown(Report("shop", [], {}, [], {})) == "# recx: shop\n"


def test_slices_are_a_folded_table_of_the_two_that_lead() -> None:
    text = markdown(example())
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
    assert "ahead of" in text
    assert rows["cold items"].count("|") == 8
    assert ".003" in rows["cold items"]
    assert "too small" in rows["middle"]
    assert "too small" not in rows["head"]

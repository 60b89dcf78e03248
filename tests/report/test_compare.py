"""A comparison on the page and on the terminal."""

import io
from xml.etree import ElementTree

import pytest
from rich.console import Console

from recx.report.compare_page import page
from recx.report.compare_screen import terminal
from tests.report.example import NASTY, compared, example, hostile

EVERY = {"example": lambda: compared(example()), "hostile": lambda: compared(hostile(), NASTY, NASTY)}


@pytest.mark.parametrize("name", EVERY)
def test_the_page_is_well_formed_small_and_needs_no_script(name: str) -> None:
    html = page(EVERY[name]())
    root = ElementTree.fromstring(html.partition("\n")[2])
    assert not list(root.iter("script"))
    assert not [each for each in root.iter() if each.get("src") or str(each.get("href", "#"))[0] != "#"]
    assert len(html.encode()) < 1_000_000
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_page_and_terminal_say_the_same() -> None:
    found = compared(example())
    text = " ".join(ElementTree.fromstring(page(found).partition("\n")[2]).itertext())
    told = io.StringIO()
    terminal(found, Console(file=told, force_terminal=False))
    for words in ("stack beats personal", "700", "500", "831", "0.2100", "0.3400", "+37", "i1 · i1"):
        assert words in text, words
        assert words in told.getvalue(), words
    assert "i1, i1, i1, i1 and 2 more" in text
    assert max(map(len, told.getvalue().splitlines())) <= 200

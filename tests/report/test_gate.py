from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from recx.report.gate import lines, markdown, saving, sentence
from recx.report.junit import junit
from recx.report.markdown import flat
from recx.report.page import page
from tests.report.example import NASTY, example, gate


def test_a_log_has_a_line_for_each_failure_and_what_to_do_next() -> None:
    command = ["recx", "evaluate", "run=results/train/als-1", "baseline=tests/gate.parquet", "gate=default"]
    told = lines(gate(), command)
    assert told[0] == (
        "Gate regression: worse than the baseline by more than the margin "
        "(22 checks: 2 failed, 2 unsure, 18 passed; exit code 3)."
    )
    assert told[1] == (
        "FAIL   stack ndcg@10, cold items: 0.1700 against 0.2000, −15.0% (95% interval −17.0% to −13.0%), "
        "margin 5.0%, 312 users"
    )
    assert [line[:6] for line in told[1:-1]] == ["FAIL  ", "FAIL  ", "unsure", "unsure"]
    assert told[3] == (
        "unsure stack ndcg@10, tail: 0.1910 against 0.2000, −4.5% (95% interval −6.5% to −2.5%), margin "
        "5.0%, 640 users; about 5,200 users would decide it if the difference is as it looks"
    )
    assert told[-1] == (
        "Next: find what changed since the baseline was made (2026-01-02). Look at cold items first. If the "
        "loss is meant, make a new baseline: recx evaluate run=results/train/als-1 gate=default "
        "--save-baseline tests/gate.parquet"
    )


def test_a_log_stays_short_and_a_pass_is_one_line() -> None:
    found = gate()
    many = replace(found, checks=[each for _ in range(30) for each in found.checks])
    told = lines(many)
    assert len(told) < 30
    assert "FAIL   … and 40 more, in report.md" in told
    assert len(lines(replace(found, verdict="pass", checks=found.checks[:1]))) == 1


def test_an_uncertain_run_is_told_what_would_help() -> None:
    found = gate()
    (last,) = lines(replace(found, verdict="inconclusive", checks=found.checks[:1]))[1:]
    assert last.startswith("Next: evaluate on more users")


def test_words_of_a_command_stay_one_word() -> None:
    assert saving(["recx", "evaluate", "runs=[a b]", "baseline=x"]) == "recx evaluate 'runs=[a b]'"


def test_a_comment_fits_however_much_was_checked() -> None:
    found = gate(parts=500)
    text = markdown(found)
    assert len(text) < 30_000
    assert "and 942 more, in report.json" in text
    # failures are in sight, passes are folded
    assert text.index("cold items") < text.index("<details>") < text.index("category 0")


def test_nasty_names_stay_names() -> None:
    found = gate(NASTY)
    text = markdown(found)
    assert "<script>" not in text.replace("`", "")[: text.index("|")]
    assert "\n# h" not in text
    suite = ElementTree.fromstring(junit(found).encode())
    assert len(suite.findall(".//testcase")) == len(found.checks)
    assert sentence(found.checks[0]).startswith(flat(NASTY))
    assert all(line.isprintable() for line in lines(found, ["recx", NASTY]))


def test_the_page_begins_with_the_gate() -> None:
    shown = page(replace(example(), gate=gate()))
    assert 0 < shown.index("Gate regression") < shown.index('id="verdict"')
    assert "16 parts that passed" in shown
    assert "Gate" not in page(example())

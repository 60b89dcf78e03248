from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from recx.evaluate.result import Estimate, OfflineResult, Preference, Valued
from recx.report.markdown import markdown
from recx.report.offline import preferred, terminal
from recx.report.page import page
from tests.report.example import NASTY, estimate, example

WON = Preference("ease", "popular", 10, 10, 312, 120, 568, Estimate(0.19, 0.15, 0.23, 0.02, 1000), 1e-9, 1e-6)
REPLAY = OfflineResult(
    "replay",
    {"k": 10},
    ["an event counts where its item is shown"],
    None,
    [
        Valued("the log", "", 900, 900, {"replay": estimate(0.2, 0.01)}),
        Valued("ease", "results/train/ease-1", 900, 120, {"replay": estimate(0.3, 0.02)}),
    ],
)


def test_who_is_preferred_is_told_in_words() -> None:
    first, second = preferred(WON)
    assert first == (
        "Users prefer ease to popular (margin of ease over popular: +19.0% of drafts, 95% interval +15.0% to "
        "+23.0%, p < .001)."
    )
    assert second.startswith(
        "Of 1,000 users 312 take more of ease's items, 120 more of popular's, 568 as many"
    )
    lost = replace(WON, margin=Estimate(-0.19, -0.23, -0.15, 0.02, 1000))
    assert preferred(lost)[0].startswith("Users prefer popular to ease (margin of ease over popular: −19.0%")
    open_ = replace(WON, margin=Estimate(0.01, -0.01, 0.03, 0.02, 1000), p_t=0.4)
    assert preferred(open_)[0].startswith("Users cannot be said to prefer ease or popular (margin")


def test_terminal_markdown_and_page_show_the_same() -> None:
    report = replace(example(), offline=REPLAY)
    out = Console(file=io.StringIO(), width=80)
    terminal(REPLAY, out)
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    for text in (shown, markdown(report), page(report)):
        assert "Offline A/B: replay of the test log, k = 10" in text
        assert "0.3000" in text
        assert "an event counts" in text.lower()
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "simulated data" in markdown(report).partition("## Offline")[2].splitlines()[0]


def test_values_by_propensity_stand_beside_what_they_rest_on() -> None:
    logged = REPLAY.valued[0]
    by = {name: estimate(0.3, 0.02) for name in ("ips", "snips", "dr")}
    valued = [replace(logged, values=by), Valued("ease", "x", 900, 120, by, 104.2, 98.1, estimate(0.62, 0.1))]
    pair = replace(example().tasks[0].comparisons[0], metric="snips", a="ease", b="the log")
    result = OfflineResult("ips", {"policy": "top", "k": 10}, ["told"], None, valued, [pair])
    out = Console(file=io.StringIO(), width=80)
    terminal(result, out)
    shown = [line.split() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert shown[0][2:] == ["value", "by", "the", "log's", "propensities"]
    assert ["ease", "120", "104", "98", "0.62", "0.42", "to", "0.82"] in shown
    assert ["ease", "DR", "0.3000", "0.2608", "to", "0.3392"] in shown
    assert sum(line[:2] == ["the", "log"] for line in shown) == 1  # its worth is the same by each
    assert any(line[:5] == ["ease", "−", "the", "log", "SNIPS"] for line in shown)


def test_labels_stay_text() -> None:
    nasty = replace(WON, a=NASTY)
    report = replace(example(), offline=OfflineResult("interleave", {"k": 10}, [NASTY], nasty))
    assert NASTY not in page(report)
    assert NASTY not in markdown(report)

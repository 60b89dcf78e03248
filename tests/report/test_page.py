"""The html page: whole, safe, self-contained and readable in both colour schemes."""

import re
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from recx.evaluate.result import Report
from recx.report.page import page
from recx.report.words import number
from tests.report.example import NASTY, bare, example, hostile, ratings, sentences, spoilt

EVERY = {"example": example, "bare": bare, "ratings": ratings, "hostile": hostile}


@pytest.fixture(scope="module")
def whole() -> str:
    return page(example())


def parsed(html: str) -> Element:
    head, _, rest = html.partition("\n")
    assert head == "<!DOCTYPE html>"
    return ElementTree.fromstring(rest)


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def body_of(html: str) -> str:
    body = parsed(html).find("body")
    assert body is not None
    return text_of(body)


def plot_of(report: Report, name: str) -> Element:
    plots = parsed(page(report)).iter("svg")
    return next(each for each in plots if each.get("aria-labelledby") == f"{name}-t {name}-d")


@pytest.mark.parametrize("name", EVERY)
def test_the_page_is_well_formed_and_its_ids_are_unique(name: str) -> None:
    root = parsed(page(EVERY[name]()))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    links = {link.get("href", "").removeprefix("#") for link in root.iter("a")}
    labels = {label.get("for", "") for label in root.iter("label")}
    assert links | labels <= set(ids)


def test_every_entrant_and_every_number_at_every_cut_off_is_on_the_page(whole: str) -> None:
    report, text = example(), body_of(whole)
    for task in report.tasks:
        for entrant in task.entrants:
            assert entrant.label in text
            for metric, estimate in entrant.metrics.items():
                for value in (estimate.value, estimate.low, estimate.high):
                    assert number(value) in text, (entrant.label, metric)


def test_what_evaluate_says_is_said(whole: str) -> None:
    text = body_of(whole)
    for task in example().tasks:
        assert all(sentence in text for sentence in [*task.verdict, task.protocol["hash"]])


def test_every_plot_has_a_title_and_a_description_for_those_who_do_not_see_it(whole: str) -> None:
    plots = [svg for svg in parsed(whole).iter("svg") if svg.get("role") == "img"]
    assert len(plots) > 20
    for plot in plots:
        told = {child.get("id"): child.text for child in plot if child.tag in ("title", "desc")}
        assert set(plot.get("aria-labelledby", "").split()) == set(told)
        assert all(told.values())


@pytest.mark.parametrize("name", EVERY)
def test_the_page_needs_no_network_and_no_script(name: str) -> None:
    root = parsed(page(EVERY[name]()))
    tags = {element.tag for element in root.iter()}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    for element in root.iter():
        assert not [key for key in element.attrib if key == "src" or key.startswith("on")]
        assert element.get("href", "#").startswith("#")
        assert "url(" not in element.get("style", "")
    style = text_of(next(root.iter("style")))
    assert not re.search(r"url\(|@import|https?:", style)


def test_an_ordinary_page_names_no_address_at_all(whole: str) -> None:
    assert not re.search(r"https?:|src=", whole)


def test_the_page_stays_below_a_megabyte_even_with_thirty_entrants(whole: str) -> None:
    report = example()
    tasks = [
        replace(
            task,
            entrants=[replace(each, label=f"{each.label}{n}") for n in (1, 2, 3) for each in task.entrants][
                :30
            ],
            comparisons=[replace(each, a=f"{each.a}1", b=f"{each.b}1") for each in task.comparisons],
        )
        for task in report.tasks
    ]
    assert len(whole.encode()) < 600_000
    assert len(page(replace(report, tasks=tasks)).encode()) < 1_000_000


def test_user_text_is_text_and_never_markup() -> None:
    html = page(hostile())
    shown = NASTY.replace("\x07", "\N{REPLACEMENT CHARACTER}")
    assert "<script" not in html
    assert "\x07" not in html
    assert html.count("</style>") == 1
    assert " ".join(shown.split()) in body_of(html)


def test_every_colour_is_defined_for_light_for_dark_and_for_paper(whole: str) -> None:
    style = text_of(next(parsed(whole).iter("style")))
    used = set(re.findall(r"var\((--[\w-]+)\)", style)) - {"--v"}
    blocks = re.findall(r":root \{([^}]*)\}", style)
    assert len(blocks) == 3
    for block in blocks:
        assert used == set(re.findall(r"(--[\w-]+):", block))
    assert "@media (prefers-color-scheme: dark) { :root {" in style
    assert "@media print { :root {" in style


def test_plots_carry_no_colour_of_their_own(whole: str) -> None:
    for svg in parsed(whole).iter("svg"):
        for element in svg.iter():
            assert not {"fill", "stroke", "color", "style"} & set(element.keys())


def test_simulated_data_is_called_so_beside_every_headline_and_table(whole: str) -> None:
    root = parsed(whole)
    assert "simulated data" in text_of(next(root.iter("h1")))
    for section in [*root.iter("section")]:
        if section.get("id") != "run":
            for part in [*section.iter("h2"), *section.iter("h3")]:
                assert text_of(part).endswith("simulated data"), text_of(part)
    for card in root.iter("article"):
        assert "simulated data" in text_of(card)
    tables = [table for table in root.iter("table") if table.get("class") in ("heat", "wide")]
    captions = [text_of(caption) for table in tables for caption in table.iter("caption")]
    assert len(captions) > 15
    assert all(caption.endswith("simulated data") for caption in captions)


def test_synthetic_data_is_called_so_without_a_note() -> None:
    report = replace(bare(), dataset_facts={"settings": {"dataset": {"source": "synthetic"}}})
    assert "synthetic data" in body_of(page(report))
    assert "synthetic" not in body_of(page(bare()))


def test_one_cut_off_is_chosen_and_each_has_its_pane(whole: str) -> None:
    switches = [each for each in parsed(whole).iter("div") if each.get("class") == "switch"]
    assert len(switches) == 4
    for switch in switches:
        buttons = [each for each in switch if each.tag == "input"]
        names = [text_of(each) for each in switch if each.tag == "label"]
        panes = [each for each in switch.iter("div") if each.get("class") == "pane"]
        assert names == ["k = 5", "k = 10", "k = 20"]
        assert [each.get("checked") for each in buttons] == [None, "checked", None]
        assert ["at k = 5" in text_of(panes[0]), "at k = 20" in text_of(panes[2])] == [True, True]


def test_the_verdict_comes_first_and_says_whether_fusing_pays(whole: str) -> None:
    text = body_of(whole)
    assert text.index("Fusing pays") < text.index("Not proven") < text.index("Who is best")
    assert "stack does 2.7% better than personal, the best single model" in text


def test_a_lower_error_is_a_gain() -> None:
    text = body_of(page(ratings()))
    assert "How will users rate?" in text
    assert "stack does 2.4% better than svd" in text
    assert "Fusing pays" in text


def test_a_difference_that_the_data_cannot_tell_is_not_called_a_gain() -> None:
    report = example()
    new = replace(report, tasks=report.tasks[1:])
    assert "Fusing pays" not in body_of(page(new))


@pytest.mark.parametrize("name", EVERY)
def test_numbers_that_are_none_are_dashes(name: str) -> None:
    text = body_of(page(sentences(spoilt(EVERY[name]()))))
    assert not re.search(r"\b(nan|inf|none|null)\b", text, re.IGNORECASE)


def test_a_report_without_any_task_is_still_a_page() -> None:
    assert "holds no task" in body_of(page(Report("shop", [], {}, [], {})))


def test_what_is_not_there_leaves_no_empty_heading() -> None:
    text = body_of(page(bare()))
    for heading in ("Differences to", "listens to", "Popular and rare", "How they learnt", "simulated"):
        assert heading not in text
    assert "0.2600" in text


def test_the_better_stands_higher_whatever_the_metric() -> None:
    for report, better, worse in ((example(), "stack", "popular"), (ratings(), "stack", "user_knn")):
        plot = plot_of(report, "task1-fit")
        heights = {
            (group.findtext("title") or "").partition(":")[0]: float(circle.get("cy", "nan"))
            for group in plot.iter("g")
            for circle in group.findall("circle")
        }
        assert heights[better] < heights[worse]


def test_bars_are_as_long_as_their_numbers() -> None:
    plot = plot_of(example(), "task1-bars")
    widths = {
        (group.findtext("title") or "").partition(" ")[0]: float((bar.get("width") or "").removesuffix("%"))
        for group in plot.iter("g")
        for bar in group.findall("rect")
    }
    assert widths["ease"] / widths["stack"] == pytest.approx(0.271 / 0.4571, rel=1e-3)


def test_an_interval_lies_around_its_dot() -> None:
    plot = plot_of(example(), "task1-forest")
    rows = [group for group in plot.iter("g") if group.find("circle") is not None]
    assert len(rows) == 12
    for row in rows:
        (dot,), line = row.findall("circle"), next(row.iter("line"))
        low, middle, high = (
            float(str(value).removesuffix("%")) for value in (line.get("x1"), dot.get("cx"), line.get("x2"))
        )
        assert 0 <= low < middle < high <= 100


def test_slices_have_their_numbers_and_what_is_too_small_says_so(whole: str) -> None:
    text = body_of(whole)
    task = example().tasks[0]
    for metrics in task.slices[0].entrants.values():
        for name in ("ndcg@10", "recall@10", "hit@10"):
            assert number(metrics[name].value) in text
            assert number(metrics[name].low) in text
    assert "the bestsellers; nobody to be asked" in text
    assert "the middle; too small: 29 users with 31 to be found, fewer than 30 users" in text
    assert "Parts of users and items" not in body_of(page(bare()))


def test_the_two_that_lead_are_compared_part_by_part(whole: str) -> None:
    text = body_of(whole)
    first, second = (each.label for each in example().tasks[0].entrants[:2])
    assert f"By popularity: NDCG@10 of {first} and {second}." in text
    assert f"By activity: NDCG@10 of {first} and {second}." in text
    told = "in 1 (cold items) of 3 parts of users and items and behind in 1 (up to 12 events)"
    assert f"{first} is ahead of {second} {told}, p below .05 after Holm; 1 too small to say." in text


def test_the_sets_that_a_budget_chose_among_are_shown_with_what_they_cost(whole: str) -> None:
    assert "7 sets of bases were tried: als reaches .2." in body_of(whole)
    rows = [[text_of(cell) for cell in row] for row in parsed(whole).iter("tr")]
    assert ["als (fused)", "12.0 s", "0.30 ms", "0.2000"] in rows
    assert ["als and ease", "40.5 s", "–", "0.2100"] in rows


def test_a_front_joins_what_nothing_beats_and_marks_what_is_chosen() -> None:
    plot = plot_of(example(), "task1-tradeoff0")
    (line,) = list(plot.iter("polyline"))
    places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
    dots = [(dot.get("class"), float((dot.get("cx") or "").rstrip("%"))) for dot in plot.iter("circle")]
    assert len(places) == 2 and places[0][1] < places[1][1]
    assert [kind for kind, _ in dots] == ["mark fusion", "mark base", "mark fusion"]
    assert places[1][0] / 10 == pytest.approx(dots[2][1], abs=0.1)

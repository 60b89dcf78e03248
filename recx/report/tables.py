"""Tables of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recx.evaluate.result import Comparison, Entrant, Estimate, SliceResult
from recx.report import parts
from recx.report.chapter import Chapter, Role, footnote, headed, higher_is_better, sign_of
from recx.report.markup import Child, Markup, tag
from recx.report.plots.bars import WORDS
from recx.report.words import (
    MISSING,
    count,
    finite,
    interval,
    megabytes,
    milliseconds,
    number,
    p_value,
    percent,
    percent_interval,
    plain,
    seconds,
    title,
)

FLAGS: Mapping[Role, str] = {"fusion": "fused", "best": "best base", "base": "", "blend": "blend"}


def metric_table(chapter: Chapter, metrics: Sequence[str], caption: Child) -> Markup:
    """A row an entrant, a column a metric; the best of each column is bold."""
    rows = []
    for entrant in chapter.entrants:
        cells = []
        for metric in metrics:
            estimate, value = entrant.metrics.get(metric), chapter.value(entrant, metric)
            known = None if value is None else estimate
            cells.append(_estimate(entrant, metric, known, value == chapter.best(metric)))
        rows.append(tag("tr", _name(chapter, entrant), cells, class_=chapter.role(entrant)))
    return table("wide", caption, ["", *map(headed, metrics)], rows)


def slice_table(chapter: Chapter, part: SliceResult, caption: Child) -> Markup:
    """A row an entrant, a column a metric of the slice; the best of each column is bold."""
    metrics = parts.metrics_of(chapter, part)
    found = parts.numbers(chapter, part, metrics)
    best = [_best(metric, [each[at] for _, each in found]) for at, metric in enumerate(metrics)]
    rows = []
    for entrant, estimates in found:
        cells = [
            _estimate(entrant, metric, estimate, estimate is not None and 0 < estimate.value == most)
            for metric, estimate, most in zip(metrics, estimates, best, strict=True)
        ]
        rows.append(tag("tr", _name(chapter, entrant), cells, class_=chapter.role(entrant)))
    return table("wide", caption, ["", *map(headed, metrics)], rows)


def leaders_table(chapter: Chapter, found: Sequence[SliceResult], caption: Child) -> Markup:
    """A row a slice: the two that lead and the difference between them; a word where it is too small."""
    who, headline = parts.leaders(chapter), chapter.headline
    heads = ["", "users", "to be found", *who, *(["difference", "p (Holm)"] if len(who) > 1 else [])]
    rows = []
    for part in found:
        cells = [count(part.n_users), count(part.n_targets)]
        cells += [number(each.value) if each else MISSING for each in _headlines(part, who, headline)]
        shown = [tag("td", cell, data_label=head) for head, cell in zip(heads[1:], cells, strict=False)]
        if part.leaders:
            shown += _led(chapter, part.leaders, parts.relative(chapter, part))
        elif len(who) > 1:
            note = "too small" if part.n_users and not part.entrants else MISSING
            shown += [tag("td", note, data_label=heads[-2]), tag("td", MISSING, data_label=heads[-1])]
        rows.append(tag("tr", tag("th", part.name, scope="row", title=part.meaning), shown))
    return table("wide", caption, heads, rows)


def _led(chapter: Chapter, compared: Comparison, share: Estimate | None) -> list[Markup]:
    """The leader's difference on a slice, in percent where that can be said, and its p."""
    found = compared.difference
    if share is not None:
        shown, span = percent(share.value, sign=True), percent_interval(share).replace("% to", " to")
    else:
        shown, span = number(found.value), interval(found)
    sign = sign_of(found, chapter.headline)
    return [
        tag(
            "td",
            tag("b", shown) if compared.p_holm < parts.SURE else shown,
            tag("small", span, class_=sign if sign != "open" else None),
            data_label="difference",
        ),
        tag("td", p_value(compared.p_holm), data_label="p (Holm)"),
    ]


def parts_table(chapter: Chapter, found: Sequence[SliceResult], caption: Child) -> Markup:
    """A row an entrant, a column a slice that was large enough: the headline with its interval."""
    shown, headline = parts.measured(found), chapter.headline
    columns = {
        part.name: {entrant.label: each for entrant, (each,) in parts.numbers(chapter, part, [headline])}
        for part in shown
    }
    best = {name: _best(headline, column.values()) for name, column in columns.items()}
    rows = []
    for entrant in chapter.entrants:
        cells = []
        for name, column in columns.items():
            each = column.get(entrant.label)
            value = number(each.value) if each else MISSING
            bold = each is not None and 0 < each.value == best[name]
            span = tag("small", interval(each).replace(" to ", "–")) if each else None
            cells.append(tag("td", tag("b", value) if bold else value, span, data_label=name))
        rows.append(tag("tr", _name(chapter, entrant), cells, class_=chapter.role(entrant)))
    return table("wide", caption, ["", *columns], rows)


def _headlines(part: SliceResult, who: Sequence[str], headline: str) -> list[Estimate | None]:
    return [part.entrants.get(label, {}).get(headline) for label in who]


def _best(metric: str, column: Iterable[Estimate | None]) -> float | None:
    values = [each.value for each in column if each]
    if not values:
        return None
    return max(values) if higher_is_better(metric) else min(values)


def _estimate(entrant: Entrant, metric: str, estimate: Estimate | None, best: bool) -> Markup:
    """A number with its interval below."""
    if estimate is None:
        return tag("td", MISSING, data_label=headed(metric))
    shown: Child = tag("b", number(estimate.value)) if best else number(estimate.value)
    span = tag("small", interval(estimate).replace(" to ", "–"))
    over = f"{title(metric)} of {entrant.label}, over {count(estimate.n)}"
    return tag("td", shown, span, data_label=headed(metric), title=over)


def difference_table(chapter: Chapter, metrics: Sequence[str], caption: Child) -> Markup:
    """Everybody minus the best base: the difference, its interval, and p adjusted for the rivals."""
    rows = []
    for entrant in chapter.entrants:
        if all(chapter.compared(entrant.label, metric) is None for metric in metrics):
            continue
        cells = [_difference(chapter, entrant, metric) for metric in metrics]
        rows.append(tag("tr", _name(chapter, entrant), cells, class_=chapter.role(entrant)))
    if not rows:
        return Markup()
    return table("wide", caption, ["", *map(headed, metrics)], rows)


def _difference(chapter: Chapter, entrant: Entrant, metric: str) -> Markup:
    compared = chapter.compared(entrant.label, metric)
    if compared is None or not finite(compared.difference.value):
        return tag("td", MISSING, data_label=headed(metric))
    share = chapter.relative(entrant.label, metric)
    found = compared.difference
    if share is not None:
        shown, span = percent(share.value, sign=True), percent_interval(share).replace("% to", " to")
    else:
        shown, span = number(found.value), interval(found)
    absolute = (
        f"{title(metric)}: {number(found.value)} ({interval(found)}); p of the paired t test "
        f"{p_value(compared.p_t)}, bootstrap {p_value(compared.p_bootstrap)}, Holm "
        f"{p_value(compared.p_holm)}, Benjamini-Hochberg {p_value(compared.p_bh)}"
    )
    smallest = chapter.detectable(entrant.label, metric)
    least = percent(smallest) if smallest is not None else number(compared.detectable)
    sign = sign_of(found, metric)
    return tag(
        "td",
        tag("b", shown) if compared.p_holm < 0.05 else shown,
        tag("small", span, class_=sign if sign != "open" else None),
        tag("small", f"p {p_value(compared.p_holm)}"),
        tag("small", f"from {least}"),
        data_label=headed(metric),
        title=absolute,
    )


def cost_table(chapter: Chapter, caption: Child) -> Markup:
    """What everybody costs and how it was set."""
    rows = []
    for entrant in chapter.entrants:
        values = (
            ("fit", seconds(entrant.fit_seconds or None)),
            ("per user", milliseconds(entrant.milliseconds_per_user or None)),
            ("peak memory", megabytes(entrant.peak_megabytes)),
            ("epochs watched", count(len(entrant.curve)) if entrant.curve else MISSING),
        )
        cells = [tag("td", value, data_label=name) for name, value in values]
        rows.append(tag("tr", _name(chapter, entrant), cells, class_=chapter.role(entrant)))
    return table("wide", caption, ["", "fit", "per user", "peak memory", "epochs watched"], rows)


def exposure_table(chapter: Chapter, caption: Child) -> Markup:
    """Shares per popularity decile in percent, the deeper the colour the larger."""
    taken = chapter.task.item_exposure
    rows = [_heat(tag("th", "users", scope="row"), taken, None)] if taken else []
    rows += [
        _heat(tag("th", each.label, scope="row"), each.exposure, chapter.role(each))
        for each in chapter.entrants
        if each.exposure
    ]
    if not rows:
        return Markup()
    tenths = max(len(taken), *(len(each.exposure) for each in chapter.entrants))
    return table("heat", caption, ["", *(str(place + 1) for place in range(tenths))], rows)


def _heat(name: Markup, shares: Sequence[float], role: str | None) -> Markup:
    cells = []
    for share in shares:
        if not finite(share):
            cells.append(tag("td", MISSING, style="--v:0"))
            continue
        shown = "0" if share < 0.0005 else f"{100 * share:.1f}" if share < 0.0095 else f"{100 * share:.0f}"
        cells.append(tag("td", shown, style=f"--v:{max(0, min(100, round(100 * share)))}"))
    return tag("tr", name, cells, class_=role)


def settings_table(chapter: Chapter, caption: Child) -> Markup:
    """The settings and the run of every entrant."""
    rows = []
    for each in chapter.entrants:
        known = [f"{name}={plain(value)}" for name, value in each.settings.items() if name != "name"]
        lines: list[Child] = [tag("code", "  ".join(known))] if known else []
        lines.append(tag("small", each.run))
        rows.append(tag("tr", tag("th", each.label, scope="row"), tag("td", lines)))
    return table("text", caption, [], rows)


def pairs_table(pairs: Iterable[tuple[str, Child]], caption: Child = None) -> Markup:
    """Names and values, a row each."""
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in pairs]
    return table("text", caption, [], rows) if rows else Markup()


def plain_table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: Child = None) -> Markup:
    """Any table whose first column names the row."""
    body = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            [tag("td", cell, data_label=head) for head, cell in zip(heads[1:], row[1:], strict=True)],
        )
        for row in rows
    ]
    return table("wide", caption, heads, body)


def _name(chapter: Chapter, entrant: Entrant) -> Markup:
    role = chapter.role(entrant)
    flag, note = FLAGS[role], footnote(entrant)
    beside: list[Child] = [tag("small", flag)] if flag else []
    below: list[Child] = [tag("small", note, class_="foot")] if note else []
    return tag("th", entrant.label, beside, below, scope="row", title=WORDS[role])


def table(kind: str, caption: Child, heads: Sequence[str], rows: Sequence[Child]) -> Markup:
    """Rows below heads; ``kind`` is the class that says how it is drawn."""
    head = tag("thead", tag("tr", [tag("th", each, scope="col") for each in heads])) if heads else None
    written = tag("caption", caption) if caption else None
    return tag("table", written, head, tag("tbody", rows), class_=kind)

"""The gate in a build's log and in a pull request: what failed, by how much, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from recx.evaluate.gate.rules import EXIT, FAIL, INCONCLUSIVE, PASS
from recx.evaluate.result import Check, Estimate, GateResult
from recx.report.markup import Markup, tag
from recx.report.tables import plain_table
from recx.report.words import count, number, percent, percent_interval, title

HEADS = {
    PASS: "passes: no loss beyond its margin",
    FAIL: "regression: worse than the baseline by more than the margin",
    INCONCLUSIVE: "inconclusive: too few users to rule out a loss beyond the margin",
}
MARKS = {PASS: "✅", FAIL: "❌", INCONCLUSIVE: "❔"}
SIGNS = {PASS: "✓", FAIL: "✗", INCONCLUSIVE: "?"}
"""On the page, whose reader may have no font with the others."""
HEAD = ("", "baseline", "now", "difference", "95% interval", "margin", "detectable", "users")
WORDS = {PASS: "pass", FAIL: "FAIL", INCONCLUSIVE: "unsure"}
SHOWN = {FAIL: 20, INCONCLUSIVE: 3}
"""Lines of a log; report.md has all."""
MOST = 1_000_000
ROWS = 60
"""Lines of a table: a comment on GitHub holds 65,536 letters."""
ORDER = (FAIL, INCONCLUSIVE, PASS)


def lines(gate: GateResult, command: Sequence[str] = ()) -> list[str]:
    """The verdict, a line for every check that did not pass, and what to do next."""
    told = [f"Gate {HEADS[gate.verdict]} ({_tally(gate)}; exit code {EXIT[gate.verdict]})."]
    for verdict in (FAIL, INCONCLUSIVE):
        found = [each for each in open_checks(gate) if each.verdict == verdict]
        shown = max(SHOWN[verdict], sum(each.over_everybody for each in found))
        told += [f"{WORDS[verdict]:6} {sentence(each)}" for each in found[:shown]]
        if found[shown:]:
            told.append(f"{WORDS[verdict]:6} … and {len(found) - shown} more, in report.md")
    return [*told, *next_steps(gate, command)]


def sentence(check: Check) -> str:
    """One check: numbers, paired difference, interval, margin, users, and what is missing."""
    share, span = relative(check)
    says = (
        f"{named(check)}: {number(check.candidate)} against {number(check.baseline)}, {share} (95% interval "
        f"{span}), margin {percent(check.margin / abs(check.baseline))}, {count(check.n)} {_unit(check)}"
    )
    if check.users_needed is not None and check.verdict == INCONCLUSIVE:
        says += f"; {needed(check)} would decide it if the difference is as it looks"
    return says


def needed(check: Check) -> str:
    """About how many users (or ratings) an open check asks for."""
    least = check.users_needed or 0
    digits = max(0, len(str(least)) - 2)
    if least > MOST:
        return f"more than {MOST:,} {_unit(check)}"
    return f"about {count(round(least, -digits))} {_unit(check)}"


def named(check: Check) -> str:
    """Which check: als ndcg@10, cold items."""
    from recx.report.markdown import flat

    return flat(f"{check.entrant} {check.metric}, {check.part}")


def relative(check: Check) -> tuple[str, str]:
    """Difference and interval in percent of the baseline."""
    base, found = abs(check.baseline), check.difference
    shares = Estimate(found.value / base, found.low / base, found.high / base, found.se / base, found.n)
    return percent(shares.value, sign=True), percent_interval(shares)


def open_checks(gate: GateResult) -> list[Check]:
    """Those that did not pass, failed ones first, those over everybody before parts."""
    left = [each for each in gate.checks if each.verdict != PASS]
    return sorted(left, key=lambda each: (ORDER.index(each.verdict), not each.over_everybody))


def next_steps(gate: GateResult, command: Sequence[str]) -> list[str]:
    """What to do about the verdict; nothing where it passes."""
    from recx.report.markdown import flat

    again = f"{saving(command)} --save-baseline {gate.baseline}"
    if gate.verdict == FAIL:
        parts = [each for each in gate.checks if each.verdict == FAIL and not each.over_everybody]
        where = f" Look at {flat(parts[0].part)} first." if parts else ""
        return [
            f"Next: find what changed since the baseline was made ({gate.made['made'][:10]}).{where} If the "
            f"loss is meant, make a new baseline: {again}"
        ]
    if gate.verdict == INCONCLUSIVE:
        return [
            "Next: evaluate on more users, train with several seeds and name all runs, or widen gate.margin; "
            "a rerun of the same does not help."
        ]
    return []


def saving(command: Sequence[str]) -> str:
    """The command of this gate without its baseline."""
    from recx.report.markdown import flat

    kept = [word for word in command if not word.startswith("baseline=")]
    return flat(" ".join(shlex.quote(word) for word in kept)) or "recx evaluate run=…"


def markdown(gate: GateResult, command: Sequence[str] = ()) -> str:
    """The top of report.md: fit for a comment on a pull request."""
    from recx.report.markdown import code, escape, table

    head = f"## {MARKS[gate.verdict]} Gate {HEADS[gate.verdict]}"
    parts = [head, f"{_tally(gate)}, against {code(gate.baseline)} of {gate.made['made'][:10]}."]

    def rows(found: Sequence[Check]) -> str:
        cells = [_cells(each, MARKS[each.verdict], code(each.entrant), escape(each.part)) for each in found]
        if len(cells) > ROWS:
            cells = [*cells[:ROWS], [f"… and {len(cells) - ROWS} more, in report.json", *[""] * 7]]
        return table(HEAD, cells)

    everybody = [each for each in gate.checks if each.over_everybody]
    if everybody:
        parts.append(rows(everybody))
    left = [each for each in open_checks(gate) if not each.over_everybody]
    if failed := [each for each in left if each.verdict == FAIL]:
        parts.append(rows(failed))
    folded = [each for each in left if each.verdict == INCONCLUSIVE]
    folded += [each for each in gate.checks if each.verdict == PASS and not each.over_everybody]
    if folded:
        about = f"{len(folded)} parts of users and items without a regression"
        parts.append(f"<details><summary>{about}</summary>\n\n{rows(folded)}\n\n</details>")
    parts += [escape(line) for line in next_steps(gate, command)]
    if gate.skipped:
        parts.append(f"<sub>Not checked: {escape('; '.join(gate.skipped))}.</sub>")
    return "\n\n".join(parts)


def section(gate: GateResult, command: Sequence[str] = ()) -> Markup:
    """The same on the page: everybody, and what did not pass; the parts that passed are folded."""
    passed = [each for each in gate.checks if each.verdict == PASS and not each.over_everybody]
    shown = [each for each in gate.checks if each.over_everybody]
    shown += [each for each in open_checks(gate) if not each.over_everybody]
    made = [
        plain_table(HEAD, [_cells(each, SIGNS[each.verdict], each.entrant, each.part) for each in found])
        for found in (shown, passed)
    ]
    return tag(
        "section",
        tag("h2", f"{SIGNS[gate.verdict]} Gate {HEADS[gate.verdict]}"),
        tag("p", f"{_tally(gate)}, against {gate.baseline} of {gate.made['made'][:10]}.", class_="soft"),
        made[0],
        tag("details", tag("summary", f"{len(passed)} parts that passed"), made[1]) if passed else None,
        [tag("p", line, class_="small") for line in next_steps(gate, command)],
        class_="chapter",
        id="gate",
    )


def _cells(check: Check, mark: str, who: str, part: str) -> list[str]:
    """A row of a table of checks."""
    share, span = relative(check)
    return [
        f"{mark} {who} {title(check.metric)}, {part}",
        number(check.baseline),
        number(check.candidate),
        share,
        span,
        percent(check.margin / abs(check.baseline)),
        percent(check.detectable / abs(check.baseline)),
        count(check.n) + (f"; {needed(check)} needed" if check.users_needed else ""),
    ]


def _tally(gate: GateResult) -> str:
    tally = {verdict: sum(each.verdict == verdict for each in gate.checks) for verdict in ORDER}
    words = {FAIL: "failed", INCONCLUSIVE: "unsure", PASS: "passed"}
    told = ", ".join(f"{tally[verdict]} {word}" for verdict, word in words.items() if tally[verdict])
    return f"{len(gate.checks)} checks: {told}"


def _unit(check: Check) -> str:
    return "users" if "@" in check.metric or check.metric == "auc" else "ratings"

"""The gate in a build's log and in a pull request: what failed, by how much, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from recx.evaluate.gate.rules import EXIT, FAIL, INCONCLUSIVE, PASS
from recx.evaluate.result import Check, Estimate, GateResult
from recx.report.words import count, number, percent, percent_interval, title

HEADS = {
    PASS: "passes: no loss beyond its margin",
    FAIL: "regression: worse than the baseline by more than the margin",
    INCONCLUSIVE: "inconclusive: too few users to rule out a loss beyond the margin",
}
WORDS = {PASS: "pass", FAIL: "FAIL", INCONCLUSIVE: "unsure"}
SHOWN = {FAIL: 20, INCONCLUSIVE: 3}
"""Lines of a log; report.md has all."""
MOST = 1_000_000
ORDER = (FAIL, INCONCLUSIVE, PASS)


def lines(gate: GateResult, run: str = "") -> list[str]:
    """The verdict, a line for every check that did not pass, and what to do next."""
    told = [f"Gate {HEADS[gate.verdict]} ({_tally(gate)}; exit code {EXIT[gate.verdict]})."]
    for verdict in (FAIL, INCONCLUSIVE):
        found = [each for each in open_checks(gate) if each.verdict == verdict]
        shown = max(SHOWN[verdict], sum(each.over_everybody for each in found))
        told += [f"{WORDS[verdict]:6} {sentence(each)}" for each in found[:shown]]
        if found[shown:]:
            told.append(f"{WORDS[verdict]:6} … and {len(found) - shown} more, in report.md")
    return [*told, *next_steps(gate, run)]


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
    return f"{check.entrant} {check.metric}, {check.part}"


def relative(check: Check) -> tuple[str, str]:
    """Difference and interval in percent of the baseline."""
    base, found = abs(check.baseline), check.difference
    shares = Estimate(found.value / base, found.low / base, found.high / base, found.se / base, found.n)
    return percent(shares.value, sign=True), percent_interval(shares)


def open_checks(gate: GateResult) -> list[Check]:
    """Those that did not pass, failed ones first, those over everybody before parts."""
    left = [each for each in gate.checks if each.verdict != PASS]
    return sorted(left, key=lambda each: (ORDER.index(each.verdict), not each.over_everybody))


def next_steps(gate: GateResult, run: str) -> list[str]:
    """What to do about the verdict; nothing where it passes."""
    again = f"recx evaluate run={run or '…'} --save-baseline {gate.baseline}"
    if gate.verdict == FAIL:
        parts = [each for each in gate.checks if each.verdict == FAIL and not each.over_everybody]
        where = f" Look at {parts[0].part} first." if parts else ""
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


def markdown(gate: GateResult, run: str = "") -> str:
    """The top of report.md: fit for a comment on a pull request."""
    from recx.report.markdown import code, escape, table

    mark = {PASS: "✅", FAIL: "❌", INCONCLUSIVE: "❔"}
    head = f"## {mark[gate.verdict]} Gate {HEADS[gate.verdict]}"
    parts = [head, f"{_tally(gate)}, against {code(gate.baseline)} of {gate.made['made'][:10]}."]

    def rows(found: Sequence[Check]) -> str:
        cells = []
        for each in found:
            share, span = relative(each)
            cells.append(
                [
                    f"{mark[each.verdict]} {code(each.entrant)} {title(each.metric)}, {escape(each.part)}",
                    number(each.baseline),
                    number(each.candidate),
                    share,
                    span,
                    percent(each.margin / abs(each.baseline)),
                    percent(each.detectable / abs(each.baseline)),
                    count(each.n) + (f"; {needed(each)} needed" if each.users_needed else ""),
                ]
            )
        heads = ["", "baseline", "now", "difference", "95% interval", "margin", "detectable", "users"]
        return table(heads, cells)

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
    parts += [escape(line) for line in next_steps(gate, run)]
    if gate.skipped:
        parts.append(f"<sub>Not checked: {escape('; '.join(gate.skipped))}.</sub>")
    return "\n\n".join(parts)


def _tally(gate: GateResult) -> str:
    tally = {verdict: sum(each.verdict == verdict for each in gate.checks) for verdict in ORDER}
    words = {FAIL: "failed", INCONCLUSIVE: "unsure", PASS: "passed"}
    told = ", ".join(f"{tally[verdict]} {word}" for verdict, word in words.items() if tally[verdict])
    return f"{len(gate.checks)} checks: {told}"


def _unit(check: Check) -> str:
    return "users" if "@" in check.metric or check.metric == "auc" else "ratings"

"""What an audit says: what was looked at, and what was found there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

LEAKS = 5
"""Exit code of an audit that found a leak."""
EXAMPLES = 5
"""Row numbers that are named."""

Severity = Literal["leak", "note"]
Verdict = Literal["leak", "note", "clean", "does not apply"]

TITLES = {
    "changed-files": "files as they were written",
    "two-uses": "rows with two uses",
    "future-events": "future events in train",
    "same-pair": "the same pair in train and test",
    "duplicates": "duplicates across parts",
    "statistics": "statistics taken over test",
    "late-features": "features dated after the event",
    "ordered-ids": "ids that encode order",
    "learnt": "what the fits have learnt",
    "stacker-labels": "a stacker that saw its labels",
    "selection": "selection on test",
}
"""Every check, in the order of the table: name -> title."""


@dataclass(frozen=True)
class Finding:
    """Something that is where it should not be."""

    severity: Severity
    what: str  # one line: what is wrong
    where: str  # file, and column
    todo: str  # what sets it right
    evidence: Mapping[str, float] = field(default_factory=dict)  # numbers by name
    rows: tuple[int, ...] = ()  # the first row numbers of that file, from 0


@dataclass(frozen=True)
class Check:
    """One of TITLES, applied to a data set or a run."""

    name: str
    subject: str  # the data set or the run
    looked: str  # what was compared, or why there is nothing to compare
    findings: tuple[Finding, ...] = ()
    applies: bool = True

    @property
    def verdict(self) -> Verdict:
        """The gravest of the findings."""
        if not self.applies:
            return "does not apply"
        found = {finding.severity for finding in self.findings}
        return "leak" if "leak" in found else "note" if "note" in found else "clean"


@dataclass(frozen=True)
class Audit:
    """All checks of one command."""

    subject: str
    folder: str  # where audit.json lies
    checks: Sequence[Check]

    @property
    def leaks(self) -> list[Finding]:
        """What must be set right."""
        return [one for check in self.checks for one in check.findings if one.severity == "leak"]

    @property
    def exit_code(self) -> int:
        """0 where nothing leaks; notes do not count."""
        return LEAKS if self.leaks else 0


def plain(audit: Audit) -> dict[str, object]:
    """As audit.json holds it."""
    return {
        "subject": audit.subject,
        "verdict": "leak" if audit.leaks else "clean",
        "checks": [
            {
                "check": check.name,
                "title": TITLES[check.name],
                "subject": check.subject,
                "verdict": check.verdict,
                "looked": check.looked,
                "findings": [
                    {
                        "severity": one.severity,
                        "what": one.what,
                        "where": one.where,
                        "rows": list(one.rows),
                        "evidence": dict(one.evidence),
                        "todo": one.todo,
                    }
                    for one in check.findings
                ],
            }
            for check in audit.checks
        ],
    }


class Rows:
    """Counts rows and keeps the numbers of the first."""

    def __init__(self) -> None:
        self.count = 0
        self.first: tuple[int, ...] = ()

    def add(self, numbers: npt.NDArray[np.integer]) -> None:
        """Rows of the file by their numbers, (n,)."""
        self.count += len(numbers)
        more = EXAMPLES - len(self.first)
        self.first += tuple(int(number) for number in numbers[: max(0, more)])

"""Slices as their readers want them: who leads where, by how much, and what is too small to say."""

from __future__ import annotations

from collections.abc import Sequence

from recx.evaluate.result import FEWEST_USERS, Entrant, Estimate, SliceResult
from recx.report.chapter import Chapter, cut_of, sign_of
from recx.report.words import count, finite, listed

SURE = 0.05
"""Largest adjusted p of a difference that is spoken of."""
NAMED = 3
"""Slices that a sentence names at most."""


def groups(chapter: Chapter) -> dict[str, list[SliceResult]]:
    """The slices by what they are parts by."""
    found: dict[str, list[SliceResult]] = {}
    for part in chapter.task.slices:
        found.setdefault(part.group, []).append(part)
    return found


def measured(parts: Sequence[SliceResult]) -> list[SliceResult]:
    """Those that were large enough for numbers."""
    return [part for part in parts if part.entrants]


def numbers(
    chapter: Chapter, part: SliceResult, metrics: Sequence[str]
) -> list[tuple[Entrant, list[Estimate | None]]]:
    """Every entrant's numbers on a slice; nothing where it was too small."""
    return [
        (entrant, [part.entrants[entrant.label].get(metric) for metric in metrics])
        for entrant in chapter.entrants
        if entrant.label in part.entrants
    ]


def metrics_of(chapter: Chapter, part: SliceResult) -> list[str]:
    """What a slice was measured by at the cut-off that is shown."""
    names = dict.fromkeys(name for metrics in part.entrants.values() for name in metrics)
    return [name for name in names if cut_of(name) in (chapter.shown_cut, None)]


def leaders(chapter: Chapter) -> list[str]:
    """The two entrants that slices compare; else the one whose numbers are put into words."""
    for part in chapter.task.slices:
        if part.leaders:
            return [part.leaders.a, part.leaders.b]
    return [chapter.spokesman.label] if chapter.spokesman else []


def relative(chapter: Chapter, part: SliceResult) -> Estimate | None:
    """The leader's difference to the second as a share of the second's value on the slice."""
    if part.leaders is None:
        return None
    found, base = part.leaders.difference, part.entrants[part.leaders.b][chapter.headline].value
    if not base or not finite(base) or not finite(found.value):
        return None
    base = abs(base)
    return Estimate(found.value / base, found.low / base, found.high / base, found.se / base, found.n)


def about(part: SliceResult) -> str:
    """How much there was to be found in a slice, and what that means for its numbers."""
    if not part.n_users:
        return f"{part.meaning}; nobody to be asked"
    asked = f"{count(part.n_users)} users with {count(part.n_targets)} to be found"
    if part.n_users < FEWEST_USERS:
        return f"{part.meaning}; too small: {asked}, fewer than {FEWEST_USERS} users"
    return f"{part.meaning}; {asked}"


def said(chapter: Chapter) -> str:
    """Where the leader is ahead of the second for sure, and where behind; empty where nobody was compared."""
    compared = {part.name: part.leaders for part in chapter.task.slices if part.leaders}
    if not compared:
        return ""
    a, b = leaders(chapter)
    signs = {
        name: sign_of(each.difference, chapter.headline)
        for name, each in compared.items()
        if each.p_holm < SURE
    }
    ahead = [name for name, sign in signs.items() if sign == "gain"]
    behind = [name for name, sign in signs.items() if sign == "loss"]
    says = f"{a} is ahead of {b} in {_some(ahead)} of {len(compared)} parts of users and items"
    if behind:
        says += f" and behind in {_some(behind)}"
    small = sum(0 < part.n_users < FEWEST_USERS for part in chapter.task.slices)
    return f"{says}, p below .05 after Holm" + (f"; {small} too small to say." if small else ".")


def _some(names: Sequence[str]) -> str:
    """3 (head, middle and tail); of more than that the number alone."""
    return f"{len(names)} ({listed(names)})" if 0 < len(names) <= NAMED else str(len(names))

"""Two runs side by side, as rows that terminal and page share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from recx.evaluate.compare.result import Compared, ItemChange, Moved, UserChange
from recx.evaluate.result import Comparison, Entrant, Estimate, Report
from recx.report.chapter import NEUTRAL, Chapter, Sign, sign_of
from recx.report.words import MISSING, count, finite, number, p_value, percent, percent_interval, title

FEW = 4
"""Items that a cell names at most."""


@dataclass(frozen=True, eq=False)
class Sides:
    """A comparison with everything that its readers derive from it."""

    compared: Compared

    @cached_property
    def chapter(self) -> Chapter:
        """The task of both."""
        return Chapter(self.compared.task)

    @cached_property
    def report(self) -> Report:
        """As a report of two entrants."""
        found = self.compared
        notes, facts = found.dataset_notes, found.dataset_facts
        return Report(found.dataset, notes, facts, [found.task], found.manifest, found.folder)

    @property
    def names(self) -> tuple[str, str]:
        """Of a and of b."""
        return self.compared.a, self.compared.b

    def entrant(self, name: str) -> Entrant:
        """By its name."""
        return next(each for each in self.compared.task.entrants if each.label == name)

    @cached_property
    def comparisons(self) -> dict[str, Comparison]:
        """B minus a, by metric."""
        return {each.metric: each for each in self.compared.task.comparisons}

    @cached_property
    def moved(self) -> dict[str, Moved]:
        """Users who gained and lost, by metric."""
        return {each.metric: each for each in self.compared.moved}

    @property
    def headline(self) -> Comparison:
        """The difference that decides."""
        return self.comparisons[self.compared.task.headline]

    @property
    def sign(self) -> Sign:
        """Whether b is better for sure, worse for sure, or neither."""
        return sign_of(self.headline.difference, self.headline.metric)

    def relative(self, metric: str) -> Estimate | None:
        """The difference as a share of a's value; None where that is 0."""
        found, base = self.comparisons[metric].difference, self.entrant(self.compared.a).metrics[metric].value
        if not base or not finite(found.value):
            return None
        base = abs(base)
        return Estimate(found.value / base, found.low / base, found.high / base, found.se / base, found.n)

    def metric_row(self, metric: str) -> list[str]:
        """Name, a, b, difference, interval, p, p adjusted, gained, lost, same."""
        a, b = (self.entrant(name).metrics[metric] for name in self.names)
        compared, share = self.comparisons[metric], self.relative(metric)
        difference = percent(share.value, sign=True) if share else number(compared.difference.value)
        low_high = percent_interval(share) if share else MISSING
        moved = self.moved.get(metric)
        neutral = metric.partition("@")[0] in NEUTRAL
        counts = [MISSING] * 3
        if moved and not neutral:
            counts = [count(moved.gained), count(moved.lost), count(moved.same)]
        p = p_value(compared.p_t), p_value(compared.p_bh)
        return [title(metric), number(a.value), number(b.value), difference, low_high, *p, *counts]

    @property
    def metric_heads(self) -> list[str]:
        """Of ``metric_row``."""
        return ["", *self.names, "difference", "95% interval", "p", "p (BH)", "gained", "lost", "same"]

    def metrics(self, k: int | None) -> list[str]:
        """What the main table shows at a cut-off."""
        return [each for each in self.chapter.columns(k) if each in self.comparisons]

    def others(self, k: int | None) -> list[str]:
        """What else was measured there."""
        found = [*self.chapter.beyond(k), *self.chapter.variants(k)]
        return [each for each in found if each in self.comparisons]

    @property
    def user_heads(self) -> list[str]:
        """Of ``user_row``."""
        a, b = self.names
        metric = title(self.compared.task.headline)
        return [
            "user", "history", "to be found", f"{metric} {a}", f"{metric} {b}", "hits of both", f"only {a}",
            f"only {b}",
        ]  # fmt: skip

    def user_row(self, user: UserChange) -> list[str]:
        """Id, history, targets, numbers, how many hits."""
        sizes = [count(len(part)) for part in (user.found, user.found_a, user.found_b)]
        values = [number(user.a), number(user.b)]
        return [user.user, count(user.history), count(user.targets), *values, *sizes]

    @property
    def item_heads(self) -> list[str]:
        """Of ``item_row``."""
        return ["item", "events before test", *self.names, "change"]

    def item_row(self, item: ItemChange) -> list[str]:
        """Id and name, popularity, counts."""
        named = f"{item.item} · {item.about}" if item.about else item.item
        change = f"{item.b - item.a:+,}".replace("-", "−")
        return [named, count(item.events), count(item.a), count(item.b), change]

    def overlap(self) -> list[tuple[str, str]]:
        """How alike the lists are."""
        found = self.compared.overlap
        return [
            ("mean Jaccard", number(found.jaccard)),
            ("mean rank-biased overlap", number(found.rbo)),
            ("users with the same list", f"{count(found.same)} of {count(found.users)}"),
        ]

    def found(self) -> list[tuple[str, str]]:
        """Whose lists hold what was to be found."""
        found, (a, b) = self.compared.found, self.names
        return [
            ("in the lists of both", count(found.both)),
            (f"of {a} alone", count(found.only_a)),
            (f"of {b} alone", count(found.only_b)),
            ("of neither", count(found.neither)),
        ]


def few(names: Sequence[str]) -> str:
    """Some ids, and how many more there are."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more

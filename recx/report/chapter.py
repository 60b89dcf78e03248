"""One task of a report as its readers want it: who is who, in which order, and what that means in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from recx.errors import UsageError
from recx.evaluate.result import Comparison, Entrant, Estimate, Report, TaskResult
from recx.metrics import parse
from recx.report.words import count, finite, number, percent, title

Role = Literal["fusion", "best", "base", "blend"]
Sign = Literal["gain", "loss", "open"]

RATINGS = ("rmse", "mse", "mae")
CUT = ("precision", "recall", "f1", "ndcg", "hit", "map", "mrr", "coverage")
"""What the main table shows at a cut-off."""
BEYOND = (
    "auc", "revenue_ndcg", "log_loss", "diversity", "novelty", "serendipity", "tail_share", "gini",
)  # fmt: skip
"""What lists are beside right; everything else is a variant of what the main table shows."""
NEUTRAL = ("novelty", "tail_share", "gini")
"""More of it is not better in itself."""

QUESTIONS = {
    "repeat=allow": "What will users choose next?",
    "repeat=new": "What will users choose that is new to them?",
}


@dataclass(frozen=True, eq=False)
class Chapter:
    """A task with everything that terminal, markdown and html derive from it."""

    task: TaskResult

    @property
    def question(self) -> str:
        """The task as a question; its name where nobody has put it into words."""
        if self.cut is None:
            return "How will users rate?"
        return QUESTIONS.get(self.task.name, self.task.name)

    @property
    def headline(self) -> str:
        """The metric that decides."""
        return self.task.headline

    @property
    def cut(self) -> int | None:
        """The cut-off of the headline; None for ratings."""
        return cut_of(self.headline)

    @cached_property
    def cuts(self) -> list[int]:
        """All cut-offs that anybody was measured at."""
        names = {name for entrant in self.task.entrants for name in entrant.metrics}
        return sorted({cut for name in names if (cut := cut_of(name)) is not None})

    @property
    def panes(self) -> Sequence[int | None]:
        """What tables are made for: every cut-off, or once without one."""
        return self.cuts or [None]

    @property
    def shown_cut(self) -> int | None:
        """The cut-off that is shown first: the headline's, else 10 or next to it."""
        if self.cut in self.cuts:
            return self.cut
        return min(self.cuts, key=lambda k: (abs(k - 10), k)) if self.cuts else None

    @cached_property
    def entrants(self) -> list[Entrant]:
        """Best first by the headline, those without it last."""
        sign = -1 if higher_is_better(self.headline) else 1

        def place(entrant: Entrant) -> tuple[bool, float]:
            value = self.value(entrant, self.headline)
            return value is None, sign * (value or 0.0)

        return sorted(self.task.entrants, key=place)

    @cached_property
    def reference(self) -> Entrant | None:
        """The best base, which everybody is compared with."""
        labels = [each.b for each in self.task.comparisons if each.metric == self.headline]
        bases = [entrant for entrant in self.entrants if entrant.kind == "base"]
        named = [entrant for entrant in bases if entrant.label in labels[:1]]
        ranked = [entrant for entrant in bases if self.value(entrant, self.headline) is not None]
        return next(iter(named or ranked), None)

    @cached_property
    def fusion(self) -> Entrant | None:
        """The fusion that the verdict is about: the first that was named."""
        return next((entrant for entrant in self.task.entrants if entrant.kind == "fusion"), None)

    @property
    def gain(self) -> Comparison | None:
        """The fusion minus the best base on the headline."""
        return self.compared(self.fusion.label, self.headline) if self.fusion else None

    @property
    def spokesman(self) -> Entrant | None:
        """Whose numbers are put into plain words: the fusion, else the best base, else the best."""
        return self.fusion or self.reference or next(iter(self.entrants), None)

    def role(self, entrant: Entrant) -> Role:
        """How an entrant is drawn."""
        if entrant.kind == "fusion":
            return "fusion"
        if entrant.kind == "blend":
            return "blend"
        return "best" if self.reference and entrant.label == self.reference.label else "base"

    def value(self, entrant: Entrant, metric: str) -> float | None:
        """The number, None where there is none or it is not finite."""
        estimate = entrant.metrics.get(metric)
        return estimate.value if estimate and math.isfinite(estimate.value) else None

    def best(self, metric: str) -> float | None:
        """The best value anybody reaches; None where there is no better and worse."""
        if metric.partition("@")[0] in NEUTRAL:
            return None
        values = [value for entrant in self.entrants if (value := self.value(entrant, metric)) is not None]
        if not values:
            return None
        return max(values) if higher_is_better(metric) else min(values)

    def compared(self, label: str, metric: str) -> Comparison | None:
        """``label`` minus the best base."""
        if self.reference is None:
            return None
        return self._comparisons.get((metric, label, self.reference.label))

    def relative(self, label: str, metric: str) -> Estimate | None:
        """``label`` minus the best base as a share of the best base; None where that is 0 or unknown."""
        compared = self.compared(label, metric)
        base = self.value(self.reference, metric) if self.reference else None
        if compared is None or not base or not finite(compared.difference.value):
            return None
        found, base = compared.difference, abs(base)
        return Estimate(found.value / base, found.low / base, found.high / base, found.se / base, found.n)

    def detectable(self, label: str, metric: str) -> float | None:
        """The smallest difference to the best base that would have been found, as a share of it."""
        compared = self.compared(label, metric)
        base = self.value(self.reference, metric) if self.reference else None
        if compared is None or not base or not finite(compared.detectable):
            return None
        return compared.detectable / abs(base)

    def power(self) -> str:
        """What the comparisons on the headline could find at all; empty where nobody was compared."""
        found = [self.detectable(each.label, self.headline) for each in self.entrants]
        shares = sorted(share for share in found if share is not None)
        if not shares or self.reference is None:
            return ""
        ends = list(dict.fromkeys(percent(share) for share in (shares[0], shares[-1])))
        depends = ", depending on the rival," if len(ends) > 1 else ""
        return (
            f"With {count(self.task.n_users)} users a difference of {' to '.join(ends)} of "
            f"{self.reference.label}'s {title(self.headline)}{depends} is found in 80 of 100 such "
            "comparisons; a smaller one may stay unseen."
        )

    def columns(self, k: int | None) -> list[str]:
        """Metrics of the main table at ``k``: the errors stand beside every cut-off."""
        cut = [f"{name}@{k}" for name in CUT] if k is not None else []
        errors = list(RATINGS)
        ordered = errors + cut if self.cut is None else cut[:4] + errors + cut[4:]
        return [metric for metric in ordered if metric in self._measured]

    def variants(self, k: int | None) -> list[str]:
        """Metrics at ``k`` by other definitions than those of the main table."""
        return [name for name in self._beside(k) if name.partition("@")[0] not in BEYOND]

    def beyond(self, k: int | None) -> list[str]:
        """Metrics at ``k``, and without a cut-off, that look at something else than the main table's."""
        return [name for name in self._beside(k) if name.partition("@")[0] in BEYOND]

    def _beside(self, k: int | None) -> list[str]:
        main = self.columns(k)
        return [name for name in self._measured if cut_of(name) in (None, k) and name not in main]

    @cached_property
    def _measured(self) -> list[str]:
        return list(dict.fromkeys(name for entrant in self.task.entrants for name in entrant.metrics))

    @cached_property
    def _comparisons(self) -> dict[tuple[str, str, str], Comparison]:
        return {(each.metric, each.a, each.b): each for each in self.task.comparisons}

    def lead(self) -> str:
        """The verdict in words that need no metric; empty where there is nothing to say."""
        fused, best = self.fusion, self.reference
        if best is None:
            return ""
        share = self.relative(fused.label, self.headline) if fused else None
        if fused is None or share is None:
            rivals = sum(entrant.kind == "base" for entrant in self.entrants)
            return f"{best.label} is the best of {rivals} models." if rivals > 1 else ""
        if share.value == share.low == share.high == 0:
            return f"{fused.label} gives exactly what {best.label} gives, the best single model."
        sign = 1 if higher_is_better(self.headline) else -1
        low, high = sorted((sign * share.low, sign * share.high))
        says = f"{fused.label} does {_better(sign * share.value)} than {best.label}, the best single model"
        if not (finite(low) and finite(high)):
            return f"{says}."
        if low > 0:
            return f"{says}; the data leave room for anything from {percent(low)} to {_better(high)}."
        if high < 0:
            return f"{says}; the data leave room for anything from {percent(-high)} to {_better(low)}."
        return f"{says}, but the data leave room for anything from {_better(low)} to {_better(high)}."

    def plainly(self) -> list[str]:
        """What the spokesman's numbers mean to somebody who has to decide."""
        entrant, words = self.spokesman, list[str]()
        if entrant is None:
            return words
        beside = self.reference if self.reference and self.reference.label != entrant.label else None

        def pair(metric: str, scale: float, digits: int) -> tuple[str, str] | None:
            value = self.value(entrant, metric)
            if value is None:
                return None
            other = self.value(beside, metric) if beside else None
            return number(scale * value, digits), "" if other is None else number(scale * other, digits)

        k = self.shown_cut
        if error := pair("rmse", 1, 2):
            other = f" ({beside.label}: {error[1]})" if beside and error[1] else ""
            words.append(f"A predicted rating of {entrant.label} is typically {error[0]} off{other}.")
        if k is not None and (hit := pair(f"hit@{k}", 100, 0)):
            other = f" ({beside.label}: {hit[1]})" if beside and hit[1] else ""
            words.append(
                f"With lists of {k} from {entrant.label}, {hit[0]} of 100 users find at least one item "
                f"that they go on to choose{other}."
            )
        if k is not None and (chosen := pair(f"precision@{k}", k, 1)):
            other = f" ({beside.label}: {chosen[1]})" if beside and chosen[1] else ""
            words.append(f"Of {k} items shown, {chosen[0]} are chosen on average{other}.")
        return words

    def ceiling(self) -> str:
        """How much any order of the fusion's candidates could find; empty where unknown."""
        recall = self.task.candidate_recall
        if not finite(recall):
            return ""
        return (
            f"The candidates of the bases together hold {percent(recall)} of what users went on to choose: "
            "no order of them can find more."
        )


def _better(share: float) -> str:
    return f"{percent(abs(share))} {'better' if share >= 0 else 'worse'}"


def cut_of(metric: str) -> int | None:
    """10 of ndcg@10; None of rmse."""
    _, _, cut = metric.partition("@")
    return int(cut) if cut.isdecimal() else None


def higher_is_better(metric: str) -> bool:
    """False for errors; a metric that recx does not know is taken for a gain."""
    try:
        return parse(metric).higher_is_better
    except UsageError:
        return True


def sign_of(difference: Estimate, metric: str) -> Sign:
    """Whether the interval lies on one side of 0, and on which."""
    if not (finite(difference.low) and finite(difference.high)):
        return "open"
    low, high = difference.low, difference.high
    if not higher_is_better(metric):
        low, high = -high, -low
    return "gain" if low > 0 else "loss" if high < 0 else "open"


def crosses(difference: Estimate) -> bool:
    """Whether 0 lies in the interval."""
    return finite(difference.low) and finite(difference.high) and difference.low <= 0 <= difference.high


def origin(report: Report) -> str | None:
    """What stands beside every table and headline of data that is no record of people; None for real data."""
    settings = report.dataset_facts.get("settings")
    source = settings.get("dataset") if isinstance(settings, dict) else None
    named = [report.dataset, *report.dataset_notes]
    if isinstance(source, dict):
        named.append(str(source.get("source")))
    text = " ".join(named).casefold()
    return next((f"{word} data" for word in ("simulated", "synthetic") if word in text), None)


def footnote(entrant: Entrant) -> str:
    """What must be known beside an entrant's numbers; empty for most."""
    notes = []
    if not entrant.refitted:
        notes.append("not refitted on train + valid")
    if entrant.stopped_on_valid:
        notes.append("stopped on valid")
    if entrant.without_list:
        notes.append(f"{entrant.without_list:,} users without a list count as 0")
    return "; ".join(notes)


def headed(metric: str) -> str:
    """Column head: NDCG for ndcg@10, RMSE for rmse."""
    return title(metric).partition("@")[0]

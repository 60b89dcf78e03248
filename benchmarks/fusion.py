"""What fusing is worth: every fused data set against its best base, with paired intervals, and the goals.

    python benchmarks/fusion.py                   all of them
    python benchmarks/fusion.py beauty gowalla    some
    python benchmarks/fusion.py --write           into benchmarks/FUSION.md as well, in place of what it
                                                  had on these data sets

A gain is the fusion minus the best base on test users, both fitted on the same rows: with refit=yes on train
and valid, with refit=no on train alone. The best base is the one that is best on test by the metric that
decides, which favours it. Goals are bounds of the left column; marks to reach for are +8.6 % ndcg@10, +10 %
precision@10, +8 % recall@10 and +5 % coverage@10. The public data sets lie below $RECX_DATA_HOME; Complete
Journey is simulated from real shopping patterns. Trainings and reports are kept in --work and used again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import chapters
from targets import HERE, Recx, best_base, data_home, value

MARKS = {"ndcg@10": 0.086, "precision@10": 0.10, "recall@10": 0.08, "coverage@10": 0.05}
OWN = ("--conf", str(HERE / "conf"))


@dataclass(frozen=True)
class Goal:
    """One fusion."""

    title: str
    words: tuple[str, ...]  # of recx fuse
    source: str | None = None  # folder below $RECX_DATA_HOME; None: the default data set
    reach: dict[str, str] = field(default_factory=dict)  # metric of the fusion -> bound
    never_below: float | None = 0.0  # the relative gain's lower end is above this; None: no such goal


GOALS = {
    "beauty": [
        Goal(
            "amazon-beauty, refit=no",
            ("bases=beauty", "dataset=amazon-beauty", "refit=no"),
            "amazon-beauty",
            {"ndcg@10": ">= .0610"},
        ),
        Goal(
            "amazon-beauty, refit=yes",
            ("bases=beauty", "dataset=amazon-beauty", "refit=yes"),
            "amazon-beauty",
        ),
    ],
    "ratings": [
        Goal(
            "ml-100k u1",
            ("bases=ratings", "dataset=ml-100k", "split=files", "windows=kfold"),
            "ml-100k",
            {"rmse": "<= .879"},
        )
    ],
    "gowalla": [
        Goal(
            "gowalla",
            (*OWN, "bases=gowalla", "dataset=gowalla", "k=[10,20]"),
            "gowalla",
            {"recall@20": ">= .192", "ndcg@20": ">= .160"},
        )
    ],
    "shop": [
        Goal("Complete Journey, repeat=allow", ("repeat=allow",), None, {"ndcg@10": ">= .4545"}),
        Goal("Complete Journey, repeat=new", ("repeat=new",), None, {}, -0.05),
    ],
    "retail": [
        Goal(
            f"online-retail, repeat={task}",
            (*OWN, "bases=retail", "dataset=online_retail", f"repeat={task}"),
            "online-retail",
        )
        for task in ("allow", "new")
    ],
    "grocery": [Goal("amazon-grocery", (*OWN, "bases=grocery", "dataset=amazon-grocery"), "amazon-grocery")],
}


WHY = {
    "amazon-beauty, refit=no": """
        Coverage: markov, the best base, shows 99.0 % of all items to somebody, the stack 89.0 %. Of ease,
        the best base but markov, it is 85.7 %.
    """,
    "amazon-beauty, refit=yes": """
        Coverage: as with refit=no; markov shows 99.5 % of all items, the stack 88.0 %.
    """,
    "gowalla": """
        What the stacker learns from is a random part of train, and the published test part is no such
        sample: on the window's 2,000 held-out users slim is 13 % ahead of gfcf (ndcg@10 .1088 and .0959),
        on test gfcf is 6 % ahead of slim. The stack trusts slim as the window tells it to: there it gains
        7.2 % over the best base and 9.4 % over combsum, which learns nothing, on test 5.7 % and .7 %. Rows
        are sorted by item and carry no dates. als has the best settings on a hold-out of train; als_even
        and bpr joined it when test had been looked at.
    """,
    "Complete Journey, repeat=allow": """
        Most of what households buy they have bought before, and personal, which knows nothing else, has
        .4544 of the .4618: there is little to add. Where it does not count (repeat=new) the gain is
        larger. Coverage: personal recommends what each household bought, and no two are alike; all other
        bases and blends but item_knn and gcn show fewer items than the stack.
    """,
    "Complete Journey, repeat=new": """
        Coverage: ease, the best base, shows 8.1 % of all items, the stack 5.5 %: as on online-retail, what
        sells moves up.
    """,
    "online-retail, repeat=allow": """
        Coverage: user_knn, the best base, shows 33.4 % of all items, the stack 34.9 %; the mark lies within
        the interval.
    """,
    "online-retail, repeat=new": """
        Coverage: ease, the best base, shows 32 % of all items and the stack 18 %. What the stack knows of
        items (sales, trend, age) moves up what sells. fuser.weight.coverage and fuser.floor.tail_share
        buy coverage back (docs/fusers.md says at what price).
    """,
    "amazon-grocery": """
        Coverage: as on online-retail; ease shows 58 % of all items, the stack 21 %.
    """,
}
"""Why a mark or a goal is missed."""


@dataclass(frozen=True)
class Fused:
    """What came of a goal."""

    goal: Goal
    command: str
    task: dict[str, Any]  # of the report

    @property
    def fusion(self) -> dict[str, Any]:
        """The fusion's row."""
        found: dict[str, Any] = next(e for e in self.task["entrants"] if e["kind"] == "fusion")
        return found

    @property
    def headline(self) -> str:
        """The metric that decides."""
        return str(self.task["headline"]).partition("/")[0]

    @property
    def base(self) -> dict[str, Any]:
        """The best base by the headline."""
        if self.headline == "rmse":
            bases = [e for e in self.task["entrants"] if e["kind"] == "base" and self._has(e, "rmse")]
            return min(bases, key=lambda e: value(e["metrics"], "rmse"))
        return best_base(self.task, self.headline)

    def goals(self) -> list[str]:
        """Each bound and whether it is kept."""
        told = []
        for metric, promise in self.goal.reach.items():
            found = value(self.fusion["metrics"], metric)
            sign, _, bound = promise.partition(" ")
            kept = found <= float(bound) if sign == "<=" else found >= float(bound)
            told.append(f"{metric} {found:.4f} ({promise}{'' if kept else ', **missed**'})")
        if self.goal.never_below is not None:
            _, low, high = self.gain(self.headline)
            if self.headline == "rmse":
                low = -high
            kept = low is not None and low > self.goal.never_below
            bound = f"> {self.goal.never_below:+.0%}"
            shown = "none" if low is None else f"{low:+.1%}"
            told.append(f"lower end of the gain {shown} ({bound}{'' if kept else ', **missed**'})")
        return told

    def gain(self, metric: str) -> tuple[float, Any, Any]:
        """Relative difference to the best base, and the ends of its interval where there is one."""
        fused, base = (value(e["metrics"], metric) for e in (self.fusion, self.base))
        pair = (self.fusion["label"], self.base["label"])
        for told in self.task["comparisons"]:
            if told["metric"].partition("/")[0] == metric and (told["a"], told["b"]) == pair:
                low, high = told["difference"]["low"], told["difference"]["high"]
                return fused / base - 1, low / base, high / base
        return fused / base - 1, None, None

    def row(self) -> str:
        """A line of the table: the gain on every metric that has a mark."""
        cells = []
        for metric, mark in MARKS.items() if self.headline != "rmse" else {"rmse": None}.items():
            if not self._has(self.fusion, metric):
                cells.append("")
                continue
            gain, low, high = self.gain(metric)
            ends = "" if low is None else f" ({low:+.1%} to {high:+.1%})"
            reached = "" if mark is None or gain >= mark else " *"
            fused = value(self.fusion["metrics"], metric)
            cells.append(f"{metric} {fused:.4f}: {gain:+.1%}{ends}{reached}")
        cells += [""] * (len(MARKS) - len(cells))
        label, best = self.base["label"], value(self.base["metrics"], self.headline)
        goals = "; ".join(self.goals())
        return f"| {self.goal.title} | {goals} | {label} {best:.4f} | {' | '.join(cells)} |"

    def chapter(self) -> str:
        """The command, and why a mark is missed."""
        why = chapters.prose(WHY.get(self.goal.title, ""))
        return "\n\n".join(filter(None, (f"## {self.goal.title}", f"```\n{self.command}\n```", why)))

    @staticmethod
    def _has(row: dict[str, Any], metric: str) -> bool:
        return any(key.partition("/")[0] == metric for key in row["metrics"])


@cache
def state() -> str:
    """Of the code and the settings: a report of another state is not used again."""
    files = [
        *(HERE.parent / "recx").rglob("*.py"),
        *(HERE.parent / "conf").rglob("*.yaml"),
        *HERE.rglob("*.yaml"),
    ]
    return sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def fused(recx: Recx, goal: Goal) -> Fused:
    """Fuse and evaluate, or what came of it earlier."""
    place = (f"dataset.path={data_home() / goal.source}",) if goal.source else ()
    words = ("fuse", *goal.words, *place)
    kept = recx.work / "reports" / f"{sha256(' '.join((*words, state())).encode()).hexdigest()[:16]}.json"
    if not kept.is_file():
        done = recx(*words)
        told = recx("evaluate", f"runs=[{recx.inside(done.folder)}]", "k=[10,20]")
        kept.parent.mkdir(exist_ok=True)
        command = done.command.replace(f"{HERE.parent}/", "")
        kept.write_text(json.dumps({"command": command, "task": told.report["tasks"][0]}))
    found = json.loads(kept.read_text())
    return Fused(goal, found["command"], found["task"])


HEAD = (
    "| data | goals | best base | "
    + " | ".join(f"gain, {metric} (mark {mark:+.1%})" for metric, mark in MARKS.items())
    + " |"
)


def write(found: list[Fused]) -> None:
    """Put rows and chapters, by title, into FUSION.md, in the order of the goals."""
    page = HERE / "FUSION.md"
    table, told = chapters.read(page)
    rows = {line.strip("| ").partition(" | ")[0]: line for line in table.splitlines()}
    rows |= {each.goal.title: each.row() for each in found}
    told |= {each.goal.title: each.chapter() for each in found}
    titles = [goal.title for goals in GOALS.values() for goal in goals]
    lines = [HEAD, "|---" * HEAD.count(" | ") + "|---|", *(rows[title] for title in titles if title in rows)]
    head = (
        "# Measured by `python benchmarks/fusion.py`",
        f"{platform.machine()}, {os.cpu_count()} cores. \\* is below the mark; the chapters say why.",
        "\n".join(lines),
    )
    chapters.write(page, "\n\n".join(head), told, titles)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("goals", nargs="*", default=list(GOALS), help=f"some of {', '.join(GOALS)}")
    parser.add_argument("--work", type=Path, default=Path("results/benchmarks/fusion"))
    parser.add_argument("--write", action="store_true", help="write benchmarks/FUSION.md as well")
    words = parser.parse_args()
    recx, found = Recx(words.work.resolve()), []
    print(HEAD, flush=True)
    for name in words.goals:
        for goal in GOALS[name]:
            found.append(fused(recx, goal))
            print(found[-1].row(), flush=True)
            if words.write:
                write(found)


if __name__ == "__main__":
    main()

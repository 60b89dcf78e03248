"""Measure the promised numbers through the real command line and print them beside what was promised.

    python benchmarks/targets.py                all of them (about half an hour on two cores)
    python benchmarks/targets.py shop beauty    some
    python benchmarks/targets.py --write        into benchmarks/RESULTS.md as well

Every number is read from the files that `recx` writes. The public data sets lie below $RECX_DATA_HOME;
without them only those of the default data set can be measured. Trainings are kept in --work and used again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Result:
    """One promise and what came of it."""

    what: str
    measured: float
    promised: str  # ">= .4545"
    note: str
    command: str

    @property
    def kept(self) -> bool:
        sign, _, bound = self.promised.partition(" ")
        return self.measured >= float(bound) if sign == ">=" else self.measured <= float(bound)


@dataclass(frozen=True)
class Finished:
    """A finished command."""

    folder: Path  # of the run or the report that its last line names
    seconds: float
    peak_gb: float
    command: str

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return found


class Recx:
    """Runs `recx` in a folder of its own."""

    def __init__(self, work: Path) -> None:
        self.work = work
        work.mkdir(parents=True, exist_ok=True)

    def __call__(self, *words: str) -> Finished:
        before = time.perf_counter()
        line = " ".join(("recx", *words)).replace(os.environ.get("RECX_DATA_HOME") or "\0", "$RECX_DATA_HOME")
        print(f"$ {line}", file=sys.stderr, flush=True)
        with subprocess.Popen(
            [Path(sys.executable).parent / "recx", *words], cwd=self.work, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            shown = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - before
        if process.returncode:
            raise SystemExit(f"{line}: exit code {process.returncode}")
        named = self.work / shown.strip().splitlines()[-1].strip()
        return Finished(named.parent if named.is_file() else named, seconds, usage.ru_maxrss / 2**20, line)

    def stage_peaks(self) -> list[float]:
        """Peak resident memory of every stage of every run so far, in GB: each stage measures its own."""
        manifests = (json.loads(path.read_text()) for path in self.work.glob("results/*/*/manifest.json"))
        return [stage["peak_megabytes"] / 1024 for m in manifests for stage in m.get("stages", {}).values()]

    def inside(self, folder: Path) -> Path:
        """A folder as it is typed on the command line."""
        return folder.relative_to(self.work)

    def seconds(self, *words: str) -> float:
        """Wall-clock seconds of a command whose output does not matter."""
        before = time.perf_counter()
        subprocess.run(
            [Path(sys.executable).parent / "recx", *words], cwd=self.work, check=True, capture_output=True
        )
        return time.perf_counter() - before


def data_home() -> Path:
    """Where the public data sets lie."""
    home = os.environ.get("RECX_DATA_HOME", "")
    if not Path(home).is_dir() or not home:
        raise SystemExit(
            "set RECX_DATA_HOME to the folder with ml-100k, amazon-beauty, gowalla (see data/README.md)"
        )
    return Path(home)


def entrant(report: dict[str, Any], label: str, task: int = 0) -> dict[str, Any]:
    """The metrics of one row of a report."""
    found: dict[str, Any] = next(e for e in report["tasks"][task]["entrants"] if e["label"] == label)[
        "metrics"
    ]
    return found


def value(metrics: dict[str, Any], name: str) -> float:
    """A metric's value, whatever version its name carries."""
    return float(next(v for key, v in metrics.items() if key.partition("/")[0] == name)["value"])


def best_base(task: dict[str, Any], metric: str) -> dict[str, Any]:
    """The strongest base of a task."""
    bases = [e for e in task["entrants"] if e["kind"] == "base"]
    return max(bases, key=lambda e: value(e["metrics"], metric))


def shop(recx: Recx) -> Iterator[Result]:
    """The main job on Complete Journey (simulated from real shopping patterns): both tasks in one command."""
    done = recx("run")
    yield Result(
        "recx run, both tasks: seconds", done.seconds, "<= 300", "first run, prepare included", done.command
    )
    peak = max(recx.stage_peaks())
    yield Result("recx run, both tasks: peak GB", peak, "<= 4", "largest of all stages", done.command)
    report = done.report
    for task in report["tasks"]:
        base = best_base(task, "ndcg@10")
        stack = next(e for e in task["entrants"] if e["kind"] == "fusion")
        fused, alone = value(stack["metrics"], "ndcg@10"), value(base["metrics"], "ndcg@10")
        pair = next(
            c
            for c in task["comparisons"]
            if (c["metric"].partition("/")[0], c["a"], c["b"]) == ("ndcg@10", stack["label"], base["label"])
        )
        low, high = pair["difference"]["low"], pair["difference"]["high"]
        note = f"best base {base['label']} {alone:.4f}, difference {low:+.4f} .. {high:+.4f}"
        if task["name"].endswith("allow"):
            personal = next(e for e in task["entrants"] if e["label"] == "personal")
            yield Result(
                "repeat=allow personal ndcg@10",
                value(personal["metrics"], "ndcg@10"),
                ">= .4449",
                "",
                done.command,
            )
            yield Result("repeat=allow fused ndcg@10", fused, ">= .4545", note, done.command)
            yield Result("repeat=allow lower end of the gain", low, ">= 0", note, done.command)
        else:
            yield Result(
                "repeat=new lower end of the gain, relative", low / alone, ">= -.05", note, done.command
            )


def beauty(recx: Recx) -> Iterator[Result]:
    """amazon-beauty: last item out, 12,101 candidates, fitted on train only (refit=no)."""
    path = f"dataset.path={data_home() / 'amazon-beauty'}"
    fused = recx("fuse", "bases=beauty", "dataset=amazon-beauty", path, "refit=no")
    done = recx("evaluate", f"runs=[{recx.inside(fused.folder)}]")
    promised = {
        "item_knn": ">= .043",
        "ease": ">= .045",
        "gcn": ">= .0242",
        "rnn": ">= .0204",
        "stack": ">= .055",
    }
    for label, promise in promised.items():
        metrics = entrant(done.report, label)
        note = f"hit@10 {value(metrics, 'hit@10'):.4f}"
        yield Result(f"{label} ndcg@10", value(metrics, "ndcg@10"), promise, note, fused.command)


def ratings(recx: Recx) -> Iterator[Result]:
    """ml-100k: five random folds, svd at Funk's defaults."""
    folds = []
    for fold in range(5):
        data = (
            "dataset=ml-100k",
            f"dataset.path={data_home() / 'ml-100k'}",
            "split=kfold",
            f"split.fold={fold}",
        )
        trained = recx("train", "model=svd", *data)
        done = recx("evaluate", f"runs=[{recx.inside(trained.folder)}]")
        folds.append(value(entrant(done.report, "svd"), "rmse"))
    note = "folds " + " ".join(f"{fold:.4f}" for fold in folds)
    yield Result("ml-100k CV5 svd rmse", sum(folds) / len(folds), "<= .934", note, trained.command)


def gowalla(recx: Recx) -> Iterator[Result]:
    """gowalla: 29,858 users x 40,981 items, full ranking."""
    path = data_home() / "gowalla"
    data = ("dataset=gowalla", f"dataset.path={path}")
    trained = recx("train", "model=item_knn", *data, *GOWALLA["item_knn"])
    done = recx("evaluate", f"runs=[{recx.inside(trained.folder)}]")
    metrics = entrant(done.report, "item_knn")
    for name, promise in {"recall@20": ">= .180", "ndcg@20": ">= .145"}.items():
        yield Result(f"gowalla item_knn {name}", value(metrics, name), promise, "", trained.command)
    trained = recx("train", "model=als", *data, *GOWALLA["als"])
    words = ("evaluate", f"runs=[{recx.inside(trained.folder)}]")
    recx(*words)  # the first call compiles the kernels
    done = recx(*words)
    what = "gowalla full evaluation from stored 64-factor als: seconds"
    yield Result(what, done.seconds, "<= 10", f"peak {done.peak_gb:.1f} GB, whole process", done.command)


def startup(recx: Recx) -> Iterator[Result]:
    """How long a command takes to say its first word: the median of seven."""
    for words, promise in ((("--help",), "<= .25"), (("train", "model=gcn", "--help"), "<= 1")):
        seconds = sorted(recx.seconds(*words) for _ in range(8))
        yield Result(f"recx {' '.join(words)}: seconds", seconds[3], promise, "", f"recx {' '.join(words)}")


GOWALLA = {
    "item_knn": (
        "model.user_power=.65", "model.history_power=.5", "model.item_power=.3", "model.neighbours=1000"
    ),
    "als": ("model.unobserved=.01", "model.reg=.003", "model.epochs=8"),
}  # fmt: skip
"""Tuned on a hold-out of train."""
GROUPS: dict[str, Callable[[Recx], Iterator[Result]]] = {
    "startup": startup,
    "shop": shop,
    "beauty": beauty,
    "ratings": ratings,
    "gowalla": gowalla,
}


def table(results: list[Result]) -> str:
    """Markdown."""
    lines = ["| what | measured | promised | kept | |", "|---|---|---|---|---|"]
    for result in results:
        kept = "yes" if result.kept else "**no**"
        lines.append(
            f"| {result.what} | {result.measured:.4g} | {result.promised} | {kept} | {result.note} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the chosen groups; exit code 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", default=list(GROUPS), help=f"some of {', '.join(GROUPS)}")
    parser.add_argument(
        "--work", type=Path, default=Path("results/benchmarks"), help="where trainings are kept"
    )
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md as well")
    words = parser.parse_args()
    chapters = []
    kept = True
    for name in words.groups:
        results = list(GROUPS[name](Recx(words.work.resolve())))
        kept = kept and all(result.kept for result in results)
        commands = "\n".join(dict.fromkeys(result.command for result in results))
        title = (GROUPS[name].__doc__ or name).strip().rstrip(".")
        chapters.append(f"## {title}\n\n{table(results)}\n\n```\n{commands}\n```\n")
        print(chapters[-1], flush=True)
    if words.write:
        head = (
            f"# Measured by `python benchmarks/targets.py`\n\n{platform.machine()}, {os.cpu_count()} cores.\n"
        )
        (HERE / "RESULTS.md").write_text("\n".join([head, *chapters]))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()

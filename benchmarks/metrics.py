"""Measure recx's metrics beside those of other libraries, and check what recx says of their definitions.

    python benchmarks/metrics.py                     definitions, then speed, three rounds
    python benchmarks/metrics.py --only definitions
    python benchmarks/metrics.py --only speed --who RecTools ranx
    python benchmarks/metrics.py --write             into benchmarks/METRICS.md as well

Definitions: every library computes its metrics of the same few hundred lists, some of them short, some empty,
and must give the numbers that ``recx metrics doctor`` gives for it. Speed: precision, recall, F1, hit, NDCG,
MAP and MRR at 5, 10 and 20 of 100,000 users with 100 recommendations each; the clock starts after imports,
compiling and the building of each library's own tables. Libraries are installed in the release that was read
from PyPI, each into an environment of its own below --peers, once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recx.data import Rankings
from recx.evaluate.doctor import LIBRARIES, load_library
from recx.evaluate.doctor.library import View
from recx.metrics.lists import Lists, Targets

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peers"))
from lists import CUTS, METRICS, Case  # noqa: E402

PACKAGES = {
    "RecBole": "recbole",
    "LensKit": "lenskit",
    "RecTools": "rectools",
    "RePlay": "replay-rec",
    "ranx": "ranx",
    "implicit": "implicit",
    "DaisyRec": "daisyRec",
}
"""Library -> package; Elliot is not on PyPI."""
SCRIPTS = {"RePlay": "replay", "DaisyRec": "daisyrec"}
WHOLE = ("RecBole", "DaisyRec")
"""Libraries whose lists are never short: they are given full ones."""
RACE = {"floor": 100_000, "recx": 100_000, "ranx": 100_000, "RecTools": 100_000, "RePlay": 100_000,
        "LensKit": 10_000}  # fmt: skip
"""Who takes part in the race, with how many users; LensKit would take minutes with all of them."""
THREADS = "2"


def case_of(users: int, depth: int, n_items: int, seed: int, short: bool) -> Case:
    """Random lists without repetitions; two in five relevant items stand in the list. Some are short."""
    random = np.random.default_rng(seed)
    start, step = random.integers(0, n_items, users), random.integers(1, n_items // depth, users)
    items = ((start[:, None] + step[:, None] * np.arange(depth)) % n_items).astype(np.int32)
    rows = np.repeat(np.arange(users), random.integers(1, 20, users))
    relevant = random.integers(0, n_items, len(rows))
    listed = random.random(len(rows)) < 0.4
    relevant[listed] = items[rows[listed], random.integers(0, depth, listed.sum())]
    pairs = np.unique(rows * n_items + relevant)
    counts = np.bincount(pairs // n_items, minlength=users)
    if short:
        returned = random.integers(0, depth + 1, users)
        items[np.arange(depth) >= returned[:, None]] = -1
    return Case(items, np.append(0, np.cumsum(counts)), (pairs % n_items).astype(np.int32), n_items)


def view_of(case: Case) -> View:
    """What recx sees of the same lists."""
    users = np.arange(len(case), dtype=np.int32)
    targets = Targets(users, case.indptr, case.relevant, np.ones(len(case.relevant), np.float32))
    scores = np.zeros(case.items.shape, np.float32)
    lists = Lists.judge(Rankings(users, case.items, scores), targets)
    return View(lists, case.n_items, np.ones(case.n_items, np.bool_), 1.0)


class Peers:
    """Environments and runs in them."""

    def __init__(self, work: Path, peers: Path) -> None:
        self.work, self.peers = work, peers
        work.mkdir(parents=True, exist_ok=True)

    def python(self, who: str) -> Path:
        """The interpreter that has ``who``."""
        if who not in PACKAGES:
            return Path(sys.executable)
        package = PACKAGES[who]
        python = self.peers / package / "bin" / "python"
        if not python.exists():
            version = load_library(who).version
            print(f"installing {package} {version}", file=sys.stderr, flush=True)
            venv.create(self.peers / package, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", f"{package}=={version}"], check=True)
        return python

    def version(self, who: str) -> str:
        """What is installed."""
        name = PACKAGES.get(who, "recx")
        code = f"from importlib.metadata import version; print(version('{name}'))"
        return subprocess.run([self.python(who), "-c", code], capture_output=True, text=True).stdout.strip()

    def run(self, who: str, case: Case) -> dict[str, float | dict[str, float]]:
        """One library on one case, in a fresh process with two threads."""
        source, target = self.work / "case.npz", self.work / "answer.json"
        case.write(source)
        limits = {f"{name}_NUM_THREADS": THREADS for name in ("OMP", "NUMBA", "OPENBLAS", "POLARS_MAX")}
        script = HERE / "peers" / f"metrics_of_{SCRIPTS.get(who, who.lower())}.py"
        words = [self.python(who), script, source, target]
        done = subprocess.run(words, env=os.environ | limits, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{who}:\n{done.stderr}")
        found: dict[str, float | dict[str, float]] = json.loads(target.read_text())
        target.unlink()
        return found


def definitions(peers: Peers) -> str:
    """Markdown: how many numbers of each library recx reproduces; SystemExit where one is another."""
    lines = [
        "| library | what was read | lists | numbers compared | largest difference |",
        "|---|---|---|---|---|",
    ]
    for who in LIBRARIES:
        library = load_library(who)
        if who not in PACKAGES:
            lines.append(
                f"| {who} {library.version} | {library.read} | – | not on PyPI: from its source | – |"
            )
            continue
        if peers.version(who) != library.version:
            raise SystemExit(f"{who} {peers.version(who)} is installed, {library.version} was read")
        case = case_of(400, 30, 600, 0, short=who not in WHOLE)
        values, view = peers.run(who, case)["values"], view_of(case)
        assert isinstance(values, dict)
        worst, compared = 0.0, 0
        for name, definition in library.definitions.items():
            for k in CUTS:
                ours, theirs = definition.value(view, k), values[f"{name}@{k}"]
                compared += 1
                if math.isnan(ours) and math.isnan(theirs):
                    continue
                worst = max(worst, abs(ours - theirs))
                if not abs(ours - theirs) < 1e-6:
                    raise SystemExit(f"{who} {name}@{k} is {theirs}, recx says {ours}")
        kind = "full" if who in WHOLE else "full, short and empty"
        lines.append(f"| {who} {library.version} | {library.read} | {kind} | {compared} | {worst:.1g} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


@dataclass(frozen=True)
class Timed:
    """One side of the race."""

    who: str
    users: int
    seconds: list[float]
    grown: float


def race(peers: Peers, rounds: int, asked: list[str]) -> str:
    """Markdown: seconds and memory of each, and whether equal definitions gave equal numbers."""
    whole = case_of(100_000, 100, 20_000, 1, short=False)
    timed, equal = [], {}
    for who in dict.fromkeys(["recx", *asked]):
        users = RACE[who]
        case = whole.first(users)
        told = [peers.run(who, case) for _ in range(rounds)]
        values, view = told[0]["values"], view_of(case)
        assert isinstance(values, dict)
        equal[who] = _agrees(who, values, view)
        seconds = [float(each["seconds"]) for each in told]  # type: ignore[arg-type]
        grown = max(float(each["grown"]) for each in told)  # type: ignore[arg-type]
        timed.append(Timed(who, users, seconds, grown))
        print(timed[-1], file=sys.stderr, flush=True)
    ours = next(each for each in timed if each.who == "recx")
    lines = [
        "| who | users | seconds | seconds per 100,000 users, times recx | grown MB | equal numbers |",
        "|---|---|---|---|---|---|",
    ]
    for each in timed:
        middle = statistics.median(each.seconds)
        ratio = middle / each.users / (statistics.median(ours.seconds) / ours.users)
        spread = f"{min(each.seconds):.3g} .. {max(each.seconds):.3g}"
        name = each.who if each.who == "floor" else f"{each.who} {peers.version(each.who)}"
        lines.append(
            f"| {name} | {each.users:,} | {middle:.3g} ({spread}) | {ratio:.1f} | {each.grown:.0f} "
            f"| {equal[each.who]} |"
        )
    return "\n".join(lines)


def _agrees(who: str, values: dict[str, float], view: View) -> str:
    """How many numbers are those that recx's definition of this side gives; SystemExit where one is not."""
    same = load_library("ranx").definitions | {"map": load_library("RePlay").definitions["map"]}
    known = load_library(who).definitions if who in LIBRARIES else same
    count = 0
    for name in METRICS:
        for k in CUTS:
            if name in known and f"{name}@{k}" in values:
                ours = known[name].value(view, k)
                if abs(ours - values[f"{name}@{k}"]) > 1e-6:
                    raise SystemExit(f"{who} {name}@{k} is {values[f'{name}@{k}']}, recx says {ours}")
                count += 1
    return f"{count} of {count}"


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["definitions", "speed"])
    parser.add_argument("--who", nargs="*", choices=RACE, default=list(RACE), help="beside recx, in the race")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("results/benchmarks/metrics"))
    parser.add_argument("--peers", type=Path, default=Path("results/benchmarks/peers"), help="environments")
    parser.add_argument("--write", action="store_true", help="write benchmarks/METRICS.md as well")
    words = parser.parse_args()
    peers = Peers(words.work.resolve(), words.peers.resolve())
    chapters = ["# Measured by `python benchmarks/metrics.py`"]
    if words.only != "speed":
        chapters += ["## Definitions: the same numbers as the installed packages", definitions(peers)]
    if words.only != "definitions":
        head = "## Seven metrics at 5, 10 and 20, lists of 100, two cores"
        chapters += [head, race(peers, words.rounds, words.who)]
    print("\n\n".join(chapters))
    if words.write:
        (HERE / "METRICS.md").write_text("\n\n".join(chapters) + "\n")


if __name__ == "__main__":
    main()

"""Measure recx and other libraries on the same jobs, side by side in one run.

    python benchmarks/speed.py                    all jobs, three rounds
    python benchmarks/speed.py als-64 bpr         some
    python benchmarks/speed.py --write            into benchmarks/SPEED.md as well, by chapter

Each library is installed in its current release from PyPI into an environment of its own below --peers, once.
In every round each of them does the job in a fresh process with two threads; the clock starts after imports,
data and compiling. Memory is what the process grew by meanwhile. Quality is computed here, by the same code
for everyone, from what was learnt. The data sets lie below $RECX_DATA_HOME.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import chapters
import numpy as np
from scipy.sparse import csr_matrix

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peers"))
from bench import SETTINGS, THREADS, Data  # noqa: E402

PACKAGES = {
    "irspack": "irspack",
    "implicit": "implicit",
    "lenskit": "lenskit",
    "cornac": "cornac",
    "surprise": "scikit-surprise",
    "fastslim": "fastslim",
}
"""Script of_<name>.py -> package."""
HEAD = """# Measured by `python benchmarks/speed.py`

Two cores, two threads each; median of the rounds. Grown is what the job adds to what its process held before,
peak is all of it; the difference is the libraries, in recx's the compiler of numba. als of 256 factors is
compared at one, two and three steps of conjugate gradients a row and epoch; three is the default of all. The
chapters with a tenth of train kept back are what to choose the number by."""
MOST_USERS = 10_000
"""Quality is the mean over so many users, evenly spread over all that have a test item."""


@dataclass(frozen=True)
class Job:
    """One line of work and who takes part: names of scripts, each with settings of its own behind it."""

    settings: str  # a key of SETTINGS
    data: str
    who: tuple[str, ...]  # the first is what the others are compared with
    metric: str = "ndcg@20"
    per: str = "fit"  # epoch: seconds are divided by the number of them

    @property
    def title(self) -> str:
        """What its chapter is called."""
        return f"{self.settings}, {self.data}"


STEPS = ("cg_steps=2", "cg_steps=1", "cg_steps=3")
ALS_256 = tuple(f"{name} {steps}" for name in ("recx", "irspack", "implicit") for steps in STEPS)
JOBS = {
    "als-64": [
        Job("als-64", "ml-1m", ("recx", "irspack", "implicit", "lenskit"), per="epoch"),
        Job("als-64", "gowalla", ("recx", "irspack", "implicit", "lenskit"), per="epoch"),
    ],
    "als-256": [
        Job("als-256", "ml-1m", ALS_256),
        Job("als-256", "gowalla", ALS_256),
    ],
    "cg_steps": [
        Job("als-256", "ml-1m, a tenth kept back", ALS_256[:3]),
        Job("als-256", "gowalla, a tenth kept back", ALS_256[:3]),
    ],
    "bpr": [Job("bpr", "ml-1m", ("recx", "cornac", "implicit"), per="epoch")],
    "ease": [Job("ease", "ml-1m", ("recx", "lenskit"))],
    "item_knn": [
        Job("item_knn", "ml-1m", ("recx", "implicit", "lenskit")),
        Job("item_knn", "gowalla", ("recx", "implicit", "lenskit")),
    ],
    "slim": [Job("slim", "ml-1m", ("recx", "fastslim"))],
    "svd": [Job("svd", "ml-100k", ("recx", "surprise"), metric="rmse")],
    "svdpp": [Job("svdpp", "ml-100k", ("recx", "surprise"), metric="rmse")],
    "top": [Job("top", "gowalla", ("recx", "implicit"), metric="none")],
}


def ml_1m(home: Path) -> Data:
    """Every user's last known item is to be found, all before it may be learnt."""
    lines = [line.split() for line in (home / "ml-1m-seq").glob("*.txt").__next__().read_text().splitlines()]
    sequences = [np.array([int(word) for word in line]) for line in lines]
    names, flat = np.unique(np.concatenate(sequences), return_inverse=True)
    ends = np.cumsum([len(sequence) for sequence in sequences])
    last = ends - 1
    users = np.repeat(np.arange(len(sequences)), np.diff(np.append(0, ends)))
    kept = np.ones(len(flat), dtype=bool)
    kept[last] = False
    return Data("ml-1m", ones(users[kept], flat[kept], (len(sequences), len(names))), users[last], flat[last])


def gowalla(home: Path) -> Data:
    """The published split."""
    train, test = (adjacency(home / "gowalla" / name) for name in ("train.txt", "test.txt"))
    shape = tuple(1 + max(np.max(part[axis]) for part in (train, test)) for axis in (0, 1))
    return Data("gowalla", ones(*train, shape), *test)


def ml_100k(home: Path) -> Data:
    """The first of the official folds."""
    train, test = (np.loadtxt(home / "ml-100k" / name, dtype=int) for name in ("u1.base", "u1.test"))
    values, users, items = train[:, 2].astype(np.float64), train[:, 0] - 1, train[:, 1] - 1
    matrix = csr_matrix((values, (users, items)), shape=(943, 1682))
    held = test[np.lexsort((test[:, 1], test[:, 0]))]
    return Data("ml-100k", matrix, held[:, 0] - 1, held[:, 1] - 1)


def kept_back(read: Callable[[Path], Data]) -> Callable[[Path], Data]:
    """A tenth of what may be learnt, to be found in place of test: settings are chosen here."""

    def read_part(home: Path) -> Data:
        whole = read(home)
        pairs = whole.train.tocoo()
        held = np.random.default_rng(0).random(pairs.nnz) < 0.1
        train = ones(pairs.row[~held], pairs.col[~held], whole.train.shape)
        return Data(whole.name, train, pairs.row[held], pairs.col[held])

    return read_part


READERS = {
    "ml-1m": ml_1m,
    "gowalla": gowalla,
    "ml-100k": ml_100k,
    "ml-1m, a tenth kept back": kept_back(ml_1m),
    "gowalla, a tenth kept back": kept_back(gowalla),
}


def adjacency(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Users and items of lines that start with the user."""
    rows = [np.array(line.split(), dtype=np.int64) for line in path.read_text().splitlines() if line.strip()]
    users = np.concatenate([np.full(len(row) - 1, row[0]) for row in rows])
    return users, np.concatenate([row[1:] for row in rows])


def ones(users: np.ndarray, items: np.ndarray, shape: tuple[int, ...]) -> csr_matrix:
    """Who met what, once."""
    matrix = csr_matrix((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def quality(data: Data, answer: Path, metric: str, truth: np.ndarray) -> float:
    """ndcg@20 over 10,000 users with a test item or all (full ranking, seen items out), or rmse."""
    with np.load(answer, allow_pickle=False) as found:
        learnt = dict(found)
    if metric == "none":
        return float("nan")
    if metric == "rmse":
        return float(np.sqrt(np.mean((np.clip(learnt["predicted"], 1, 5) - truth) ** 2)))
    everyone = np.unique(data.test_users)
    sample = np.linspace(0, len(everyone) - 1, min(MOST_USERS, len(everyone))).astype(np.int64)
    users = everyone[sample]
    if "lists" in learnt:
        lists = learnt["lists"][sample]
    else:
        lists = np.concatenate(list(_lists(data, users, learnt)))
    test = ones(data.test_users, data.test_items, data.train.shape)
    discounts = 1 / np.log2(np.arange(2, 22))
    ideal = np.cumsum(discounts)
    total = 0.0
    for user, row in zip(users, lists, strict=True):
        held = test.indices[test.indptr[user] : test.indptr[user + 1]]
        total += float(np.isin(row, held) @ discounts) / ideal[min(len(held), 20) - 1]
    return total / len(users)


def _lists(data: Data, users: np.ndarray, learnt: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    n_items = data.train.shape[1]
    weights = None
    if "indptr" in learnt:
        weights = csr_matrix(
            (learnt["values"], learnt["indices"], learnt["indptr"]), shape=(n_items, n_items)
        )
    for start in range(0, len(users), 512):
        block = users[start : start + 512]
        history = data.train[block]
        if "users" in learnt:
            scores = learnt["users"][block] @ learnt["items"].T + learnt.get("item_bias", 0)
        elif weights is not None:
            scores = (history @ weights).toarray()
        else:
            scores = history @ learnt["dense"]
        scores[np.repeat(np.arange(len(block)), np.diff(history.indptr)), history.indices] = -np.inf
        near = np.argpartition(-scores, 20, axis=1)[:, :20]
        order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind="stable")
        yield np.take_along_axis(near, order, 1)


@dataclass(frozen=True)
class Measured:
    """One library on one job."""

    who: str
    seconds: list[float]  # per round
    grown: float  # megabytes
    peak: float
    quality: float


class Bench:
    """Environments, prepared data and the runs."""

    def __init__(self, work: Path, peers: Path, rounds: int) -> None:
        self.work, self.peers, self.rounds = work, peers, rounds
        work.mkdir(parents=True, exist_ok=True)
        self.home = Path(os.environ.get("RECX_DATA_HOME", ""))
        if not os.environ.get("RECX_DATA_HOME") or not self.home.is_dir():
            raise SystemExit("set RECX_DATA_HOME to the folder with ml-1m-seq, gowalla and ml-100k")

    def python(self, who: str) -> Path:
        """The interpreter that has ``who``."""
        if who == "recx":
            return Path(sys.executable)
        package = PACKAGES[who]
        python = self.peers / package / "bin" / "python"
        if not python.exists():
            print(f"installing {package}", file=sys.stderr, flush=True)
            venv.create(self.peers / package, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
        return python

    def version(self, who: str) -> str:
        name = PACKAGES.get(who, who)
        code = f"from importlib.metadata import version; print(version('{name}'))"
        return subprocess.run([self.python(who), "-c", code], capture_output=True, text=True).stdout.strip()

    def __call__(self, job: Job) -> list[Measured]:
        data = READERS[job.data](self.home)
        source = self.work / f"{job.data}.npz"
        data.write(source)
        truth = np.zeros(0)
        if job.metric == "rmse":
            rows = np.loadtxt(self.home / "ml-100k" / "u1.test", dtype=int)
            truth = rows[np.lexsort((rows[:, 1], rows[:, 0]))][:, 2].astype(float)
        # once uncounted: it compiles what is then kept on disk, which takes memory that no later run does
        self.run(job.who[0], job, source, self.work / "first.npz", 0)
        told: dict[str, list[dict[str, float]]] = {name: [] for name in job.who}
        for seed in range(self.rounds):
            for name in job.who if seed % 2 == 0 else job.who[::-1]:
                target = self.work / f"{name}.npz"
                told[name].append(self.run(name, job, source, target, seed))
                told[name][-1]["quality"] = quality(data, target, job.metric, truth)
                target.unlink()
        times = SETTINGS[job.settings]["epochs"] if job.per == "epoch" else 1
        return [
            Measured(
                name,
                [row["seconds"] / times for row in rows],
                max(row["grown"] for row in rows),
                max(row["peak"] for row in rows),
                statistics.mean(row["quality"] for row in rows),
            )
            for name, rows in told.items()
        ]

    def run(self, who: str, job: Job, source: Path, target: Path, seed: int) -> dict[str, float]:
        """One job in one fresh process."""
        threads = str(THREADS)
        name, *own = who.split()
        limits = {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        if name == "implicit":
            limits["OPENBLAS_NUM_THREADS"] = "1"  # as it asks for
        script = HERE / "peers" / f"of_{name}.py"
        words = [self.python(name), script, job.settings, source, target, str(seed), *own]
        done = subprocess.run(words, env=os.environ | limits, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{who}, {job.settings} on {job.data}:\n{done.stderr}")
        found: dict[str, float] = json.loads(target.with_suffix(".json").read_text())
        return found


def table(job: Job, rows: list[Measured], bench: Bench) -> str:
    """A chapter: medians, and how often the first goes into each, round by round."""
    ours = rows[0]
    lines = [
        f"## {job.title}",
        "",
        f"| | seconds per {job.per} | times the first | grown MB | peak MB | {job.metric} |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = statistics.median(a / b for a, b in zip(row.seconds, ours.seconds, strict=True))
        shown = "" if job.metric == "none" else f"{row.quality:.4f}"
        name, *own = row.who.split()
        entrant = " ".join((name, bench.version(name), *own))
        spread = f"{min(row.seconds):.3g} .. {max(row.seconds):.3g}"
        lines.append(
            f"| {entrant} | {statistics.median(row.seconds):.3g} ({spread}) "
            f"| {ratio:.2f} | {row.grown:.0f} | {row.peak:.0f} | {shown} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the chosen jobs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", nargs="*", default=list(JOBS), help=f"some of {', '.join(JOBS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("results/benchmarks/speed"))
    parser.add_argument("--peers", type=Path, default=Path("results/benchmarks/peers"), help="environments")
    parser.add_argument("--write", action="store_true", help="write benchmarks/SPEED.md as well")
    words = parser.parse_args()
    bench = Bench(words.work.resolve(), words.peers.resolve(), words.rounds)
    found: dict[str, str] = {}
    for name in words.jobs:
        for job in JOBS[name]:
            found[job.title] = table(job, bench(job), bench)
            print(found[job.title], "\n", flush=True)
    if words.write:
        page, titles = HERE / "SPEED.md", [job.title for jobs in JOBS.values() for job in jobs]
        chapters.write(page, HEAD, chapters.read(page)[1] | found, titles)


if __name__ == "__main__":
    main()
